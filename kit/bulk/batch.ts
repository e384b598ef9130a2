/** What is kept of a change of many: who asked for it, what became of each, and how each was before. */
import { createHash } from 'node:crypto'
import { type QueryExecutorProvider, sql } from 'kysely'
import { note } from '../audit.ts'
import { NexusError, notFound } from '../errors.ts'
import { isId, newId } from '../id.ts'
import { toldOf } from './change.ts'
import {
  type BulkItem,
  type BulkResult,
  type BulkRow,
  bulkLimits,
  type Done,
  type Who,
} from './definition.ts'

export type Batch = {
  id: string
  patch: unknown
  note: string | null
  ids: string[]
  requestedBy: string
  matched: number
  changed: number | null
  refused: number | null
  operationId: string | null
  finishedAt: Date | null
  undoneAt: Date | null
}

/** Throws NOT_FOUND. */
export async function findBatch(trx: QueryExecutorProvider, id: string, lock = false): Promise<Batch> {
  if (!isId(id)) throw notFound('Batch')
  const { rows } = await sql<Batch>`select * from bulk_batches where id = ${id}
    ${lock ? sql`for update` : sql``}`.execute(trx)
  if (!rows[0]) throw notFound('Batch')
  return rows[0]
}

/** What became of a batch, so far. */
export async function resultOf(trx: QueryExecutorProvider, batch: Batch): Promise<BulkResult> {
  const { rows } = await sql<BulkItem>`select item_id as id, outcome, code, message from bulk_items
    where batch_id = ${batch.id} order by outcome = 'refused' desc, item_id limit ${bulkLimits.shown}`.execute(
    trx,
  )
  const { id: batchId, matched, changed, refused, operationId } = batch
  return {
    ...{ batchId, matched, operationId, items: rows, dryRun: false },
    ...{ changed: changed ?? 0, refused: refused ?? 0 },
  }
}

/** Writes down that a batch was asked for. */
export async function addBatch(
  trx: QueryExecutorProvider,
  of: Pick<Batch, 'ids' | 'matched' | 'note' | 'patch'> & { organizationId: string; who: Who },
): Promise<string> {
  const id = newId()
  await sql`insert into bulk_batches (id, organization_id, patch, note, ids, matched, requested_by, created_at)
    values (${id}, ${of.organizationId}, ${JSON.stringify(of.patch)}::jsonb, ${of.note}, ${of.ids.filter(isId)}::uuid[],
      ${of.matched}, ${of.who.by}, ${of.who.at})`.execute(trx)
  return id
}

export const followBatch = (trx: QueryExecutorProvider, id: string, operationId: string) =>
  sql`update bulk_batches set operation_id = ${operationId} where id = ${id}`.execute(trx)

/** Keeps what became of each, and notes the batch in the journal once, with a digest of all. */
export async function finishBatch<Of extends BulkRow>(
  trx: QueryExecutorProvider,
  { type, columns }: { type: string; columns: readonly (keyof Of & string)[] },
  batch: Pick<Batch, 'id' | 'patch' | 'note' | 'matched'> & { organizationId: string },
  { items, before }: Done<Of>,
  at: Date,
): Promise<void> {
  const images = new Map(before.map((row) => [row.id, row]))
  const rows = items.map((item) => {
    const row = images.get(item.id)
    const image = row && Object.fromEntries(columns.map((column) => [column, row[column]]))
    return { ...item, before: image ?? null, version: row ? row.version + 1 : null }
  })
  // What was no id is told, and not kept.
  const kept = rows.filter(({ id }) => isId(id))
  await sql`insert into bulk_items (organization_id, batch_id, item_id, outcome, code, message, before, version)
    select ${batch.organizationId}, ${batch.id}, id, outcome, code, message, before, version
    from jsonb_to_recordset(${JSON.stringify(kept)}::jsonb)
      as item(id uuid, outcome text, code text, message text, before jsonb, version integer)`.execute(trx)
  const { changed, refused } = toldOf(items)
  const digest = createHash('sha256').update(JSON.stringify(rows)).digest('hex')
  await sql`update bulk_batches set changed = ${changed}, refused = ${refused}, digest = ${digest}, finished_at = ${at}
    where id = ${batch.id}`.execute(trx)
  const { id, patch, note: said, matched } = batch
  note({ type, id, before: null, after: { patch, note: said, matched, changed, refused, digest } })
}

/** A batch that may be undone now. Throws NOT_FOUND, and CONFLICT for one that is not done, was undone, or is too old. */
export async function undoable(trx: QueryExecutorProvider, id: string, at: Date): Promise<Batch> {
  const batch = await findBatch(trx, id, true)
  if (!batch.finishedAt) throw new NexusError('CONFLICT', 'The batch is not done yet')
  notUndone(batch)
  if (at.getTime() - batch.finishedAt.getTime() > bulkLimits.undoMs)
    throw new NexusError('CONFLICT', 'A batch can be undone for 15 minutes')
  return batch
}

/** Throws CONFLICT. */
export function notUndone({ undoneAt }: Pick<Batch, 'undoneAt'>): void {
  if (undoneAt) throw new NexusError('CONFLICT', 'The batch was undone already')
}

/** How a row was before its batch, and at which version the batch left it. */
export type Image<Of> = { id: string; before: Partial<Of>; version: number }

export async function imagesOf<Of>(
  trx: QueryExecutorProvider,
  batchId: string,
): Promise<Map<string, Image<Of>>> {
  const { rows } = await sql<Image<Of>>`select item_id as id, before, version from bulk_items
    where batch_id = ${batchId} and outcome = 'changed' order by item_id`.execute(trx)
  return new Map(rows.map((row) => [row.id, row]))
}

/** Writes down that a batch was taken back, and notes it. */
export async function undone(
  trx: QueryExecutorProvider,
  type: string,
  id: string,
  items: readonly BulkItem[],
  { by, at }: Who,
): Promise<void> {
  await sql`update bulk_batches set undone_at = ${at}, undone_by = ${by} where id = ${id}`.execute(trx)
  const { changed, refused } = toldOf(items)
  note({ type, id, before: { undone: false }, after: { undone: true, changed, refused } })
}
