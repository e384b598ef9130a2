import { sql } from 'kysely'
import type { Db, Trx } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import type { Bucket, ListSpec } from '#kit/page.ts'
import type { Counts, ImportRunRow, PreviewedChangeRow, Tables } from '../tables.ts'

export const spec: ListSpec<ImportRunRow> = {
  table: 'followedImports',
  filter: {
    status: { kind: 'enum', column: 'status' },
    format: { kind: 'string', column: 'format' },
    createdAt: { kind: 'time', column: 'createdAt' },
  },
  order: { CREATED_AT: { column: 'createdAt', type: 'time' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'desc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<ImportRunRow[]> =>
  db.selectFrom('followedImports').selectAll().where('id', 'in', ids).execute()

/** How many runs of each format stand in each status. */
export async function count(db: Db<Tables>, formats: readonly string[]): Promise<Map<string, Bucket[]>> {
  const rows = await db
    .selectFrom('followedImports')
    .select(['format', 'status', sql<number>`count(*)`.as('count')])
    .where('format', 'in', formats)
    .where('isPreview', '=', false)
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
  | 'id'
  | 'organizationId'
  | 'operationId'
  | 'upload'
  | 'isPreview'
  | 'fileName'
  | 'format'
  | 'assetName'
  | 'requestedBy'
>

export async function add(trx: Trx<Tables>, run: NewRun): Promise<void> {
  await trx.insertInto('importRuns').values(run).execute()
}

export type Progress = Partial<Counts> &
  Partial<Pick<ImportRunRow, 'format' | 'assetName' | 'assetId' | 'sha256' | 'bytes' | 'revertedAt'>>

/** Writes how far a run has come. */
export async function advance(trx: Trx<Tables>, id: string, progress: Progress): Promise<void> {
  await trx
    .updateTable('importRuns')
    .set({ ...progress, updatedAt: sql<Date>`now()` })
    .where('id', '=', id)
    .execute()
}

/** Keeps what a preview has found, in order. */
export async function keepChanges(
  trx: Trx<Tables>,
  { id: runId, organizationId }: Pick<ImportRunRow, 'id' | 'organizationId'>,
  changes: readonly Pick<PreviewedChangeRow, 'outcome' | 'vulnerabilityId' | 'title'>[],
): Promise<void> {
  if (changes.length === 0) return
  const rows = changes.map(({ outcome, vulnerabilityId, title }) => ({
    id: newId(),
    outcome,
    vulnerabilityId,
    title,
  }))
  await sql`
    insert into previewed_changes (organization_id, run_id, id, outcome, vulnerability_id, title)
    select ${organizationId}::uuid, ${runId}::uuid, id, outcome, "vulnerabilityId", title
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as given (id uuid, outcome text, "vulnerabilityId" uuid, title text)`.execute(trx)
}

/** Of some uploads, those that no run will read any more. */
export async function unneeded(trx: Trx<Tables>, uploads: readonly string[]): Promise<string[]> {
  const needed = await trx
    .selectFrom('followedImports')
    .select('upload')
    .where('upload', 'in', uploads)
    .where('status', 'in', ['queued', 'running'])
    .execute()
  const ids = new Set(needed.map(({ upload }) => upload))
  return uploads.filter((upload) => !ids.has(upload))
}
