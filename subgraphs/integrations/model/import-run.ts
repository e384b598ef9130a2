import { sql } from 'kysely'
import type { Context } from '#kit/context.ts'
import type { Db, Trx } from '#kit/database.ts'
import { NexusError } from '#kit/errors.ts'
import type { Bucket, ListSpec } from '#kit/page.ts'
import { recordEnd } from '#kit/recorded.ts'
import { liveStatuses, silenceMs } from '../rules.ts'
import type { Counts, ImportRunRow, Tables } from '../tables.ts'

export const spec: ListSpec<ImportRunRow> = {
  table: 'importRuns',
  filter: {
    status: { kind: 'enum', column: 'status' },
    format: { kind: 'string', column: 'format' },
    createdAt: { kind: 'time', column: 'createdAt' },
  },
  order: { CREATED_AT: { column: 'createdAt', type: 'time' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'desc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<ImportRunRow[]> =>
  db.selectFrom('importRuns').selectAll().where('id', 'in', ids).execute()

/** How many runs of each format stand in each status. */
export async function count(db: Db<Tables>, formats: readonly string[]): Promise<Map<string, Bucket[]>> {
  const rows = await db
    .selectFrom('importRuns')
    .select(['format', 'status', sql<number>`count(*)`.as('count')])
    .where('format', 'in', formats)
    .groupBy(['format', 'status'])
    .orderBy('status')
    .execute()
  const byFormat = Map.groupBy(rows, (row) => String(row.format))
  return new Map(
    [...byFormat].map(([format, of]) => [format, of.map(({ status, count }) => ({ key: status, count }))]),
  )
}

type NewRun = Pick<
  ImportRunRow,
  'id' | 'organizationId' | 'fileName' | 'format' | 'assetName' | 'requestedBy'
>

export const add = (trx: Trx<Tables>, run: NewRun): Promise<ImportRunRow> =>
  trx.insertInto('importRuns').values(run).returningAll().executeTakeFirstOrThrow()

export type Progress = Partial<Counts> &
  Partial<Pick<ImportRunRow, 'status' | 'format' | 'assetName' | 'assetId' | 'sha256' | 'bytes'>>

const now = sql<Date>`now()`

/**
 * Writes how far a run has come, which is its heartbeat too; for nothing, the heartbeat alone.
 * Throws CONFLICT when the run has ended meanwhile.
 */
export async function advance(trx: Trx<Tables>, id: string, progress: Progress = {}): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable('importRuns')
    .set({
      ...progress,
      heartbeatAt: now,
      updatedAt: now,
      ...(progress.status === 'running' ? { startedAt: now } : {}),
      ...(progress.status === 'complete' ? { finishedAt: now } : {}),
    })
    .where('id', '=', id)
    .where('status', 'in', liveStatuses)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) throw new NexusError('CONFLICT', 'The import has ended')
}

const failure = (code: string, message: string) =>
  ({ status: 'failed', errorCode: code, errorMessage: message, finishedAt: now, updatedAt: now }) as const

export async function fail(trx: Trx<Tables>, id: string, code: string, message: string): Promise<void> {
  await trx
    .updateTable('importRuns')
    .set(failure(code, message))
    .where('id', '=', id)
    .where('status', 'in', liveStatuses)
    .execute()
}

const interrupted = 'INTERRUPTED'

/**
 * Ends the runs whose process died with them, and writes the row of each in the journal. Whoever reads runs does it
 * first, so that no job has to.
 */
export const settle = ({ tenant, requestId }: Context<Tables>): Promise<void> =>
  tenant(async (trx) => {
    const ended = await trx
      .updateTable('importRuns')
      .set(failure(interrupted, 'The import was cut off before its end; import the file again'))
      .where('status', 'in', liveStatuses)
      .where('heartbeatAt', '<', sql<Date>`now() - make_interval(secs => ${silenceMs / 1_000})`)
      .returning(['id', 'organizationId', 'requestedBy'])
      .execute()
    for (const { id, organizationId, requestedBy } of ended) {
      const of = { operation: 'import-report', subgraph: 'integrations', requestId, organizationId }
      const after = { status: 'failed', errorCode: interrupted }
      const change = { type: 'ImportRun', id, before: { status: 'running' }, after }
      await recordEnd(trx, { ...of, actor: { userId: requestedBy } }, change, interrupted)
    }
  })
