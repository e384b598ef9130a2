import { sql } from 'kysely'
import type { Db, Trx } from '#kit/database.ts'
import type { ListSpec } from '#kit/page.ts'
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

type NewRun = Pick<
  ImportRunRow,
  'id' | 'organizationId' | 'fileName' | 'format' | 'assetName' | 'requestedBy'
>

export const add = (trx: Trx<Tables>, run: NewRun): Promise<ImportRunRow> =>
  trx.insertInto('importRuns').values(run).returningAll().executeTakeFirstOrThrow()

export type Progress = Partial<Counts> &
  Partial<Pick<ImportRunRow, 'status' | 'format' | 'assetName' | 'assetId' | 'sha256' | 'bytes'>>

/** Writes how far a run has come; that is its heartbeat too. */
export async function advance(trx: Trx<Tables>, id: string, progress: Progress): Promise<void> {
  const now = sql<Date>`now()`
  await trx
    .updateTable('importRuns')
    .set({
      ...progress,
      heartbeatAt: now,
      updatedAt: now,
      ...(progress.status === 'running' ? { startedAt: now } : {}),
      ...(progress.status === 'complete' ? { finishedAt: now } : {}),
    })
    .where('id', '=', id)
    .execute()
}

export async function fail(trx: Trx<Tables>, id: string, code: string, message: string): Promise<void> {
  const now = sql<Date>`now()`
  await trx
    .updateTable('importRuns')
    .set({ status: 'failed', errorCode: code, errorMessage: message, finishedAt: now, updatedAt: now })
    .where('id', '=', id)
    .execute()
}
