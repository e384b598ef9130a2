import { type Insertable, sql } from 'kysely'
import type { Db, Trx } from '#kit/database.ts'
import type { ListSpec } from '#kit/page.ts'
import type { AlertRow, AlertStatus, Tables } from '../tables.ts'

export const spec: ListSpec<AlertRow> = {
  table: 'alerts',
  filter: {
    severity: { kind: 'enum', column: 'severity' },
    status: { kind: 'enum', column: 'status' },
    assetId: { kind: 'id', column: 'assetId' },
    source: { kind: 'string', column: 'source' },
    search: { kind: 'search', columns: ['title', 'description'] },
    createdAt: { kind: 'time', column: 'createdAt' },
  },
  order: {
    CREATED_AT: { column: 'createdAt', type: 'time' },
    LAST_SEEN_AT: { column: 'lastSeenAt', type: 'time' },
    SEVERITY: { column: 'severityRank', type: 'number' },
  },
  defaultOrder: { field: 'CREATED_AT', direction: 'desc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<AlertRow[]> =>
  db.selectFrom('alerts').selectAll().where('id', 'in', ids).execute()

export type Counted = { severity: string; status: AlertStatus; count: number }

/** How many alerts share severity and status; answered by one covering index. */
export const count = (db: Db<Tables>): Promise<Counted[]> =>
  db
    .selectFrom('alerts')
    .select(['severity', 'status', sql<number>`count(*)`.as('count')])
    .groupBy(['severity', 'status'])
    .execute()

/** Adds alerts; one whose fingerprint is known already stays as it is. */
export const add = async (trx: Trx<Tables>, alerts: Insertable<Tables['alerts']>[]): Promise<void> => {
  await trx
    .insertInto('alerts')
    .values(alerts)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
