import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import { NexusError } from '#kit/errors.ts'
import { closableStatuses } from '../rules.ts'
import type { Reverted, ScanRow, Tables } from '../tables.ts'
import { forgetNames } from './names.ts'
import { clockRestored, restored } from './observation.ts'
import * as scans from './scan.ts'
import { hasSaid, withdraw } from './statement.ts'

const reasons = {
  person: 'Somebody has changed it since',
  scan: 'Another scan has changed it since',
  merged: 'It is part of another finding by now',
}

/**
 * Sets findings back to how they stood before a run of a scan, and what the scan had said of them; what the run added
 * is withdrawn, and so are the names that it alone has put together. What was changed since stays, and is told. Nothing
 * is deleted. Reverting a run again answers what it answered before. Throws CONFLICT where a newer run of its scope has
 * spoken.
 */
export async function revert(trx: Trx<Tables>, runId: string): Promise<Reverted> {
  const scan = await trx.selectFrom('scans').selectAll().where('runId', '=', runId).executeTakeFirst()
  // A run that has seen nothing has changed nothing.
  if (!scan) return { restored: 0, kept: [] }
  await scans.takeTurn(trx, scan, await hasSaid(trx, runId))
  const again = await trx.selectFrom('scans').select('reverted').where('runId', '=', runId).executeTakeFirst()
  if (again?.reverted) return again.reverted
  const latest = await scans.latestOf(trx, scan.scope)
  if (latest && latest.runId !== runId)
    throw new NexusError(
      'CONFLICT',
      `A newer import of the same scope began on ${latest.startedAt.toISOString()}: revert that one first`,
    )
  const kept = await keptOf(trx, runId)
  const changed = await restoreChanged(trx, scan, kept)
  const withdrawn = await withdrawAdded(trx, scan, kept)
  await handBack(trx, scan, kept)
  await forgetNames(trx, scan, await withdraw(trx, runId))
  const reverted: Reverted = { restored: changed + withdrawn, kept }
  await sql`update scans set reverted_at = now(), reverted = ${JSON.stringify(reverted)}::jsonb
    where run_id = ${runId}::uuid`.execute(trx)
  return reverted
}

/** What the run wrote that has another version now. Each change of a scan is kept; others are people's. */
async function keptOf(trx: Trx<Tables>, runId: string): Promise<Reverted['kept']> {
  const { rows } = await sql<{ id: string; byScan: boolean; isMerged: boolean }>`
    select v.id, v.merged_into is not null as is_merged, exists (
      select 1 from finding_changes o
      where o.vulnerability_id = v.id and o.run_id <> ${runId}::uuid and o.version = v.version) as by_scan
    from (
      select vulnerability_id as id, version from finding_changes where run_id = ${runId}::uuid
      union all
      select v.id, 1 from vulnerability_sources s join vulnerabilities v on v.id = s.vulnerability_id
      where s.run_id = ${runId}::uuid and v.created_by_run = ${runId}::uuid
    ) as written
    join vulnerabilities v on v.id = written.id
    where v.version <> written.version order by v.id`.execute(trx)
  return rows.map(({ id, byScan, isMerged }) => ({
    id,
    reason: isMerged ? reasons.merged : byScan ? reasons.scan : reasons.person,
  }))
}

type Kept = Reverted['kept']
const idsOf = (kept: Kept) => sql`${kept.map(({ id }) => id)}::uuid[]`

async function restoreChanged(trx: Trx<Tables>, { runId, scope }: ScanRow, kept: Kept): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with changed as materialized (
      select vulnerability_id as id, change, before, source_before from finding_changes
      where run_id = ${runId}::uuid and vulnerability_id <> all(${idsOf(kept)})),
    set_back as (
      update vulnerabilities v set ${restored}, version = v.version + 1, updated_at = now()
      from changed, jsonb_populate_record(null::vulnerabilities, changed.before) b
      where v.id = changed.id and changed.change <> 'unseen'),
    words as (
      update vulnerability_sources s set
        run_id = coalesce((source_before ->> 'run_id')::uuid, s.run_id),
        content_hash = coalesce(source_before ->> 'content_hash', s.content_hash),
        withdrawn_at = case when source_before is null then now()
          else (source_before ->> 'withdrawn_at')::timestamptz end
      from changed where s.vulnerability_id = changed.id and s.scope = ${scope})
    select count(*)::int as count from changed`.execute(trx)
  await sql`
    update vulnerabilities v set ${clockRestored}
    from finding_changes c, jsonb_populate_record(null::vulnerabilities, c.before) b
    where c.run_id = ${runId}::uuid and c.vulnerability_id <> all(${idsOf(kept)}) and c.change <> 'unseen'
      and v.id = c.vulnerability_id`.execute(trx)
  return rows[0]!.count
}

/** What another scan sees as well is there all the same. */
async function withdrawAdded(trx: Trx<Tables>, { runId, scope }: ScanRow, kept: Kept): Promise<number> {
  const isClosable = sql`v.status = any(${closableStatuses})`
  const { rows } = await sql<{ count: number }>`
    with added as materialized (
      select v.id, not exists (select 1 from vulnerability_sources o
        where o.vulnerability_id = v.id and o.scope <> ${scope} and o.withdrawn_at is null) as is_absent
      from vulnerability_sources s join vulnerabilities v on v.id = s.vulnerability_id
      where s.scope = ${scope} and s.run_id = ${runId}::uuid and s.withdrawn_at is null
        and v.created_by_run = ${runId}::uuid and v.id <> all(${idsOf(kept)})),
    withdrawn as (
      update vulnerabilities v set presence = 'absent', version = v.version + 1, updated_at = now(),
        status = case when ${isClosable} then 'resolved' else v.status end,
        resolution = case when ${isClosable} then 'withdrawn' else v.resolution end,
        resolved_at = case when ${isClosable} then now() else v.resolved_at end
      from added where v.id = added.id and is_absent),
    words as (
      update vulnerability_sources s set withdrawn_at = now() from added
      where s.vulnerability_id = added.id and s.scope = ${scope})
    select count(*)::int as count from added`.execute(trx)
  return rows[0]!.count
}

/** What the run only saw again is what the run before it saw, so that this one counts as the latest again. */
async function handBack(trx: Trx<Tables>, { runId, scope }: ScanRow, kept: Kept): Promise<void> {
  const before = await scans.latestOf(trx, scope, sql<boolean>`run_id < ${runId}::uuid`)
  if (!before) return
  await sql`update vulnerability_sources s set run_id = ${before.runId}::uuid
    where scope = ${scope} and run_id = ${runId}::uuid and withdrawn_at is null
      and vulnerability_id <> all(${idsOf(kept)})`.execute(trx)
}
