/** Findings that were one by the names of their weakness, and are so no longer. */
import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import { closableStatuses } from '../rules.ts'
import { type Groups, isCve } from '../rules-alias.ts'
import type { Tables, VulnerabilityRow } from '../tables.ts'
import { groupsOf } from './alias.ts'
import { columns } from './observation.ts'
import { type Handed, handWords, leaveWords, type Teller, tellersOf } from './words.ts'

/** Before is null for what was made of the sources of another one. */
export type Parted = { before: VulnerabilityRow | null; after: VulnerabilityRow }
/** Where a finding goes: what is not merged any more stands for itself, the others are part of that one. */
type Place = { row: VulnerabilityRow; mergedInto: string | null }

/** The findings that are known by these names, and those that are part of them; locked in the order of everybody. */
async function concerned(trx: Trx<Tables>, names: readonly string[]): Promise<VulnerabilityRow[]> {
  const { rows } = await sql<{ id: string }>`
    with standing as materialized (
      select id from vulnerabilities
      where weakness = any(${names}::text[]) and component_key is not null and merged_into is null)
    select id from standing
    union all select v.id from standing s join vulnerabilities v on v.merged_into = s.id`.execute(trx)
  const ids = rows.map(({ id }) => id)
  if (ids.length === 0) return []
  return trx
    .selectFrom('vulnerabilities')
    .selectAll()
    .where('id', 'in', ids)
    .orderBy('id')
    .forUpdate()
    .execute()
}

const oldestFirst = (one: VulnerabilityRow, other: VulnerabilityRow) =>
  one.firstSeenAt.getTime() - other.firstSeenAt.getTime() || (one.id < other.id ? -1 : 1)

/** The names of a weakness, and what is said of it by others that are not of it: that is taken from what it says. */
function named(row: VulnerabilityRow, groups: Groups, changed: ReadonlySet<string>) {
  const group = groups.get(row.weakness!)
  const own = new Set([row.weakness!, ...[...groups].filter(([, of]) => of === group).map(([name]) => name)])
  const isForeign = (name: string) => changed.has(name.toUpperCase()) && !own.has(name.toUpperCase())
  const cve = row.cveId && isForeign(row.cveId) ? ([...own].find(isCve) ?? null) : row.cveId
  const aliases = row.aliases.filter((name) => !isForeign(name))
  return { cveId: cve, aliases: cve && !aliases.includes(cve) ? [cve, ...aliases] : aliases }
}

/** A finding of what scans told of another one by a name that is not its own. */
async function remake(
  trx: Trx<Tables>,
  from: VulnerabilityRow,
  { fingerprint, weakness }: Teller,
  at: Date,
): Promise<VulnerabilityRow> {
  const id = newId()
  await sql`
    insert into vulnerabilities (organization_id, asset_id, id, fingerprint, weakness, component_key, ${columns},
      first_seen_at, last_seen_at, created_at, updated_at)
    select organization_id, asset_id, ${id}::uuid, ${fingerprint}, ${weakness}, component_key, ${columns},
      first_seen_at, last_seen_at, ${at}, ${at}
    from vulnerabilities where id = ${from.id}::uuid`.execute(trx)
  return trx.selectFrom('vulnerabilities').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

/**
 * Takes apart the findings that are merged and are not one by what is known of these names now. What was merged stands
 * for itself again as it stood then; what scans told of a finding by a name that is of another weakness becomes one of
 * its own. Each is seen by the scans that told it. Nobody may write findings meanwhile but people.
 */
export async function takeApart(trx: Trx<Tables>, names: readonly string[], at: Date): Promise<Parted[]> {
  const rows = await concerned(trx, names)
  if (rows.length === 0) return []
  const groups = await groupsOf(trx, [...new Set(rows.flatMap(({ weakness }) => weakness ?? [])), ...names])
  const groupOf = (name: string) => groups.get(name) ?? name
  const changed = new Set(names)
  const before = new Map(rows.map((row) => [row.id, row]))
  const places = new Map<string, Place>(rows.map((row) => [row.id, { row, mergedInto: row.mergedInto }]))
  const handed: Handed[] = []
  const left: { id: string; scopes: string[] }[] = []
  const parts = Map.groupBy(rows, ({ mergedInto, id }) => mergedInto ?? id)
  const tellers = await tellersOf(trx, [...parts.keys()])
  for (const [id, members] of parts) {
    const standing = before.get(id)!
    const own = groupOf(standing.weakness!)
    const apart = members.filter(({ weakness }) => groupOf(weakness!) !== own).sort(oldestFirst)
    const told = tellers.get(id) ?? []
    const byGroup = Map.groupBy(apart, ({ weakness }) => groupOf(weakness!))
    for (const [group, of] of Map.groupBy(told, ({ weakness }) => groupOf(weakness))) {
      if (group === own || byGroup.has(group) || !of.some(({ isLive }) => isLive)) continue
      const made = await remake(trx, standing, of[0]!, at)
      places.set(made.id, { row: made, mergedInto: null })
      byGroup.set(group, [made])
    }
    for (const [group, [first, ...others]] of byGroup) {
      places.set(first!.id, { row: first!, mergedInto: null })
      for (const other of others) places.set(other.id, { row: other, mergedInto: first!.id })
      const of = told.filter(({ weakness }) => groupOf(weakness) === group)
      handed.push({ from: id, to: first!.id, tellers: of })
    }
    const gone = Map.groupBy(told, ({ scope }) => scope)
    const scopes = [...gone].filter(([, of]) => of.every(({ weakness }) => groupOf(weakness) !== own))
    if (scopes.length > 0) left.push({ id, scopes: scopes.map(([scope]) => scope) })
  }
  await handWords(trx, handed)
  await leaveWords(trx, left)
  return settle(trx, before, places, handed, (row) => named(row, groups, changed), at)
}

/** Writes what has become of the findings: those that nothing has become of stay as they are. */
async function settle(
  trx: Trx<Tables>,
  before: ReadonlyMap<string, VulnerabilityRow>,
  places: ReadonlyMap<string, Place>,
  handed: readonly Handed[],
  namesOf: (row: VulnerabilityRow) => { cveId: string | null; aliases: string[] },
  at: Date,
): Promise<Parted[]> {
  const touched = new Set(handed.flatMap(({ from, to }) => [from, to]))
  const written = [...places.values()].flatMap(({ row, mergedInto }) => {
    const { cveId, aliases } = namesOf(row)
    const isSame =
      row.mergedInto === mergedInto && row.cveId === cveId && aliases.join() === row.aliases.join()
    return isSame && !touched.has(row.id) && before.has(row.id)
      ? []
      : [{ id: row.id, merged_into: mergedInto, cve_id: cveId, aliases, is_judged: touched.has(row.id) }]
  })
  if (written.length === 0) return []
  const isClosable = sql`v.status = any(${closableStatuses})`
  const isBack = sql`w.is_judged and live.is_live and v.status = 'resolved' and v.merged_into is not null`
  const isGone = sql`w.is_judged and not live.is_live`
  await sql`
    update vulnerabilities v set merged_into = w.merged_into, cve_id = w.cve_id, aliases = w.aliases,
      version = v.version + 1, updated_at = ${at},
      presence = case when not w.is_judged then v.presence when live.is_live then 'present' else 'absent' end,
      reopen_count = v.reopen_count + (${isBack})::int,
      resolution = case when ${isBack} then null when ${isGone} and ${isClosable} then 'fixed' else v.resolution end,
      resolved_at = case when ${isBack} then null when ${isGone} and ${isClosable} then ${at}::timestamptz
        else v.resolved_at end,
      status = case when ${isBack} then 'open' when ${isGone} and ${isClosable} then 'resolved' else v.status end
    from jsonb_to_recordset(${JSON.stringify(written)}::jsonb)
      as w (id uuid, merged_into uuid, cve_id text, aliases text[], is_judged boolean)
    cross join lateral (select exists (select 1 from vulnerability_sources s
      where s.vulnerability_id = w.id and s.withdrawn_at is null) as is_live) as live
    where v.id = w.id`.execute(trx)
  const after = await trx
    .selectFrom('vulnerabilities')
    .selectAll()
    .where(
      'id',
      'in',
      written.map(({ id }) => id),
    )
    .orderBy('id')
    .execute()
  return after.map((row) => ({ before: before.get(row.id) ?? null, after: row }))
}
