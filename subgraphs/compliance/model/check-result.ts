import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import type { ListSpec } from '#kit/page.ts'
import type { CheckResultRow, Result, Tables } from '../tables.ts'
import * as checks from './check.ts'

/** Results that no run has withdrawn. */
export const spec: ListSpec<CheckResultRow> = {
  table: 'currentResults',
  filter: {
    result: { kind: 'enum', column: 'result' },
    assetId: { kind: 'id', column: 'assetId' },
    checkId: { kind: 'id', column: 'checkId' },
  },
  order: {
    SEVERITY: { column: 'severityRank', type: 'number' },
    OBSERVED_AT: { column: 'observedAt', type: 'time' },
  },
  defaultOrder: { field: 'SEVERITY', direction: 'desc' },
}

/** Of these, what keeps a control from passing; there is a row for each control that it concerns. */
export const failures: ListSpec<CheckResultRow> = { ...spec, table: 'controlFailures' }

/** What a check said of one place; `key` tells places apart on one asset. */
export type Given = checks.Named & { key: string; target: string; result: Result }
/** One run of one tool over one asset; `scope` is what it may withdraw. */
export type Run = { id: string; organizationId: string; assetId: string; tool: string; scope: string }

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** Runs over one asset take turns, batch by batch: whatever order they write in, they cannot cross. */
export const takeTurn = (
  trx: Trx<Tables>,
  { organizationId, assetId }: Pick<Run, 'organizationId' | 'assetId'>,
) =>
  sql`select pg_advisory_xact_lock(
    hashtextextended(${`compliance/${organizationId}/${assetId}`}, 0))`.execute(trx)

const open = (trx: Trx<Tables>, { id: runId, organizationId, assetId, scope }: Run) =>
  trx
    .insertInto('checkRuns')
    .values({ runId, organizationId, assetId, scope })
    .onConflict((conflict) => conflict.doNothing())
    .execute()

/** How `r` stands before it is changed. */
const image = sql`jsonb_build_object('target', r.target, 'result', r.result, 'scope', r.scope, 'run_id', r.run_id,
  'observed_at', r.observed_at, 'withdrawn_at', r.withdrawn_at)`

/**
 * Applies one batch of a run's results. The same batch again changes nothing but the time; what a newer run
 * has said stays.
 * @returns how many results the batch holds
 */
export async function apply(trx: Trx<Tables>, run: Run, given: readonly Given[]): Promise<number> {
  if (given.length === 0) return 0
  await takeTurn(trx, run)
  await open(trx, run)
  const ids = await checks.ensure(trx, run.organizationId, run.tool, given)
  const rows = given.map(({ key, ruleId, target, result }) => ({
    id: newId(),
    checkId: ids.get(ruleId)!,
    fingerprint: sha256(key),
    target,
    result,
  }))
  const distinct = [...new Map(rows.map((row) => [`${row.checkId}/${row.fingerprint}`, row])).values()]
  await sql`
    with given as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(distinct)}::jsonb)
        as given (id uuid, "checkId" uuid, fingerprint text, target text, result text)),
    images as (
      insert into check_changes (organization_id, run_id, result_id, before)
      select ${run.organizationId}::uuid, ${run.id}::uuid, coalesce(r.id, g.id),
        case when r.id is not null then ${image} end
      from given g left join check_results r
        on r.check_id = g."checkId" and r.asset_id = ${run.assetId}::uuid and r.fingerprint = g.fingerprint
      where r.id is null or r.run_id < ${run.id}::uuid
        and (r.withdrawn_at is not null or (r.target, r.result, r.scope) <> (g.target, g.result, ${run.scope}))
      on conflict do nothing)
    insert into check_results as r
      (organization_id, asset_id, scope, run_id, id, check_id, fingerprint, target, result)
    select ${run.organizationId}::uuid, ${run.assetId}::uuid, ${run.scope}, ${run.id}::uuid,
      id, "checkId", fingerprint, target, result
    from given
    on conflict (organization_id, check_id, asset_id, fingerprint) do update set
      target = excluded.target, result = excluded.result, scope = excluded.scope, run_id = excluded.run_id,
      observed_at = now(), withdrawn_at = null
    where r.run_id <= excluded.run_id`.execute(trx)
  return distinct.length
}

/**
 * Ends a complete run: what its scope said before and this run did not is withdrawn. Runs are told apart by
 * the order of their ids, so that an older run that ends late withdraws nothing of a newer one, and brings
 * back nothing that it withdrew.
 * @returns how many results it withdrew
 */
export async function finish(trx: Trx<Tables>, run: Run): Promise<number> {
  await takeTurn(trx, run)
  await open(trx, run)
  const { rows } = await sql<{ count: number }>`
    with gone as materialized (
      select id from check_results
      where scope = ${run.scope} and run_id < ${run.id}::uuid and withdrawn_at is null for update),
    images as (
      insert into check_changes (organization_id, run_id, result_id, before)
      select r.organization_id, ${run.id}::uuid, r.id, ${image} from check_results r join gone on gone.id = r.id),
    withdrawn as (
      update check_results r set withdrawn_at = now(), run_id = ${run.id}::uuid from gone where r.id = gone.id)
    select count(*)::int as count from gone`.execute(trx)
  return rows[0]!.count
}
