import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import type { Tables } from '../tables.ts'
import { takeTurn } from './check-result.ts'

/**
 * Sets results back to how they stood before a run; what it added is withdrawn. What a newer run has said since stays.
 * What the run only said again is what the run before it said. Reverting it again answers what it answered before.
 * @returns how many results stand as before
 */
export async function revert(trx: Trx<Tables>, runId: string): Promise<number> {
  const find = () => trx.selectFrom('checkRuns').selectAll().where('runId', '=', runId).executeTakeFirst()
  const found = await find()
  // A run that has said nothing has changed nothing.
  if (!found) return 0
  await takeTurn(trx, found)
  const { restored: before, scope } = (await find())!
  if (before !== null) return before
  const { rows } = await sql<{ restored: number }>`
    with changed as materialized (
      select c.result_id, c.before from check_changes c
      join check_results r on r.id = c.result_id and r.run_id = c.run_id where c.run_id = ${runId}::uuid),
    set_back as (
      update check_results r set target = b.target, result = b.result, scope = b.scope, run_id = b.run_id,
        observed_at = b.observed_at, withdrawn_at = b.withdrawn_at
      from changed, jsonb_populate_record(null::check_results, changed.before) b
      where r.id = changed.result_id and changed.before is not null),
    withdrawn as (
      update check_results r set withdrawn_at = now() from changed
      where r.id = changed.result_id and changed.before is null),
    handed_back as (
      update check_results r set run_id = earlier.run_id
      from (select run_id from check_runs where scope = ${scope} and run_id < ${runId}::uuid and reverted_at is null
        order by run_id desc limit 1) as earlier
      where r.scope = ${scope} and r.run_id = ${runId}::uuid and r.withdrawn_at is null
        and not exists (select 1 from changed where changed.result_id = r.id))
    update check_runs set reverted_at = now(), restored = (select count(*) from changed)
    where run_id = ${runId}::uuid returning restored`.execute(trx)
  return rows[0]!.restored
}
