/** What scans say of findings, handed from one to another where they are taken apart. */
import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import type { Tables } from '../tables.ts'

/** By which name a scan tells a finding, and whether it sees it still. */
export type Teller = { scope: string; fingerprint: string; weakness: string; isLive: boolean }
/** What goes from a finding to another one, or to itself as it was: the scans that told it by these names. */
export type Handed = { from: string; to: string; tellers: readonly Teller[] }

/** Who tells these findings by other names, those first that have done so for longest. */
export async function tellersOf(trx: Trx<Tables>, ids: readonly string[]): Promise<Map<string, Teller[]>> {
  const { rows } = await sql<Teller & { id: string }>`
    select t.vulnerability_id as id, t.scope, t.fingerprint, t.weakness,
      s.withdrawn_at is null and s.run_id is not null as is_live
    from told_names t left join vulnerability_sources s
      on s.vulnerability_id = t.vulnerability_id and s.scope = t.scope
    where t.vulnerability_id = any(${ids}::uuid[]) and t.ended_at is null
    order by s.first_seen_at, t.scope, t.fingerprint`.execute(trx)
  return Map.groupBy(rows, ({ id }) => id)
}

const wordsOf = (handed: readonly Handed[]) => {
  const all = handed.flatMap(({ from, to, tellers }) => tellers.map((teller) => ({ from, to, ...teller })))
  return sql`unnest(${all.map(({ from }) => from)}::uuid[], ${all.map(({ to }) => to)}::uuid[],
    ${all.map(({ scope }) => scope)}::text[], ${all.map(({ fingerprint }) => fingerprint)}::text[],
    ${all.map(({ weakness }) => weakness)}::text[]) as h (from_id, to_id, scope, fingerprint, weakness)`
}

/**
 * Gives findings what scans say of them, as those said it of what they were part of: seen as lately, and by the same
 * run. What is told of one that was made just now is written anew by the next run, as it may have been said otherwise.
 */
export async function handWords(trx: Trx<Tables>, handed: readonly Handed[]): Promise<void> {
  if (handed.every(({ tellers }) => tellers.length === 0)) return
  await sql`
    insert into vulnerability_sources as s (organization_id, vulnerability_id, scope, tool, run_id, content_hash,
      first_seen_at, last_seen_at, withdrawn_at)
    select distinct on (h.to_id, h.scope) o.organization_id, h.to_id, o.scope, o.tool, o.run_id, 'taken apart',
      o.first_seen_at, o.last_seen_at, o.withdrawn_at
    from ${wordsOf(handed)} join vulnerability_sources o on o.vulnerability_id = h.from_id and o.scope = h.scope
    order by h.to_id, h.scope
    on conflict (organization_id, vulnerability_id, scope) do update set run_id = excluded.run_id,
      last_seen_at = excluded.last_seen_at, withdrawn_at = excluded.withdrawn_at`.execute(trx)
  await sql`
    with ended as (
      update told_names t set ended_at = now() from ${wordsOf(handed)}
      where t.vulnerability_id = h.from_id and t.scope = h.scope and t.fingerprint = h.fingerprint)
    insert into told_names as t (organization_id, vulnerability_id, scope, fingerprint, weakness)
    select v.organization_id, v.id, h.scope, h.fingerprint, h.weakness
    from ${wordsOf(handed)} join vulnerabilities v on v.id = h.to_id and v.fingerprint <> h.fingerprint
    on conflict (organization_id, vulnerability_id, scope, fingerprint) do update set ended_at = null`.execute(
    trx,
  )
  // Who says the same again is listened to all the same.
  const scopes = [...new Set(handed.flatMap(({ tellers }) => tellers.map(({ scope }) => scope)))]
  await sql`update scans set payload = null where scope = any(${scopes}::text[]) and payload is not null`.execute(
    trx,
  )
}

/** What scans told by other names alone, they say no more. */
export async function leaveWords(
  trx: Trx<Tables>,
  left: readonly { id: string; scopes: readonly string[] }[],
): Promise<void> {
  const all = left.flatMap(({ id, scopes }) => scopes.map((scope) => ({ id, scope })))
  if (all.length === 0) return
  await sql`
    update vulnerability_sources s set withdrawn_at = now()
    from unnest(${all.map(({ id }) => id)}::uuid[], ${all.map(({ scope }) => scope)}::text[]) as g (id, scope)
    where s.vulnerability_id = g.id and s.scope = g.scope and s.withdrawn_at is null`.execute(trx)
}
