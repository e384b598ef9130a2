/** One change of many rows: each under its own guard, all in one transaction, and taken back for a while. */
import { createHash } from 'node:crypto'
import { type QueryExecutorProvider, sql } from 'kysely'
import { note } from './audit.ts'
import type { Context } from './context.ts'
import type { Trx } from './database.ts'
import { type ErrorCode, invalid, NexusError, notFound } from './errors.ts'
import { type Filter, where } from './filter.ts'
import { isId, newId } from './id.ts'
import type { ListSpec } from './page.ts'
import { find } from './search.ts'
import type { Permission } from './viewer.ts'
import { may, signedIn } from './viewer.ts'

/** More than `atOnce` are changed by a job; a batch is undone within `undoMs` milliseconds. */
export const bulkLimits = { most: 10_000, atOnce: 500, shown: 500, undoMs: 15 * 60_000 }
const chunk = 1_000

export const bulkOutcomes = ['changed', 'unchanged', 'refused'] as const
export type BulkOutcome = (typeof bulkOutcomes)[number]
export type BulkItem = { id: string; outcome: BulkOutcome; code: string | null; message: string | null }
export type BulkResult = {
  batchId: string | null
  dryRun: boolean
  matched: number
  changed: number
  refused: number
  /** The first of them; refusals before the others. */
  items: BulkItem[]
  operationId: string | null
}

type Row = { id: string; version: number; assetId: string | null }
export type Who = { by: string; at: Date }
export type Judged<Of> =
  | { after: Of }
  | { refusal: { code: ErrorCode; message: string; field?: string | undefined } }
  | { unchanged: true }

/** How one noun is changed in bulk. */
export type Bulk<Tables, Of extends Row, Patch> = {
  /** What the journal calls a batch of it. */
  type: string
  permission: Permission
  /** The columns that a patch may change, all of them. */
  columns: readonly (keyof Of & string)[]
  /** Those of the ids that are there, in their order, locked, as they are now. */
  lock(trx: Trx<Tables>, ids: readonly string[], at: Date): Promise<Of[]>
  /** The assets that they are about. */
  assets(trx: Trx<Tables>, ids: readonly string[]): Promise<ReadonlyMap<string, string | null>>
  judge(row: Of, patch: Patch, who: Who): Judged<Of>
  /** Writes rows as they are given, each at its next version. */
  write(trx: Trx<Tables>, rows: readonly Of[], who: Who): Promise<void>
}

type Batch = {
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

type Done<Of> = { items: BulkItem[]; before: Of[]; after: Of[] }

/**
 * Judges each of the ids, and writes those that may be changed unless it is a trial. Who holds the permission for some
 * assets alone changes what is about these.
 */
export async function change<Tables, Of extends Row, Patch>(
  context: Pick<Context<Tables>, 'viewer' | 'permittedAssets'>,
  trx: Trx<Tables>,
  bulk: Bulk<Tables, Of, Patch>,
  asked: {
    ids: readonly string[]
    who: Who
    judge: (row: Of) => Judged<Of>
    isTrial?: boolean
    step?: (done: number) => Promise<void>
  },
): Promise<Done<Of>> {
  const { who, judge, isTrial = false, step } = asked
  const ids = [...new Set(asked.ids.map((id) => id.toLowerCase()))].sort()
  const about = await bulk.assets(trx, ids.filter(isId))
  const assets = [...new Set([...about.values()].filter((id) => id !== null))]
  const permitted = await context.permittedAssets(bulk.permission, assets)
  const everywhere = may(context.viewer, bulk.permission)
  const done: Done<Of> = { items: [], before: [], after: [] }
  const refuse = (id: string, code: ErrorCode, message: string) =>
    done.items.push({ id, outcome: 'refused', code, message })
  for (let from = 0; from < ids.length; from += chunk) {
    const some = ids.slice(from, from + chunk)
    const rows = new Map((await bulk.lock(trx, some.filter(isId), who.at)).map((row) => [row.id, row]))
    const after: Of[] = []
    for (const id of some) {
      const row = rows.get(id)
      if (!row || !about.has(id)) refuse(id, 'NOT_FOUND', 'It is not there')
      else if (row.assetId !== about.get(id))
        refuse(id, 'CONFLICT', 'It has changed meanwhile; read it again')
      else if (row.assetId === null ? !everywhere : !permitted.has(row.assetId))
        refuse(id, 'FORBIDDEN', `This needs the permission ${bulk.permission}`)
      else {
        const judged = judge(row)
        if ('refusal' in judged) refuse(id, judged.refusal.code, judged.refusal.message)
        else if ('unchanged' in judged)
          done.items.push({ id, outcome: 'unchanged', code: null, message: null })
        else {
          done.items.push({ id, outcome: 'changed', code: null, message: null })
          done.before.push(row)
          after.push(judged.after)
        }
      }
    }
    if (!isTrial && after.length > 0) await bulk.write(trx, after, who)
    done.after.push(...after)
    await step?.(Math.min(from + chunk, ids.length))
  }
  return done
}

const counted = (items: readonly BulkItem[], outcome: BulkOutcome) =>
  items.filter((item) => item.outcome === outcome).length

export function toldOf(items: readonly BulkItem[]): Pick<BulkResult, 'changed' | 'refused' | 'items'> {
  const first = items.filter(({ outcome }) => outcome === 'refused')
  const rest = items.filter(({ outcome }) => outcome !== 'refused')
  return {
    changed: counted(items, 'changed'),
    refused: counted(items, 'refused'),
    items: [...first, ...rest].slice(0, bulkLimits.shown),
  }
}

/** Keeps what became of each, and notes the batch in the journal once, with a digest of all. */
export async function finishBatch<Of extends Row>(
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
  if (batch.undoneAt) throw new NexusError('CONFLICT', 'The batch was undone already')
  if (at.getTime() - batch.finishedAt.getTime() > bulkLimits.undoMs)
    throw new NexusError('CONFLICT', 'A batch can be undone for 15 minutes')
  return batch
}

/** Takes back what a batch changed, where nobody has touched it since. Throws CONFLICT for one that was undone. */
export async function undo<Tables, Of extends Row, Patch>(
  context: Pick<Context<Tables>, 'viewer' | 'permittedAssets'>,
  trx: Trx<Tables>,
  bulk: Bulk<Tables, Of, Patch>,
  id: string,
  who: Who,
): Promise<Done<Of> & { batch: Batch }> {
  const batch = await findBatch(trx, id, true)
  if (batch.undoneAt) throw new NexusError('CONFLICT', 'The batch was undone already')
  type Kept = { id: string; before: Partial<Of>; version: number }
  const { rows } = await sql<Kept>`select item_id as id, before, version from bulk_items
    where batch_id = ${id} and outcome = 'changed' order by item_id`.execute(trx)
  const images = new Map(rows.map((row) => [row.id, row]))
  const judge = (row: Of): Judged<Of> => {
    const { before, version } = images.get(row.id)!
    if (row.version === version) return { after: { ...row, ...before } }
    return { refusal: { code: 'CONFLICT', message: 'Somebody has changed it since' } }
  }
  const done = await change(context, trx, bulk, { ids: rows.map((row) => row.id), who, judge })
  await sql`update bulk_batches set undone_at = ${who.at}, undone_by = ${who.by} where id = ${id}`.execute(
    trx,
  )
  const { changed, refused } = toldOf(done.items)
  note({ type: bulk.type, id, before: { undone: false }, after: { undone: true, changed, refused } })
  return { ...done, batch }
}

type Asked = {
  ids?: readonly string[] | null | undefined
  filter?: unknown
  note?: string | null | undefined
  expectedCount?: number | null | undefined
}

/** Which rows are asked for: either these, or what a filter finds. Throws VALIDATION_ERROR and CONFLICT. */
export async function chosen(
  { ids, filter, note: said, expectedCount }: Asked,
  search: (most: number) => Promise<string[]>,
  known: (ids: readonly string[]) => Promise<number>,
): Promise<{ ids: string[]; matched: number }> {
  if ((ids == null) === (filter == null)) throw invalid('ids', 'Give either ids or a filter')
  if ((said?.length ?? 0) > 2_000) throw invalid('note', 'At most 2000 characters')
  const all = [...new Set(ids ? ids.map((id) => id.toLowerCase()) : await search(bulkLimits.most + 1))]
  if (all.length > bulkLimits.most)
    throw invalid(ids ? 'ids' : 'filter', `At most ${bulkLimits.most} at once`)
  const matched = ids ? await known(all.filter(isId)) : all.length
  if (expectedCount != null && expectedCount !== matched)
    throw new NexusError('CONFLICT', `There are ${matched}, and not ${expectedCount}; nothing was changed`)
  return { ids: all, matched }
}

/** Who changes, and when. */
export const whoOf = ({ viewer, clock }: Pick<Context<unknown>, 'viewer' | 'clock'>): Who => ({
  by: signedIn(viewer).userId,
  at: clock(),
})

/** The ids that a filter of a list finds, `most` at most, in their order. */
export async function idsOf(
  trx: QueryExecutorProvider,
  { table, filter: spec }: ListSpec,
  filter: Filter,
  most: number,
): Promise<string[]> {
  const found = await find(trx, spec, filter)
  const { rows } = await sql<{ id: string }>`select id from ${sql.table(table)}
    where ${where(spec, filter, found)} order by id limit ${most}`.execute(trx)
  return rows.map(({ id }) => id)
}
