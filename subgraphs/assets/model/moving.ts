/** Assets that come into groups with a rule, or leave them, because of what is said of many at once. */
import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import type { Tables } from '../tables.ts'
import { inAny, ruled } from './rule.ts'
import type { MayChange } from './tag.ts'

/** For each group with a rule, the assets of these that it has. */
async function within(
  trx: Trx<Tables>,
  ids: readonly string[],
  staleBefore: Date,
): Promise<Map<string, Set<string>>> {
  const groups = await ruled(trx)
  if (groups.length === 0) return new Map()
  const each = groups.map((group) => sql`array_agg(id::text) filter (where ${inAny([group], staleBefore)!})`)
  const { rows } = await sql<{ of: (string[] | null)[] }>`
    select json_build_array(${sql.join(each)}) as of from assets where id = any(${ids}::uuid[])`.execute(trx)
  return new Map(groups.map(({ id }, index) => [id, new Set(rows[0]?.of[index] ?? [])]))
}

/**
 * A change of many assets. Throws what `mayChange` throws of the groups that any of them comes into or leaves by it, one
 * for another too: grants may name these groups.
 */
export async function moving(
  trx: Trx<Tables>,
  ids: readonly string[],
  staleBefore: Date,
  mayChange: MayChange,
  work: () => Promise<void>,
): Promise<void> {
  const before = await within(trx, ids, staleBefore)
  await work()
  if (before.size === 0) return
  const after = await within(trx, ids, staleBefore)
  const moved = [...before].filter(
    ([id, members]) => members.symmetricDifference(after.get(id) ?? new Set()).size > 0,
  )
  if (moved.length > 0) await mayChange(moved.map(([id]) => id))
}
