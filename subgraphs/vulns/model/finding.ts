import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import { closableStatuses, contentText, dueDays, fingerprintText } from '../rules.ts'
import type { Observed, Outcome, Tables } from '../tables.ts'

export type Finding = Observed & { key: string }
/** One run of one scan over one asset; `scope` names the scan and the asset. */
export type Run = { id: string; organizationId: string; assetId: string; scope: string }

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

function rowOf(run: Run, { key, ...observed }: Finding) {
  return {
    ...observed,
    id: newId(),
    fingerprint: sha256(fingerprintText(run.assetId, observed.kind, key)),
    content_hash: sha256(contentText(observed)),
    due_days: dueDays[observed.severity] ?? null,
  }
}

const columns = `kind, "cveId", aliases, cwes, "ruleId", severity, cvss, "cvssScore", "cvssVector", title,
  description, remediation, component, location, "fixedVersions", links`
const stored = `kind, cve_id, aliases, cwes, rule_id, severity, cvss, cvss_score, cvss_vector, title,
  description, remediation, component, location, fixed_versions, links`

const incoming = (rows: ReturnType<typeof rowOf>[]) => sql`
  select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (id uuid, fingerprint text,
    content_hash text, due_days int, kind text, "cveId" text, aliases text[], cwes text[], "ruleId" text,
    severity text, cvss jsonb, "cvssScore" numeric, "cvssVector" text, title text, description text,
    remediation text, component jsonb, location jsonb, "fixedVersions" text[], links text[])`

async function insertNew(trx: Trx<Tables>, run: Run, rows: ReturnType<typeof rowOf>[]): Promise<Set<string>> {
  const { rows: added } = await sql<{ id: string }>`
    with incoming as (${incoming(rows)})
    insert into vulnerabilities (organization_id, asset_id, id, fingerprint, content_hash, due_at,
      ${sql.raw(stored)})
    select ${run.organizationId}::uuid, ${run.assetId}::uuid, id, fingerprint, content_hash,
      now() + make_interval(days => due_days), ${sql.raw(columns)}
    from incoming order by fingerprint
    on conflict (organization_id, fingerprint) do nothing
    returning id`.execute(trx)
  return new Set(added.map((row) => row.id))
}

type Seen = { id: string; outcome: 'updated' | 'unchanged' | 'reopened' }

/** Writes what scanners may write, and moves a status only from resolved back to open. */
async function seeAgain(trx: Trx<Tables>, rows: ReturnType<typeof rowOf>[]): Promise<Seen[]> {
  const observed = sql.raw(
    stored
      .split(',')
      .map((name, index) => `${name.trim()} = i.${columns.split(',')[index]!.trim()}`)
      .join(', '),
  )
  const { rows: seen } = await sql<Seen>`
    with incoming as (${incoming(rows)}),
    known as materialized (
      select id, fingerprint, status, content_hash from vulnerabilities
      where fingerprint = any(${rows.map((row) => row.fingerprint)}) order by fingerprint for update
    )
    update vulnerabilities v set ${observed}, content_hash = i.content_hash, last_seen_at = now(),
      presence = 'present',
      due_at = v.first_seen_at + make_interval(days => i.due_days),
      status = case known.status when 'resolved' then 'open' else known.status end,
      resolution = null,
      resolved_at = case known.status when 'resolved' then null else v.resolved_at end,
      reopen_count = v.reopen_count + (known.status = 'resolved')::int,
      version = v.version + (known.status = 'resolved' or known.content_hash <> i.content_hash)::int,
      updated_at = case when known.status = 'resolved' or known.content_hash <> i.content_hash
        then now() else v.updated_at end
    from known join incoming i on i.fingerprint = known.fingerprint
    where v.id = known.id
    returning v.id, case when known.status = 'resolved' then 'reopened'
      when known.content_hash <> i.content_hash then 'updated' else 'unchanged' end as outcome`.execute(trx)
  return seen
}

async function markSources(trx: Trx<Tables>, run: Run, ids: readonly string[]): Promise<void> {
  await sql`
    insert into vulnerability_sources as s (organization_id, vulnerability_id, scope, run_id)
    select ${run.organizationId}::uuid, id, ${run.scope}, ${run.id}::uuid
    from unnest(${ids}::uuid[]) as id order by id
    on conflict (organization_id, vulnerability_id, scope) do update set
      last_seen_at = now(), withdrawn_at = null, run_id = greatest(s.run_id, excluded.run_id)`.execute(trx)
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
  const done = await trx
    .selectFrom('appliedBatches')
    .select('outcome')
    .where('runId', '=', run.id)
    .where('batch', '=', batch)
    .executeTakeFirst()
  if (done) return done.outcome
  const rows = findings.map((finding) => rowOf(run, finding))
  const added = await insertNew(trx, run, rows)
  const seen = await seeAgain(
    trx,
    rows.filter((row) => !added.has(row.id)),
  )
  await markSources(trx, run, [...added, ...seen.map((row) => row.id)])
  const counted = (outcome: Seen['outcome']) => seen.filter((row) => row.outcome === outcome).length
  const outcome = {
    created: added.size,
    updated: counted('updated'),
    unchanged: counted('unchanged'),
    reopened: counted('reopened'),
  }
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
 * apart by the order of their ids, so that an older run that ends late withdraws nothing of a newer one.
 * @returns how many findings it closed
 */
export async function finish(trx: Trx<Tables>, run: Run): Promise<number> {
  const { rows: withdrawn } = await sql<{ vulnerabilityId: string }>`
    update vulnerability_sources set withdrawn_at = now()
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
