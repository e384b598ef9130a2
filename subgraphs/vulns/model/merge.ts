/** Findings that turn out to be one. */
import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import type { Tables } from '../tables.ts'

/**
 * Merges, for each weakness of these groups, the findings of one thing in one place into the oldest: what people say of
 * that one holds, and it is seen by whoever sees any of them. Nothing is deleted: the others say what they are part of,
 * and count no more. Nobody may write findings meanwhile but people.
 * @returns how many findings became part of others
 */
export async function mergeWithin(trx: Trx<Tables>, groups: readonly string[]): Promise<number> {
  const { rows } = await sql<{ id: string; into: string }>`
    select id, survivor as "into" from (
      select v.id, first_value(v.id) over (
        partition by a.group_id, v.component_key order by v.first_seen_at, v.id) as survivor
      from advisory_aliases a
      join vulnerabilities v on v.weakness = a.alias and v.component_key is not null and v.merged_into is null
      where a.group_id = any(${groups}::uuid[])
    ) as found where id <> survivor`.execute(trx)
  if (rows.length === 0) return 0
  const [ids, survivors] = [rows.map(({ id }) => id), rows.map(({ into }) => into)]
  await sql`select id from vulnerabilities where id = any(${[...ids, ...survivors]}::uuid[])
    order by id for update`.execute(trx)
  const merging = sql`unnest(${ids}::uuid[], ${survivors}::uuid[]) as m (id, survivor)`
  // Who told which: by its own name too, where a scan told both.
  await sql`
    insert into told_names as t (organization_id, vulnerability_id, scope, fingerprint, weakness)
    select distinct s.organization_id, m.survivor, s.scope, told.fingerprint, told.weakness
    from ${merging} join vulnerabilities v on v.id = m.id
    join vulnerability_sources s on s.vulnerability_id = m.id
    join vulnerabilities w on w.id = m.survivor
    cross join lateral (
      select v.fingerprint, v.weakness
      union all select t.fingerprint, t.weakness from told_names t
        where t.vulnerability_id = m.id and t.scope = s.scope and t.ended_at is null
      union all select w.fingerprint, w.weakness where exists (select 1 from vulnerability_sources o
        where o.vulnerability_id = m.survivor and o.scope = s.scope and o.withdrawn_at is null)) as told
    where s.withdrawn_at is null
    on conflict (organization_id, vulnerability_id, scope, fingerprint) do update set ended_at = null`.execute(
    trx,
  )
  await sql`
    with words as materialized (
      select distinct on (m.survivor, s.scope) m.survivor, s.organization_id, s.scope, s.tool, s.run_id,
        s.content_hash, s.first_seen_at, s.last_seen_at, s.withdrawn_at
      from ${merging} join vulnerability_sources s on s.vulnerability_id = m.id
      order by m.survivor, s.scope, s.withdrawn_at nulls first, s.run_id desc),
    withdrawn as (
      update vulnerability_sources s set withdrawn_at = coalesce(s.withdrawn_at, now())
      from ${merging} where s.vulnerability_id = m.id)
    insert into vulnerability_sources as s (organization_id, vulnerability_id, scope, tool, run_id, content_hash,
      first_seen_at, last_seen_at, withdrawn_at)
    select organization_id, survivor, scope, tool, run_id, content_hash, first_seen_at, last_seen_at, withdrawn_at
    from words
    on conflict (organization_id, vulnerability_id, scope) do update set
      last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at), run_id = greatest(s.run_id, excluded.run_id),
      withdrawn_at = case when s.withdrawn_at is null then null else excluded.withdrawn_at end`.execute(trx)
  // What was merged into one that is merged now goes with it.
  await sql`
    update vulnerabilities v set merged_into = m.survivor, version = v.version + 1, updated_at = now()
    from ${merging} where v.id = m.id or v.merged_into = m.id`.execute(trx)
  await sql`
    update vulnerabilities v set version = v.version + 1, updated_at = now(),
      cve_id = coalesce(v.cve_id, o.cve_id), aliases = o.aliases, last_seen_at = greatest(v.last_seen_at, o.seen_at),
      presence = case when o.is_live then 'present' else v.presence end,
      reopen_count = v.reopen_count + (o.is_live and v.status = 'resolved')::int,
      resolution = case when o.is_live and v.status = 'resolved' then null else v.resolution end,
      resolved_at = case when o.is_live and v.status = 'resolved' then null else v.resolved_at end,
      status = case when o.is_live and v.status = 'resolved' then 'open' else v.status end
    from (
      select s.id, max(p.last_seen_at) as seen_at, min(p.cve_id) as cve_id,
        array(select name from (select min(n) as n, name from vulnerabilities x,
            unnest(x.aliases) with ordinality as a (name, n)
          where x.id = s.id or x.merged_into = s.id group by name) as named order by name !~ '^CVE-', n, name)
          as aliases,
        exists (select 1 from vulnerability_sources w
          where w.vulnerability_id = s.id and w.withdrawn_at is null) as is_live
      from vulnerabilities s join vulnerabilities p on p.merged_into = s.id
      where s.id = any(${survivors}::uuid[]) group by s.id
    ) as o where v.id = o.id`.execute(trx)
  return rows.length
}
