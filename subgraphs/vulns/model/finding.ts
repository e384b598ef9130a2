import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import { closableStatuses, contentText, dueDays, fingerprintText, isOverruled, outcomeOf } from '../rules.ts'
import type { Known, Observed, Outcome, Tables } from '../tables.ts'

export type Finding = Observed & { key: string }
/** One run of one tool over one asset; `scope` is what it may close. */
export type Run = { id: string; organizationId: string; assetId: string; tool: string; scope: string }

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

function rowOf(run: Run, { key, ...observed }: Finding) {
  return {
    ...observed,
    id: newId(),
    fingerprint: sha256(fingerprintText(run.assetId, observed.kind, key)),
    contentHash: sha256(contentText(observed)),
    due_days: dueDays[observed.severity] ?? null,
  }
}

/** What a scanner writes, as the batch names it and as the table does. */
const observed: readonly [given: string, column: string][] = [
  ['kind', 'kind'],
  ['"cveId"', 'cve_id'],
  ['aliases', 'aliases'],
  ['cwes', 'cwes'],
  ['"ruleId"', 'rule_id'],
  ['severity', 'severity'],
  ['cvss', 'cvss'],
  ['"cvssScore"', 'cvss_score'],
  ['"cvssVector"', 'cvss_vector'],
  ['title', 'title'],
  ['description', 'description'],
  ['remediation', 'remediation'],
  ['component', 'component'],
  ['location', 'location'],
  ['"fixedVersions"', 'fixed_versions'],
  ['links', 'links'],
]
const given = sql.raw(observed.map(([name]) => name).join(', '))
const columns = sql.raw(observed.map(([, column]) => column).join(', '))
const assignments = sql.raw(observed.map(([name, column]) => `${column} = i.${name}`).join(', '))

type Row = ReturnType<typeof rowOf>

const incoming = (rows: readonly Row[]) => sql`
  select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (id uuid, fingerprint text,
    due_days int, kind text, "cveId" text, aliases text[], cwes text[], "ruleId" text,
    severity text, cvss jsonb, "cvssScore" numeric, "cvssVector" text, title text, description text,
    remediation text, component jsonb, location jsonb, "fixedVersions" text[], links text[])`

async function insertNew(trx: Trx<Tables>, run: Run, rows: readonly Row[]): Promise<Set<string>> {
  const { rows: added } = await sql<{ id: string }>`
    with incoming as (${incoming(rows)})
    insert into vulnerabilities (organization_id, asset_id, id, fingerprint, due_at, ${columns})
    select ${run.organizationId}::uuid, ${run.assetId}::uuid, id, fingerprint,
      now() + make_interval(days => due_days), ${given}
    from incoming
    on conflict (organization_id, fingerprint) do nothing
    returning id`.execute(trx)
  return new Set(added.map((row) => row.id))
}

/** Runs over one asset take turns, batch by batch: whatever order they write in, they cannot cross. */
const takeTurn = (trx: Trx<Tables>, run: Run) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${`${run.organizationId}/${run.assetId}`}, 0))`.execute(
    trx,
  )

/** Known findings and what this scan said of them last. */
async function lockKnown(trx: Trx<Tables>, run: Run, rows: readonly Row[]): Promise<Map<string, Known>> {
  const { rows: known } = await sql<Known & { fingerprint: string }>`
    select v.id, v.fingerprint, v.status, s.content_hash, s.run_id from vulnerabilities v
    left join vulnerability_sources s on s.vulnerability_id = v.id and s.scope = ${run.scope}
    where v.fingerprint = any(${rows.map((row) => row.fingerprint)})
    for update of v`.execute(trx)
  return new Map(known.map((row) => [row.fingerprint, row]))
}

async function rewrite(trx: Trx<Tables>, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return
  await sql`
    with incoming as (${incoming(rows)})
    update vulnerabilities v set ${assignments}, version = v.version + 1, updated_at = now(),
      due_at = v.first_seen_at + make_interval(days => i.due_days)
    from incoming i where v.id = i.id`.execute(trx)
}

/** All that seeing a finding again does to its state: it is there, and no longer resolved. */
async function touch(trx: Trx<Tables>, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const isResolved = sql`status = 'resolved'`
  await sql`
    update vulnerabilities set last_seen_at = now(), presence = 'present', resolution = null,
      reopen_count = reopen_count + (${isResolved})::int,
      version = version + (${isResolved})::int,
      updated_at = case when ${isResolved} then now() else updated_at end,
      resolved_at = case when ${isResolved} then null else resolved_at end,
      status = case when ${isResolved} then 'open' else status end
    where id = any(${ids}::uuid[])`.execute(trx)
}

async function markSources(trx: Trx<Tables>, run: Run, rows: readonly Row[]): Promise<void> {
  await sql`
    insert into vulnerability_sources (organization_id, vulnerability_id, scope, tool, run_id, content_hash)
    select ${run.organizationId}::uuid, id, ${run.scope}, ${run.tool}, ${run.id}::uuid, content_hash
    from unnest(${rows.map((row) => row.id)}::uuid[], ${rows.map((row) => row.contentHash)}::text[])
      as seen (id, content_hash)
    on conflict (organization_id, vulnerability_id, scope) do update set last_seen_at = now(),
      withdrawn_at = null, content_hash = excluded.content_hash,
      run_id = excluded.run_id`.execute(trx)
}

/**
 * Applies one batch of a run's findings: new ones are added, known ones updated or left, resolved ones
 * reopened. The same batch again answers what it answered before and changes nothing.
 */
export async function apply(
  trx: Trx<Tables>,
  run: Run,
  batch: number,
  findings: Finding[],
): Promise<Outcome> {
  await takeTurn(trx, run)
  const done = await trx
    .selectFrom('appliedBatches')
    .select('outcome')
    .where('runId', '=', run.id)
    .where('batch', '=', batch)
    .executeTakeFirst()
  if (done) return done.outcome
  const rows = findings.map((finding) => rowOf(run, finding))
  const added = await insertNew(trx, run, rows)
  const seen = rows.filter((row) => !added.has(row.id))
  const known = await lockKnown(trx, run, seen)
  const outcome: Outcome = { created: added.size, updated: 0, unchanged: 0, reopened: 0 }
  const changed: Row[] = []
  const said = rows.filter((row) => added.has(row.id))
  for (const row of seen) {
    const before = known.get(row.fingerprint)!
    row.id = before.id
    if (isOverruled(before, run.id)) {
      outcome.unchanged += 1
      continue
    }
    said.push(row)
    outcome[outcomeOf(before, row.contentHash)] += 1
    if (before.contentHash !== row.contentHash) changed.push(row)
  }
  await rewrite(trx, changed)
  await touch(
    trx,
    said.filter((row) => !added.has(row.id)).map((row) => row.id),
  )
  await markSources(trx, run, said)
  if (batch === 0 && added.size > 0) await sql`select vulns.first_statistics()`.execute(trx)
  const record = {
    organizationId: run.organizationId,
    runId: run.id,
    batch,
    outcome: JSON.stringify(outcome),
  }
  await trx
    .insertInto('appliedBatches')
    .values(record as never)
    .execute()
  return outcome
}

/**
 * Ends a complete run: what its scope saw before and this run did not is withdrawn, and a finding that no
 * scan sees any more is absent, and resolved unless a person has said something else of it. Runs are told
 * apart by the order of their ids, so that an older run that comes late withdraws nothing of a newer one, and
 * brings back nothing that it withdrew.
 * @returns how many findings it closed
 */
export async function finish(trx: Trx<Tables>, run: Run): Promise<number> {
  await takeTurn(trx, run)
  const { rows: withdrawn } = await sql<{ vulnerabilityId: string }>`
    update vulnerability_sources set withdrawn_at = now(), run_id = ${run.id}::uuid
    where scope = ${run.scope} and run_id < ${run.id}::uuid and withdrawn_at is null
    returning vulnerability_id`.execute(trx)
  const ids = withdrawn.map((row) => row.vulnerabilityId)
  const { rows: absent } = await sql<{ status: string }>`
    update vulnerabilities v set presence = 'absent', version = v.version + 1, updated_at = now(),
      status = case when v.status = any(${closableStatuses}) then 'resolved' else v.status end,
      resolution = case when v.status = any(${closableStatuses}) then 'fixed' else v.resolution end,
      resolved_at = case when v.status = any(${closableStatuses}) then now() else v.resolved_at end
    where v.id = any(${ids}::uuid[]) and not exists (
      select 1 from vulnerability_sources s where s.vulnerability_id = v.id and s.withdrawn_at is null)
    returning v.status`.execute(trx)
  return absent.filter((row) => row.status === 'resolved').length
}
