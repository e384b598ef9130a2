/** By which names weaknesses are known: what the reports of an organization say belongs together. */
import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import { type Apart, type Groups, isCve, namesOf, unite } from '../rules-alias.ts'
import type { Observed, Tables } from '../tables.ts'
import { mergeWithin } from './merge.ts'
import * as statements from './statement.ts'

export type Told = Pick<Observed, 'kind' | 'cveId' | 'aliases'>
type Source = { organizationId: string; id: string; scope: string; tool: string }

/** Who reads names waits for whoever is putting some together, and the other way round. */
const lockName = (organizationId: string) => `${organizationId}/aliases`
export const readingNames = (organizationId: string) =>
  sql`pg_advisory_xact_lock_shared(hashtextextended(${lockName(organizationId)}, 0))`
export const changingNames = (organizationId: string) =>
  sql`pg_advisory_xact_lock(hashtextextended(${lockName(organizationId)}, 0))`

/** The groups of some names, with all names of those. */
export async function groupsOf(trx: Trx<Tables>, names: readonly string[]): Promise<Groups> {
  if (names.length === 0) return new Map()
  const { rows } = await sql<{ alias: string; groupId: string }>`
    select alias, group_id from advisory_aliases
    where group_id = any(array(select group_id from advisory_aliases where alias = any(${names}::text[])))`.execute(
    trx,
  )
  return new Map(rows.map(({ alias, groupId }) => [alias, groupId]))
}

/** Of which names somebody has said that they are not of the weakness of these. */
export async function apartFrom(trx: Trx<Tables>, names: Iterable<string>): Promise<Apart> {
  const { rows } = await sql<{ alias: string; other: string }>`
    select alias, other from name_splits where alias = any(${[...new Set(names)]}::text[])`.execute(trx)
  const grouped = Map.groupBy(rows, ({ alias }) => alias)
  return new Map([...grouped].map(([alias, of]) => [alias, new Set(of.map(({ other }) => other))]))
}

/** Whether anybody has ever said that two names are apart: mostly nobody has, and then nothing more is asked. */
export async function hasSplits(trx: Trx<Tables>): Promise<boolean> {
  const { rows } = await sql`select 1 from name_splits limit 1`.execute(trx)
  return rows.length > 0
}

/** What is known of these names: their groups, and what is apart from any name in them. */
async function knownOf(trx: Trx<Tables>, names: readonly string[]): Promise<{ known: Groups; apart: Apart }> {
  const known = await groupsOf(trx, names)
  return { known, apart: await apartFrom(trx, [...names, ...known.keys()]) }
}

const isNews = ({ known, apart }: { known: Groups; apart: Apart }, said: readonly string[][]): boolean => {
  const { added, moved } = unite(known, said, newId, apart)
  return added.size + moved.size > 0
}

const setsOf = (told: readonly Told[]): string[][] => told.map(namesOf).filter((names) => names.length > 1)

/**
 * Keeps that a run says what is known already. It is the usual case, and holds up nobody.
 * @returns whether that was all: what is news is for `assertNames`
 */
export async function repeatNames(trx: Trx<Tables>, source: Source, told: readonly Told[]): Promise<boolean> {
  const said = setsOf(told)
  await sql`select ${readingNames(source.organizationId)}`.execute(trx)
  if (isNews(await knownOf(trx, [...new Set(said.flat())]), said)) return false
  await statements.keep(trx, source, said)
  return true
}

/**
 * Keeps what a report says belongs together, and merges the findings that are one by that. It takes a transaction of
 * its own, before that of the findings: whoever writes findings is waited for, and waits, as long as it lasts.
 * @returns how many findings became part of others, or have a CVE since
 */
export async function assertNames(trx: Trx<Tables>, source: Source, told: readonly Told[]): Promise<number> {
  const { organizationId, tool } = source
  const said = setsOf(told)
  if (said.length === 0) return 0
  await sql`select ${changingNames(organizationId)}`.execute(trx)
  await statements.keep(trx, source, said)
  const { known, apart } = await knownOf(trx, [...new Set(said.flat())])
  const { added, moved } = unite(known, said, newId, apart)
  if (added.size + moved.size === 0) return 0
  await sql`
    with moved as (
      update advisory_aliases a set group_id = m.to_id
      from unnest(${[...moved.keys()]}::uuid[], ${[...moved.values()]}::uuid[]) as m (from_id, to_id)
      where a.group_id = m.from_id)
    insert into advisory_aliases (organization_id, alias, group_id, source)
    select ${organizationId}::uuid, alias, group_id, ${tool}
    from unnest(${[...added.keys()]}::text[], ${[...added.values()]}::uuid[]) as a (alias, group_id)`.execute(
    trx,
  )
  return mergeNamed(trx, [...new Set([...added.values(), ...moved.values()])])
}

/** Merges what is one by these groups of names; answers how many findings that changed. */
export const mergeNamed = async (trx: Trx<Tables>, groups: readonly string[]): Promise<number> =>
  (await mergeWithin(trx, groups)) + (await nameCves(trx, groups))

/** What was told by a name of no CVE has the CVE that it is known to be by now, so that news of that concerns it. */
async function nameCves(trx: Trx<Tables>, groups: readonly string[]): Promise<number> {
  const { numAffectedRows } = await sql`
    with found as materialized (
      select v.id, c.alias::text as cve from advisory_aliases a
      join advisory_aliases c on c.group_id = a.group_id and c.alias like 'CVE-%'
      join vulnerabilities v on v.weakness = a.alias and v.component_key is not null and v.merged_into is null
      where a.group_id = any(${groups}::uuid[]) and v.cve_id is null
      order by v.id for update of v)
    update vulnerabilities v set cve_id = f.cve, aliases = array_prepend(f.cve, array_remove(v.aliases, f.cve)),
      version = v.version + 1, updated_at = now()
    from found f where v.id = f.id`.execute(trx)
  return Number(numAffectedRows ?? 0)
}

/** The names that weaknesses are known by, each with its CVE first, by any of their names. */
export async function namesKnown(
  trx: Trx<Tables>,
  names: readonly string[],
): Promise<Map<string, readonly string[]>> {
  const groups = await groupsOf(trx, names)
  const members = Map.groupBy([...groups.keys()].sort(), (name) => groups.get(name)!)
  for (const [group, of] of members)
    members.set(group, [...of.filter(isCve), ...of.filter((name) => !isCve(name))])
  return new Map([...groups].map(([name, group]) => [name, members.get(group)!]))
}
