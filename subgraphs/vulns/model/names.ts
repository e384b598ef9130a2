/** Names of weaknesses that are not what they were: taken apart by somebody, or said by nobody any more. */
import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import { regroup } from '../rules-alias.ts'
import type { Tables } from '../tables.ts'
import { apartFrom, groupsOf, mergeNamed } from './alias.ts'
import { type Parted, takeApart } from './apart.ts'
import * as statements from './statement.ts'

/**
 * Finds out anew which names are of one weakness, from all that is said of these and of what hangs on them, and has the
 * findings follow. Whoever calls it keeps everybody else from names and findings.
 */
export async function regroupNames(
  trx: Trx<Tables>,
  organizationId: string,
  names: readonly string[],
  at: Date,
): Promise<Parted[]> {
  if (names.length === 0) return []
  const { names: all, said } = await statements.around(trx, names)
  const known = await groupsOf(trx, all)
  const changed = regroup(known, said, newId, await apartFrom(trx, all))
  if (changed.size === 0) return []
  await sql`
    insert into advisory_aliases as a (organization_id, alias, group_id, source)
    select ${organizationId}::uuid, alias, group_id, ${statements.byPeople}
    from unnest(${[...changed.keys()]}::text[], ${[...changed.values()]}::uuid[]) as c (alias, group_id)
    on conflict (organization_id, alias) do update set group_id = excluded.group_id`.execute(trx)
  const parted = await takeApart(trx, all, at)
  if ((await mergeNamed(trx, [...new Set(changed.values())])) === 0) return parted
  const ids = parted.map(({ after }) => after.id)
  if (ids.length === 0) return []
  const rows = await trx.selectFrom('vulnerabilities').selectAll().where('id', 'in', ids).execute()
  const now = new Map(rows.map((row) => [row.id, row]))
  return parted.map(({ before, after }) => ({ before, after: now.get(after.id)! }))
}

/** Takes back what was said of names: they are one only as far as somebody else says so. */
export async function forgetNames(
  trx: Trx<Tables>,
  { organizationId }: { organizationId: string },
  names: readonly string[],
): Promise<void> {
  const { rows } = await sql<{ now: Date }>`select now() as now`.execute(trx)
  await regroupNames(trx, organizationId, names, rows[0]!.now)
}
