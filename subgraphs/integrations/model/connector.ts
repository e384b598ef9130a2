import { sql } from 'kysely'
import type { Db, Trx } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import type { ListSpec } from '#kit/page.ts'
import type { ConnectorRow, Tables } from '../tables.ts'

export const spec: ListSpec<ConnectorRow> = {
  table: 'connectors',
  filter: {
    status: { kind: 'enum', column: 'status' },
    kind: { kind: 'string', column: 'kind' },
    createdAt: { kind: 'time', column: 'createdAt' },
    search: { kind: 'search', columns: ['name', 'kind'] },
  },
  order: { NAME: { column: 'name', type: 'text' } },
  defaultOrder: { field: 'NAME', direction: 'asc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<ConnectorRow[]> =>
  db.selectFrom('connectors').selectAll().where('id', 'in', ids).execute()

/** What a run says of the connector of its format; the first run of a format adds it. */
export async function report(
  trx: Trx<Tables>,
  organizationId: string,
  format: string,
  error: string | null,
): Promise<void> {
  const said = {
    status: error === null ? ('healthy' as const) : ('failing' as const),
    lastRunAt: sql<Date>`now()`,
    lastError: error,
    updatedAt: sql<Date>`now()`,
    ...(error === null ? { lastSuccessAt: sql<Date>`now()` } : {}),
  }
  const lastSuccessAt = error === null ? sql<Date>`now()` : null
  await trx
    .insertInto('connectors')
    .values({ ...said, lastSuccessAt, id: newId(), organizationId, kind: format, name: `${format} reports` })
    .onConflict((conflict) => conflict.columns(['organizationId', 'kind']).doUpdateSet(said))
    .execute()
}
