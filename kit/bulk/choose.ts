/** Which rows a change of many is about. */
import { type QueryExecutorProvider, sql } from 'kysely'
import { invalid, NexusError } from '../errors.ts'
import { type Filter, where } from '../filter.ts'
import { isId } from '../id.ts'
import type { ListSpec } from '../page.ts'
import { find } from '../search.ts'
import { bulkLimits } from './definition.ts'

export type Asked<Patch> = {
  ids?: readonly string[] | null | undefined
  filter?: Filter
  patch: Patch
  note?: string | null | undefined
  dryRun?: boolean | null | undefined
  expectedCount?: number | null | undefined
}
/** How the noun is listed now, and the filter by which. */
export type Listing = { spec: ListSpec; filter: Filter }

/** The ids that a filter of a list finds, `most` at most, in their order. */
export async function found(
  trx: QueryExecutorProvider,
  { spec: { table, filter: spec }, filter }: Listing,
  most: number,
): Promise<string[]> {
  const answered = await find(trx, spec, filter)
  const { rows } = await sql<{ id: string }>`select id from ${sql.table(table)}
    where ${where(spec, filter, answered)} order by id limit ${most}`.execute(trx)
  return rows.map(({ id }) => id)
}

/** Which rows are asked for: either these, or what a filter finds. Throws VALIDATION_ERROR and CONFLICT. */
export async function chosen(
  { ids, filter, note: said, expectedCount }: Asked<unknown>,
  search: (most: number) => Promise<string[]>,
  known: (ids: readonly string[]) => Promise<number>,
): Promise<{ ids: string[]; matched: number }> {
  if ((ids == null) === (filter == null)) throw invalid('ids', 'Give either ids or a filter')
  if ((said?.length ?? 0) > 2_000) throw invalid('note', 'At most 2000 characters')
  const all = [...new Set(ids ? ids.map((id) => id.toLowerCase()) : await search(bulkLimits.most + 1))]
  if (all.length > bulkLimits.most)
    throw invalid(ids ? 'ids' : 'filter', `At most ${bulkLimits.most} at once`)
  const matched = ids ? await known(all.filter(isId)) : all.length
  if (expectedCount != null && expectedCount !== matched)
    throw new NexusError('CONFLICT', `There are ${matched}, and not ${expectedCount}; nothing was changed`)
  return { ids: all, matched }
}
