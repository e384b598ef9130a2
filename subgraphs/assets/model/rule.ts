/** Groups that have whatever a rule describes: who is in them is found when it is asked. */
import { type RawBuilder, sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Db, Trx } from '#kit/database.ts'
import { invalid, NexusError, notFound } from '#kit/errors.ts'
import { type Filter, where } from '#kit/filter.ts'
import { isId } from '#kit/id.ts'
import { sameVersion } from '#kit/version.ts'
import { difference, mostRules, notInRules } from '../rules.ts'
import type { AssetGroupRow, GroupRule, Tables } from '../tables.ts'
import { filterAt } from './filter.ts'
import type { MayChange } from './tag.ts'

type Ruled = { id: string; rule: GroupRule }

/** A rule as it is kept: what is not given is left out. Throws VALIDATION_ERROR. */
export function ruleOf(filter: NonNullable<Filter>): GroupRule {
  const given = Object.entries(filter).filter(([, value]) => value != null)
  if (given.length === 0) throw invalid('rule', 'Must have a condition')
  for (const [name] of given)
    if (notInRules.includes(name)) throw invalid(`rule.${name}`, 'Cannot be part of a rule')
  return JSON.parse(JSON.stringify(Object.fromEntries(given)))
}

/** Whether an asset is described, in a statement over assets. */
const describes = ({ rule }: Pick<Ruled, 'rule'>, staleBefore: Date): RawBuilder<boolean> =>
  sql<boolean>`(merged_into is null and ${where(filterAt(staleBefore), rule)})`

/** Those of these groups that have a rule; all there are, where none is named. */
export async function ruled(db: Db<Tables>, ids?: readonly string[]): Promise<Ruled[]> {
  const query = db.selectFrom('assetGroups').select(['id', 'rule']).where('rule', 'is not', null)
  const of = ids
    ? query.where('id', 'in', [...ids.filter(isId), '00000000-0000-0000-0000-000000000000'])
    : query
  return (await of.orderBy('id').limit(mostRules).execute()) as Ruled[]
}

/** An SQL condition for being in one of these groups; null where none of them has a rule. */
export function inAny(groups: readonly Ruled[], staleBefore: Date): RawBuilder<boolean> | null {
  const each = groups.map((group) => describes(group, staleBefore))
  return each.length > 0 ? sql<boolean>`(${sql.join(each, sql` or `)})` : null
}

/** How many assets each of these groups describes, all counted at once. */
export async function sizes(
  db: Db<Tables>,
  groups: readonly Ruled[],
  staleBefore: Date,
): Promise<Map<string, number>> {
  if (groups.length === 0) return new Map()
  const counts = groups.map((group) => sql`count(*) filter (where ${describes(group, staleBefore)})`)
  const { rows } = await sql<{ counts: number[] }>`
    select array[${sql.join(counts)}]::integer[] as counts from assets`.execute(db)
  return new Map(groups.map(({ id }, index) => [id, rows[0]!.counts[index]!]))
}

/** The groups with a rule that have any of these assets. */
async function having(trx: Trx<Tables>, ids: readonly string[], staleBefore: Date): Promise<string[]> {
  const groups = await ruled(trx)
  if (groups.length === 0 || ids.length === 0) return []
  const each = groups.map((group) => sql`bool_or(${describes(group, staleBefore)})`)
  const { rows } = await sql<{ within: (boolean | null)[] }>`
    select array[${sql.join(each)}] as within from assets where id = any(${ids}::uuid[])`.execute(trx)
  return groups.filter((_, index) => rows[0]?.within[index]).map(({ id }) => id)
}

/**
 * A change by somebody of what rules may be about. Throws what `mayChange` throws of the groups that assets come into
 * or leave by it: grants may name them.
 */
export async function changing<Result>(
  trx: Trx<Tables>,
  ids: readonly string[],
  staleBefore: Date,
  mayChange: MayChange,
  work: () => Promise<Result>,
  idsAfter: (result: Result) => readonly string[] = () => ids,
): Promise<Result> {
  const known = ids.filter(isId)
  const before = await having(trx, known, staleBefore)
  const result = await work()
  const { added, removed } = difference(before, await having(trx, idsAfter(result).filter(isId), staleBefore))
  if (added.length + removed.length > 0) await mayChange([...added, ...removed])
  return result
}

/** Throws VALIDATION_ERROR where there are as many rules as an organization may have. */
export async function oneMore(trx: Trx<Tables>): Promise<void> {
  if ((await ruled(trx)).length >= mostRules) throw invalid('rule', `At most ${mostRules} groups have one`)
}

export type SetRule = { id: string; rule: NonNullable<Filter>; expectedVersion?: number | null | undefined }

/**
 * Describes anew what a group has. Throws NOT_FOUND, CONFLICT, VALIDATION_ERROR, and ILLEGAL_TRANSITION for a group
 * that has the members that it was given.
 */
export async function set(
  trx: Trx<Tables>,
  { id, rule: given, expectedVersion }: SetRule,
  at: Date,
  mayChange: MayChange,
): Promise<AssetGroupRow> {
  const rule = ruleOf(given)
  if (!isId(id)) throw notFound('Asset group')
  const before = await trx
    .selectFrom('assetGroups')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (!before) throw notFound('Asset group')
  sameVersion(before, expectedVersion)
  if (!before.rule) throw new NexusError('ILLEGAL_TRANSITION', 'This group has the members that it was given')
  await mayChange([before.id])
  const after = await trx
    .updateTable('assetGroups')
    .set((eb) => ({ rule: JSON.stringify(rule) as never, updatedAt: at, version: eb('version', '+', 1) }))
    .where('id', '=', before.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'AssetGroup', id: before.id, before, after })
  return after
}
