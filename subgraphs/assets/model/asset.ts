import { type Insertable, sql } from 'kysely'
import type { Context } from '#kit/context.ts'
import type { Db, Trx } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import type { ListSpec } from '#kit/page.ts'
import { silentSince } from '../rules.ts'
import type { AssetRow, AssetType, Tables } from '../tables.ts'
import { filterAt } from './filter.ts'

/** How assets are listed, as of the time before which silence means stale. */
export const specAt = (staleBefore: Date): ListSpec<AssetRow> => ({
  table: 'assets',
  filter: filterAt(staleBefore),
  order: {
    CREATED_AT: { column: 'createdAt', type: 'time' },
    LAST_SEEN_AT: { column: 'lastSeenAt', type: 'time' },
    NAME: { column: 'name', type: 'text' },
    RISK_SCORE: { column: 'riskScore', type: 'number' },
  },
  defaultOrder: { field: 'NAME', direction: 'asc' },
})

/** The time before which silence means stale. */
export const staleBefore = ({
  clock,
  staleAfterDays,
}: Pick<Context<Tables>, 'clock' | 'staleAfterDays'>): Date => silentSince(clock(), staleAfterDays)

/** For what does not depend on the time. */
export const spec = specAt(new Date(0))

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
export async function count(db: Db<Tables>, staleBefore: Date): Promise<Counted[]> {
  const { rows } = await sql<Counted>`
    select type, criticality, count(*) as count, case when lifecycle = 'active' and not is_manual
      and last_seen_at < ${staleBefore} then 'stale' else lifecycle end as lifecycle
    from assets group by 1, 2, 4`.execute(db)
  return rows
}

const dayMs = 86_400_000

/** When the next asset will be stale, if nobody sees it until then; null where none will be. */
export async function nextStale(
  db: Db<Tables>,
  context: Pick<Context<Tables>, 'clock' | 'staleAfterDays'>,
): Promise<Date | null> {
  const next = await db
    .selectFrom('assets')
    .select('lastSeenAt')
    .where('lastSeenAt', '>=', staleBefore(context))
    .where('lifecycle', '=', 'active')
    .where('isManual', '=', false)
    .orderBy('lastSeenAt')
    .limit(1)
    .executeTakeFirst()
  return next ? new Date(next.lastSeenAt.getTime() + context.staleAfterDays * dayMs) : null
}

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
