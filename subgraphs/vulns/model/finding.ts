import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import { changeOf, closableStatuses, isOverruled, outcomeOf } from '../rules.ts'
import type { Change, Known, Outcome, Tables } from '../tables.ts'
import { judged, judgement } from './judged.ts'
import { meet } from './known.ts'
import {
  assignments,
  columns,
  type Finding,
  image,
  incoming,
  listOf,
  type Row,
  type Run,
  rowsInPieces,
  rowsOf,
} from './observation.ts'
import * as scans from './scan.ts'
import { keepTold } from './told.ts'

export { type Finding, type Run, rowsInPieces }

/** What a run says of known findings, and how its saying changes them. */
type Said = { row: Pick<Row, 'id' | 'contentHash'>; change: Change | null }
type Judged = { outcome: Outcome; written: Row[]; said: Said[] }

/** Decides what becomes of rows, each of which gets the id of its finding. */
function judge(run: Run, rows: readonly Row[], known: ReadonlyMap<string, Known>): Judged {
  const judged: Judged = {
    outcome: { created: 0, updated: 0, unchanged: 0, reopened: 0 },
    written: [],
    said: [],
  }
  for (const row of rows) {
    const before = known.get(row.fingerprint)
    if (!before) {
      judged.outcome.created += 1
      judged.written.push(row)
      judged.said.push({ row, change: null })
      continue
    }
    row.id = before.id
    row.isNew = false
    if (isOverruled(before, run.id)) {
      judged.outcome.unchanged += 1
      continue
    }
    judged.outcome[outcomeOf(before, row.contentHash)] += 1
    if (before.contentHash !== row.contentHash) judged.written.push(row)
    judged.said.push({ row, change: changeOf(before, row.contentHash) })
  }
  return judged
}

/**
 * Writes what a run says in one statement, which reads the findings as they were before it: their images are kept.
 * Seeing a finding again makes it be there, and no longer resolved. What nothing is to be done of is no part of the
 * statement: it would be planned, and its triggers be asked, all the same.
 */
async function write(trx: Trx<Tables>, run: Run, { written, said }: Pick<Judged, 'written' | 'said'>) {
  if (said.length === 0) return
  const changed = said.filter(({ change }) => change !== null)
  const rewritten = new Set(written.map(({ id }) => id))
  const back = changed.filter(({ row }) => !rewritten.has(row.id)).map(({ row }) => row.id)
  const seenAgain = said
    .filter(({ row, change }) => !change && !rewritten.has(row.id))
    .map(({ row }) => row.id)
  const isBack = sql`v.status = 'resolved' or v.presence = 'absent'`
  const isResolved = sql`v.status = 'resolved'`
  const seen = sql`last_seen_at = now(), presence = 'present', resolution = null,
    reopen_count = v.reopen_count + (${isResolved})::int,
    resolved_at = case when ${isResolved} then null else v.resolved_at end,
    status = case when ${isResolved} then 'open' else v.status end`
  const parts = [
    sql`said as materialized (
      select * from unnest(${listOf(said.map(({ row }) => row.id))}::uuid[],
        ${listOf(said.map(({ row }) => row.contentHash))}::text[]) as said (id, content_hash))`,
  ]
  if (written.length > 0) parts.push(sql`incoming as materialized (${incoming(written)})`)
  if (changed.length > 0)
    parts.push(sql`images as (
      insert into finding_changes
        (organization_id, run_id, vulnerability_id, change, version, before, source_before)
      select v.organization_id, ${run.id}::uuid, v.id, c.change,
        v.version + (c.change = 'updated' or ${isBack})::int, ${image}, ${scans.sourceImage}
      from unnest(${changed.map(({ row }) => row.id)}::uuid[],
        ${changed.map(({ change }) => change)}::text[]) as c (id, change)
      join vulnerabilities v on v.id = c.id
      left join vulnerability_sources s on s.vulnerability_id = v.id and s.scope = ${run.scope})`)
  if (written.some(({ isNew }) => isNew))
    parts.push(sql`added as (
      insert into vulnerabilities
        (organization_id, asset_id, id, fingerprint, weakness, component_key, created_by_run, ${columns},
          ${judgement})
      select ${run.organizationId}::uuid, ${run.assetId}::uuid, id, fingerprint, weakness, component_key,
        ${run.id}::uuid, ${columns}, ${judgement}
      from (${judged(run.assetId)}) as judged)`)
  if (written.some(({ isNew }) => !isNew))
    parts.push(sql`rewritten as (
      update vulnerabilities v set ${seen}, ${assignments}, version = v.version + 1, updated_at = now()
      from incoming i where not i.is_new and v.id = i.id)`)
  if (back.length > 0)
    parts.push(sql`back as (
      update vulnerabilities v set ${seen}, version = v.version + (${isBack})::int,
        updated_at = case when ${isBack} then now() else v.updated_at end
      where v.id = any(${back}::uuid[]))`)
  if (seenAgain.length > 0)
    parts.push(sql`touched as (
      update vulnerabilities v set last_seen_at = now() where v.id = any(${seenAgain}::uuid[]))`)
  await sql`with ${sql.join(parts)}
    insert into vulnerability_sources (organization_id, vulnerability_id, scope, tool, run_id, content_hash)
    select ${run.organizationId}::uuid, id, ${run.scope}, ${run.tool}, ${run.id}::uuid, content_hash from said
    on conflict (organization_id, vulnerability_id, scope) do update set last_seen_at = now(),
      withdrawn_at = null, content_hash = excluded.content_hash, run_id = excluded.run_id`.execute(trx)
}

export const apply = (trx: Trx<Tables>, run: Run, batch: number, findings: readonly Finding[]) =>
  applyRows(trx, run, batch, rowsOf(run, findings))

/**
 * Applies one batch of a run's findings: new ones are added, known ones updated or left, resolved ones
 * reopened. The same batch again answers what it answered before and changes nothing.
 */
export async function applyRows(
  trx: Trx<Tables>,
  run: Run,
  batch: number,
  rows: readonly Row[],
): Promise<Outcome> {
  await scans.takeTurn(trx, run)
  const done = await scans.outcomeBefore(trx, run, batch)
  if (done) return done
  await scans.begin(trx, run)
  const { once, known } = await meet(trx, run, rows)
  const { outcome, ...judged } = judge(run, once, known)
  outcome.unchanged += rows.length - once.length
  await write(trx, run, judged)
  await keepTold(trx, run, rows, once, known)
  if (batch === 0 && outcome.created > 0) await sql`select vulns.first_statistics()`.execute(trx)
  await scans.keepOutcome(trx, run, batch, outcome)
  return outcome
}

/** What a batch would do: for each of its findings its outcome, and its id where there is one. It writes nothing. */
export async function preview(
  trx: Trx<Tables>,
  run: Run,
  findings: readonly Finding[],
): Promise<{ id: string | null; outcome: keyof Outcome }[]> {
  const rows = rowsOf(run, findings)
  const { once, known } = await meet(trx, run, rows, false)
  const first = new Set(once)
  return rows.map((row) => {
    const before = known.get(row.fingerprint)
    if (!first.has(row)) return { id: before?.id ?? null, outcome: 'unchanged' }
    if (!before) return { id: null, outcome: 'created' }
    return {
      id: before.id,
      outcome: isOverruled(before, run.id) ? 'unchanged' : outcomeOf(before, row.contentHash),
    }
  })
}

/** How many findings a run sees again in one transaction, at most, and in one statement. */
const usual = { most: 50_000, atOnce: 1_000 }

/**
 * Does what all batches would, where a run says what the latest one of its scope has said, to the letter: its findings
 * are seen again. Null where it does not, or where what that one saw is not all there any more.
 */
export async function refresh(
  trx: Trx<Tables>,
  run: Run,
  payload: string,
  { most, atOnce } = usual,
): Promise<Outcome | null> {
  await scans.takeTurn(trx, run)
  const done = await scans.outcomeBefore(trx, run, scans.wholeRun)
  if (done) return done
  const latest = await scans.latestOf(trx, run.scope)
  if (!latest?.finishedAt || latest.payload !== payload || latest.runId >= run.id) return null
  const told = [await scans.toldBy(trx, latest.runId), await scans.seenBy(trx, latest)]
  if (latest.findings > most || told.some((count) => count !== latest.findings)) return null
  await scans.begin(trx, run)
  const outcome: Outcome = { created: 0, updated: 0, unchanged: 0, reopened: 0 }
  // What is seen again is this run's from then on, and no longer the latest one's.
  for (let isMore = latest.findings > 0; isMore; ) {
    const { rows: known } = await sql<Known & { contentHash: string }>`
      select v.id, v.status, v.presence, s.content_hash, s.run_id, false as is_withdrawn
      from vulnerability_sources s join vulnerabilities v on v.id = s.vulnerability_id
      where s.scope = ${run.scope} and s.run_id = ${latest.runId}::uuid and s.withdrawn_at is null
      limit ${atOnce} for update of v`.execute(trx)
    const said = known.map((each) => {
      outcome[outcomeOf(each, each.contentHash)] += 1
      return { row: each, change: changeOf(each, each.contentHash) }
    })
    await write(trx, run, { written: [], said })
    isMore = known.length === atOnce
  }
  await scans.keepOutcome(trx, run, scans.wholeRun, outcome)
  return outcome
}

/** Findings that only this scope sees: what it does not see again is absent. */
const seenByNoOther = (run: Run) => sql`not exists (select 1 from vulnerability_sources o
  where o.vulnerability_id = v.id and o.scope <> ${run.scope} and o.withdrawn_at is null)`

/**
 * Ends a complete run: what its scope saw before and this run did not is withdrawn, and a finding that no
 * scan sees any more is absent, and resolved unless a person has said something else of it. Runs are told
 * apart by the order of their ids, so that an older run that comes late withdraws nothing of a newer one, and
 * brings back nothing that it withdrew. The same end again answers what it answered before.
 * @param payload a digest of all that the run said
 * @returns how many findings it closed
 */
export async function finish(trx: Trx<Tables>, run: Run, payload: string | null = null): Promise<number> {
  await scans.takeTurn(trx, run)
  const before = await scans.open(trx, run)
  if (before.finishedAt) return before.closed
  const isClosable = sql`v.status = any(${closableStatuses})`
  const { rows } = await sql<{ closed: number }>`
    with gone as materialized (
      select v.id, ${isClosable} as is_closable, ${seenByNoOther(run)} as is_absent
      from vulnerability_sources s join vulnerabilities v on v.id = s.vulnerability_id
      where s.scope = ${run.scope} and s.run_id < ${run.id}::uuid and s.withdrawn_at is null
      for update of v),
    images as (
      insert into finding_changes
        (organization_id, run_id, vulnerability_id, change, version, before, source_before)
      select v.organization_id, ${run.id}::uuid, v.id,
        case when not is_absent then 'unseen' when is_closable then 'closed' else 'absent' end,
        v.version + is_absent::int, ${image}, ${scans.sourceImage}
      from gone join vulnerabilities v on v.id = gone.id
      join vulnerability_sources s on s.vulnerability_id = v.id and s.scope = ${run.scope}),
    withdrawn as (
      update vulnerability_sources s set withdrawn_at = now(), run_id = ${run.id}::uuid
      from gone where s.vulnerability_id = gone.id and s.scope = ${run.scope}),
    absent as (
      update vulnerabilities v set presence = 'absent', version = v.version + 1, updated_at = now(),
        status = case when is_closable then 'resolved' else v.status end,
        resolution = case when is_closable then 'fixed' else v.resolution end,
        resolved_at = case when is_closable then now() else v.resolved_at end
      from gone where v.id = gone.id and is_absent)
    select count(*)::int as closed from gone where is_absent and is_closable`.execute(trx)
  const { closed } = rows[0]!
  await scans.finish(trx, run, { payload, closed })
  return closed
}

/** The findings that a run would close if it saw none of them again. */
export async function closable(trx: Trx<Tables>, run: Run): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select v.id from vulnerability_sources s join vulnerabilities v on v.id = s.vulnerability_id
    where s.scope = ${run.scope} and s.run_id < ${run.id}::uuid and s.withdrawn_at is null
      and v.status = any(${closableStatuses}) and ${seenByNoOther(run)}`.execute(trx)
  return rows.map(({ id }) => id)
}
