import { type Insertable, sql } from 'kysely'
import type { Db, Trx } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import type { ListSpec } from '#kit/page.ts'
import type { AssetRow, AssetType, Tables } from '../tables.ts'

export const spec: ListSpec<AssetRow> = {
  table: 'assets',
  filter: {
    id: { kind: 'id', column: 'id' },
    type: { kind: 'enum', column: 'type' },
    lifecycle: { kind: 'enum', column: 'lifecycle' },
    criticality: { kind: 'enum', column: 'criticality' },
    environment: { kind: 'enum', column: 'environment' },
    exposure: { kind: 'enum', column: 'exposure' },
    search: { kind: 'search', columns: ['name', 'externalId'], index: 'search_assets' },
    createdAt: { kind: 'time', column: 'createdAt' },
  },
  order: {
    CREATED_AT: { column: 'createdAt', type: 'time' },
    LAST_SEEN_AT: { column: 'lastSeenAt', type: 'time' },
    NAME: { column: 'name', type: 'text' },
    RISK_SCORE: { column: 'riskScore', type: 'number' },
  },
  defaultOrder: { field: 'NAME', direction: 'asc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<AssetRow[]> =>
  db.selectFrom('assets').selectAll().where('id', 'in', ids).execute()

/** Adds assets; one that is there already stays as it is. */
export const add = async (trx: Trx<Tables>, rows: Insertable<Tables['assets']>[]): Promise<void> => {
  await trx
    .insertInto('assets')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export type Counted = { type: string; lifecycle: string; criticality: string; count: number }

/** How many assets share type, lifecycle and criticality; answered by one covering index. */
export const count = (db: Db<Tables>): Promise<Counted[]> =>
  db
    .selectFrom('assets')
    .select(['type', 'lifecycle', 'criticality', sql<number>`count(*)`.as('count')])
    .groupBy(['type', 'lifecycle', 'criticality'])
    .execute()

const importedAs = 'imported-name'

/**
 * The asset that a report's name means: the one it meant before, else the only asset of that name, else a
 * new one. Two imports at once get the same answer.
 */
export async function ensure(
  trx: Trx<Tables>,
  organizationId: string,
  { name, type }: { name: string; type: AssetType },
): Promise<AssetRow> {
  const lock = `${organizationId}/${name}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 0))`.execute(trx)
  const known = await trx
    .selectFrom('assetIdentifiers')
    .select('assetId')
    .where('kind', '=', importedAs)
    .where('value', '=', name)
    .executeTakeFirst()
  const id = known?.assetId ?? (await identify(trx, organizationId, name, type))
  return await trx
    .updateTable('assets')
    .set({ lastSeenAt: sql`now()`, updatedAt: sql`now()` })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

async function identify(
  trx: Trx<Tables>,
  organizationId: string,
  name: string,
  type: AssetType,
): Promise<string> {
  const namesakes = await trx.selectFrom('assets').select('id').where('name', '=', name).limit(2).execute()
  const assetId = namesakes.length === 1 ? namesakes[0]!.id : newId()
  await add(trx, [{ id: assetId, organizationId, name, type }])
  await trx
    .insertInto('assetIdentifiers')
    .values({ organizationId, kind: importedAs, value: name, assetId })
    .execute()
  return assetId
}
