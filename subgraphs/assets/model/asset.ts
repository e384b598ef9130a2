import { type Insertable, sql } from 'kysely'
import type { Context } from '#kit/context.ts'
import type { Db, Trx } from '#kit/database.ts'
import type { ListSpec } from '#kit/page.ts'
import { silentSince } from '../rules.ts'
import type { AssetRow, Tables } from '../tables.ts'
import { filterAt } from './filter.ts'

/** How assets are listed, as of the time before which silence means stale. */
export const specAt = (
  staleBefore: Date,
  ruled: Parameters<typeof filterAt>[1] = null,
): ListSpec<AssetRow> => ({
  table: 'assets',
  filter: filterAt(staleBefore, ruled),
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
    from assets where merged_into is null group by 1, 2, 4`.execute(db)
  return rows
}

/** The same as it was then. Who was silent at that time is not kept: what was stale counts as active. */
export async function countThen(db: Db<Tables>, then: Date): Promise<Counted[]> {
  const { rows } = await sql<Counted>`
    select type, criticality, lifecycle, count(*) as count from (
      select distinct on (asset_id) type, criticality, lifecycle, is_merged from asset_history
      where at <= ${then} order by asset_id, at desc, version desc
    ) as known where not is_merged group by 1, 2, 3`.execute(db)
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
    .where('mergedInto', 'is', null)
    .orderBy('lastSeenAt')
    .limit(1)
    .executeTakeFirst()
  return next ? new Date(next.lastSeenAt.getTime() + context.staleAfterDays * dayMs) : null
}
