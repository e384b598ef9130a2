/** By which names weaknesses are known: what the reports of an organization say belongs together. */
import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import { type Groups, isCve, namesOf, unite } from '../rules-alias.ts'
import type { Observed, Tables } from '../tables.ts'
import { mergeWithin } from './merge.ts'

export type Told = Pick<Observed, 'kind' | 'cveId' | 'aliases'>
type Source = { organizationId: string; tool: string }

/** Who reads names waits for whoever is putting some together, and the other way round. */
const lockName = (organizationId: string) => `${organizationId}/aliases`
export const readingNames = (organizationId: string) =>
  sql`pg_advisory_xact_lock_shared(hashtextextended(${lockName(organizationId)}, 0))`

/** The groups of some names, with all names of those. */
async function groupsOf(trx: Trx<Tables>, names: readonly string[]): Promise<Groups> {
  if (names.length === 0) return new Map()
  const { rows } = await sql<{ alias: string; groupId: string }>`
    select alias, group_id from advisory_aliases
    where group_id = any(array(select group_id from advisory_aliases where alias = any(${names}::text[])))`.execute(
    trx,
  )
  return new Map(rows.map(({ alias, groupId }) => [alias, groupId]))
}

/**
 * Keeps what a report says belongs together, and merges the findings that are one by that. It takes a transaction of
 * its own, before that of the findings: whoever writes findings is waited for, and waits, as long as it lasts.
 * @returns how many findings became part of others, or have a CVE since
 */
export async function assertNames(
  trx: Trx<Tables>,
  { organizationId, tool }: Source,
  told: readonly Told[],
): Promise<number> {
  const said = told.map(namesOf).filter((names) => names.length > 1)
  const names = [...new Set(said.flat())]
  const isNews = (known: Groups) => {
    const { added, moved } = unite(known, said, newId)
    return added.size + moved.size > 0
  }
  if (said.length === 0 || !isNews(await groupsOf(trx, names))) return 0
  await sql`select pg_advisory_xact_lock(hashtextextended(${lockName(organizationId)}, 0))`.execute(trx)
  const { added, moved } = unite(await groupsOf(trx, names), said, newId)
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
  const groups = [...new Set([...added.values(), ...moved.values()])]
  const merged = await mergeWithin(trx, groups)
  return merged + (await nameCves(trx, groups))
}

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
