/** Runs of scans, as findings know them: what each was told, and in which order. */
import { type Expression, type SqlBool, sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import type { Outcome, ScanRow, Tables } from '../tables.ts'
import { changingNames, readingNames } from './alias.ts'
import type { Run } from './observation.ts'

/** The number of the batch that stands for all batches of a run. */
export const wholeRun = -1

/** What `s`, a scan's word of a finding, was before; null where it had said nothing. */
export const sourceImage = sql.raw(`case when s.run_id is not null then jsonb_build_object('run_id', s.run_id,
  'content_hash', s.content_hash, 'withdrawn_at', s.withdrawn_at, 'last_seen_at', s.last_seen_at) end`)

/**
 * Runs over one asset take turns, batch by batch: whatever order they write in, they cannot cross.
 * @param namesChange whether names are put together or taken apart, for which everybody who writes findings is waited for
 */
export const takeTurn = (
  trx: Trx<Tables>,
  run: Pick<Run, 'organizationId' | 'assetId'>,
  namesChange = false,
) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${`${run.organizationId}/${run.assetId}`}, 0)),
    ${(namesChange ? changingNames : readingNames)(run.organizationId)}`.execute(trx)

/** Adds the row of a run, when it first says something. */
export async function begin(trx: Trx<Tables>, run: Run): Promise<void> {
  const { id: runId, organizationId, assetId, scope, tool } = run
  await trx
    .insertInto('scans')
    .values({ runId, organizationId, assetId, scope, tool })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** The row of a run, which has said something by now. */
export async function open(trx: Trx<Tables>, run: Run): Promise<ScanRow> {
  const { id: runId } = run
  await begin(trx, run)
  return trx.selectFrom('scans').selectAll().where('runId', '=', runId).executeTakeFirstOrThrow()
}

/** The newest run of a scope that was not reverted. */
export const latestOf = (
  trx: Trx<Tables>,
  scope: string,
  than: Expression<SqlBool> = sql<boolean>`true`,
): Promise<ScanRow | undefined> =>
  trx
    .selectFrom('scans')
    .selectAll()
    .where('scope', '=', scope)
    .where('revertedAt', 'is', null)
    .where(than)
    .orderBy('runId', 'desc')
    .limit(1)
    .executeTakeFirst()

/** How many findings a run has seen of which no other one of its scope has spoken since. */
export async function seenBy(trx: Trx<Tables>, { runId, scope }: ScanRow): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from vulnerability_sources
    where scope = ${scope} and run_id = ${runId}::uuid and withdrawn_at is null`.execute(trx)
  return rows[0]!.count
}

export async function finish(
  trx: Trx<Tables>,
  { id, scope }: Run,
  { payload, closed }: { payload: string | null; closed: number },
): Promise<void> {
  await sql`
    update scans set payload = ${payload}, closed = ${closed}, finished_at = now(), findings = (
      select count(*) from vulnerability_sources
      where scope = ${scope} and run_id = ${id}::uuid and withdrawn_at is null)
    where run_id = ${id}::uuid`.execute(trx)
}

/** How many findings a run has told, those included that turned out to be one. */
export async function toldBy(trx: Trx<Tables>, runId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select coalesce(sum(each.value::int), 0)::int as count from applied_batches, jsonb_each_text(outcome) as each
    where run_id = ${runId}::uuid`.execute(trx)
  return rows[0]!.count
}

/** What a batch answered when it was applied. */
export async function outcomeBefore(trx: Trx<Tables>, run: Run, batch: number): Promise<Outcome | undefined> {
  const row = await trx
    .selectFrom('appliedBatches')
    .select('outcome')
    .where('runId', '=', run.id)
    .where('batch', '=', batch)
    .executeTakeFirst()
  return row?.outcome
}

export async function keepOutcome(
  trx: Trx<Tables>,
  run: Run,
  batch: number,
  outcome: Outcome,
): Promise<void> {
  const { organizationId, id: runId } = run
  await sql`insert into applied_batches (organization_id, run_id, batch, outcome)
    values (${organizationId}, ${runId}, ${batch}, ${JSON.stringify(outcome)})`.execute(trx)
}
