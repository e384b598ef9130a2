/** By which of its names each scan tells a finding: what it takes to take it apart again. */
import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import type { Known, Tables } from '../tables.ts'
import type { Row, Run } from './observation.ts'

type Met = Known & { ownFingerprint: string }

/**
 * Keeps which rows of a batch are of findings that go by another name, where their scan is new to those. Nothing of
 * that is in most batches, and then nothing is asked.
 * @param once the rows that are written; each row has the id of its finding
 */
export async function keepTold(
  trx: Trx<Tables>,
  run: Run,
  rows: readonly Row[],
  once: readonly Row[],
  known: ReadonlyMap<string, Met>,
): Promise<void> {
  const first = new Set(once)
  const placed = rows.filter(({ componentKey }) => componentKey !== null)
  const isNew = ({ fingerprint }: Row) => {
    const runId = known.get(fingerprint)?.runId
    return runId === undefined || runId === null || runId === run.id
  }
  const isOwn = (row: Row) => {
    const met = known.get(row.fingerprint)
    return met ? met.ownFingerprint === row.fingerprint : first.has(row)
  }
  const idOf = (row: Row) => known.get(row.fingerprint)?.id ?? row.id
  const foreign = placed.filter((row) => !isOwn(row) && isNew(row))
  if (foreign.length === 0) return
  const ids = new Set(foreign.map(idOf))
  const also = placed.filter((row) => isOwn(row) && ids.has(idOf(row)))
  // What this run has told in an earlier batch, it has told by the finding's own name, as far as is known.
  const before = [
    ...new Set(foreign.filter(({ fingerprint }) => known.get(fingerprint)?.runId === run.id).map(idOf)),
  ]
  const told = [...foreign, ...also]
  await sql`
    insert into told_names as t (organization_id, vulnerability_id, scope, fingerprint, weakness)
    select distinct ${run.organizationId}::uuid, id, ${run.scope}, fingerprint, weakness from (
      select * from unnest(${told.map(idOf)}::uuid[], ${told.map(({ fingerprint }) => fingerprint)}::text[],
        ${told.map(({ weakness }) => weakness)}::text[]) as given (id, fingerprint, weakness)
      union all select id, fingerprint, weakness from vulnerabilities where id = any(${before}::uuid[])
    ) as given where weakness is not null order by id, fingerprint
    on conflict (organization_id, vulnerability_id, scope, fingerprint) do update set ended_at = null`.execute(
    trx,
  )
}
