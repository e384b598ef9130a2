/** A batch from the question to its end: at once, or by a job where there are many. */
import type { QueryExecutorProvider } from 'kysely'
import { note } from '../audit.ts'
import type { Context } from '../context.ts'
import type { Trx } from '../database.ts'
import type { JobContext, Jobs } from '../job.ts'
import { signedIn } from '../viewer.ts'
import * as batches from './batch.ts'
import { change, toldOf } from './change.ts'
import { type Asked, chosen, found, type Listing } from './choose.ts'
import {
  type Bulk,
  type BulkResult,
  type BulkRow,
  bulkLimits,
  type Done,
  type Judged,
  type Noted,
  type Who,
} from './definition.ts'

/** Of a job, in seconds. */
const deadline = 120

const jobsOf = (many: string) => ({ change: `bulk-update-${many}`, undo: `undo-bulk-update-${many}` })
const nothing = { before: [], after: [] }
const whoOf = ({ viewer, clock }: Pick<Context<unknown>, 'viewer' | 'clock'>): Who => ({
  by: signedIn(viewer).userId,
  at: clock(),
})

/**
 * Changes many as one patch says. Throws VALIDATION_ERROR, what `mayPatch` throws, and CONFLICT for another number than
 * was expected: nothing is written then.
 */
export async function start<Tables, Of extends BulkRow, Patch extends object>(
  context: Context<Tables>,
  bulk: Bulk<Tables, Of, Patch>,
  asked: Asked<Patch>,
  listed: () => Promise<Listing>,
): Promise<BulkResult> {
  const who = whoOf(context)
  const { organizationId } = signedIn(context.viewer)
  const patch: Noted<Patch> = { ...asked.patch, note: asked.note }
  const judge = (row: Of) => bulk.judge(row, patch, who)
  await bulk.mayPatch?.(context, patch)
  const listing = asked.filter ? await listed() : null
  const { result, changed } = await context.tenant(async (trx) => {
    const { ids, matched } = await chosen(
      asked,
      (most) => found(trx, listing!, most),
      async (some) => (await bulk.assets(trx, some)).size,
    )
    const common = { matched, operationId: null, dryRun: asked.dryRun === true }
    const changing = { ids, who, judge, write: bulk.write }
    if (asked.dryRun) {
      const { items } = await change(context, trx, bulk, { ...changing, isTrial: true })
      return { result: { ...common, batchId: null, ...toldOf(items) }, changed: nothing }
    }
    const batch = { ids, matched, organizationId, note: asked.note ?? null, patch, who }
    const id = await batches.addBatch(trx, batch)
    if (ids.length > bulkLimits.atOnce) {
      const operationId = await later(context, trx, bulk, jobsOf(bulk.many).change, id)
      await batches.followBatch(trx, id, operationId)
      note({ type: bulk.type, id, before: null, after: { patch, note: batch.note, matched } })
      return {
        result: { ...common, batchId: id, operationId, changed: 0, refused: 0, items: [] },
        changed: nothing,
      }
    }
    const done = await change(context, trx, bulk, changing)
    await batches.finishBatch(trx, bulk, { id, ...batch }, done, who.at)
    await bulk.follow?.(context, trx, { ...done, batchId: id })
    return { result: { ...common, batchId: id, ...toldOf(done.items) }, changed: done }
  })
  await bulk.tell?.(context, changed, patch)
  return result
}

/** Leaves the work to a job. That asks for itself: nobody changes by it what they may not change then. */
async function later<Tables, Of extends BulkRow, Patch>(
  context: Context<Tables>,
  trx: Trx<Tables>,
  bulk: Bulk<Tables, Of, Patch>,
  job: string,
  id: string,
): Promise<string> {
  await context.permittedAssets(bulk.permission, [])
  return context.enqueue(trx, job, id)
}

/** Carries out a batch that a job was asked for, all of it or nothing. */
async function carryOut<Tables, Of extends BulkRow, Patch>(
  context: JobContext<Tables>,
  bulk: Bulk<Tables, Of, Patch>,
  id: string,
): Promise<void> {
  const { organizationId } = signedIn(context.viewer)
  const who = whoOf(context)
  const { patch: kept } = await context.tenant((trx) => batches.findBatch(trx, id))
  const patch = kept as Noted<Patch>
  await bulk.mayPatch?.(context, patch)
  const changed = await context.tenant(async (trx) => {
    const batch = await batches.findBatch(trx, id, true)
    const done = await change(context, trx, bulk, {
      ids: batch.ids,
      who,
      judge: (row) => bulk.judge(row, patch, who),
      write: bulk.write,
      step: steps(context, batch.ids.length),
    })
    await batches.finishBatch(trx, bulk, { ...batch, organizationId }, done, who.at)
    await bulk.follow?.(context, trx, { ...done, batchId: id })
    await context.operation.complete(trx, batch.ids.length)
    return done
  })
  await bulk.tell?.(context, changed, patch)
}

/** Says how far a job is; throws once it was cancelled, so that nothing of it is written. */
const steps = (context: Pick<JobContext<never>, 'signal' | 'operation'>, total: number) => (done: number) => {
  context.signal.throwIfAborted()
  return context.operation.advance({ done, total })
}

/** Takes back what a batch changed, where nobody has touched it since. Throws CONFLICT for one that was undone. */
async function undoNow<Tables, Of extends BulkRow, Patch>(
  context: Context<Tables>,
  trx: Trx<Tables>,
  bulk: Bulk<Tables, Of, Patch>,
  id: string,
  step?: (total: number) => (done: number) => Promise<void>,
): Promise<Done<Of>> {
  const who = whoOf(context)
  batches.notUndone(await batches.findBatch(trx, id, true))
  const images = await batches.imagesOf<Of>(trx, id)
  const judge = (row: Of): Judged<Of> => {
    const { before, version } = images.get(row.id)!
    if (row.version === version) return { after: { ...row, ...before } }
    return { refusal: { code: 'CONFLICT', message: 'Somebody has changed it since' } }
  }
  const done = await change(context, trx, bulk, {
    ...{ ids: [...images.keys()], who, judge, write: bulk.restore ?? bulk.write },
    ...(step && { step: step(images.size) }),
  })
  await batches.undone(trx, bulk.type, id, done.items, who)
  await bulk.follow?.(context, trx, { ...done, batchId: id })
  return done
}

/** Throws NOT_FOUND, and CONFLICT for a batch that cannot be undone. Of many rows, a job takes it back. */
export async function undo<Tables, Of extends BulkRow, Patch>(
  context: Context<Tables>,
  bulk: Bulk<Tables, Of, Patch>,
  id: string,
): Promise<BulkResult> {
  const { at } = whoOf(context)
  const { patch } = await context.tenant((trx) => batches.undoable(trx, id, at))
  await bulk.mayPatch?.(context, patch as Patch)
  const { result, changed } = await context.tenant(async (trx) => {
    const { matched, changed } = await batches.undoable(trx, id, at)
    const common = { batchId: id, dryRun: false, matched }
    if ((changed ?? 0) > bulkLimits.atOnce) {
      const operationId = await later(context, trx, bulk, jobsOf(bulk.many).undo, id)
      note({ type: bulk.type, id, before: null, after: { undoRequested: true } })
      return { result: { ...common, operationId, changed: 0, refused: 0, items: [] }, changed: nothing }
    }
    const done = await undoNow(context, trx, bulk, id)
    return { result: { ...common, operationId: null, ...toldOf(done.items) }, changed: done }
  })
  await bulk.tell?.(context, changed, null)
  return result
}

/** Takes a batch back that a job was asked to, all of it or nothing. */
async function takeBack<Tables, Of extends BulkRow, Patch>(
  context: JobContext<Tables>,
  bulk: Bulk<Tables, Of, Patch>,
  id: string,
): Promise<void> {
  const { patch } = await context.tenant((trx) => batches.findBatch(trx, id))
  await bulk.mayPatch?.(context, patch as Patch)
  const changed = await context.tenant(async (trx) => {
    const done = await undoNow(context, trx, bulk, id, (total) => steps(context, total))
    await context.operation.complete(trx, done.items.length)
    return done
  })
  await bulk.tell?.(context, changed, null)
}

/** What became of a batch, so far. Throws NOT_FOUND. */
export const result = async (trx: QueryExecutorProvider, id: string): Promise<BulkResult> =>
  batches.resultOf(trx, await batches.findBatch(trx, id))

/** The jobs of a noun that is changed in bulk. What somebody may not change any more is refused one by one. */
export function bulkJobs<Tables, Of extends BulkRow, Patch>(bulk: Bulk<Tables, Of, Patch>): Jobs<Tables> {
  const { change: update, undo: back } = jobsOf(bulk.many)
  const common = { deadline, permission: 'signedIn' } as const
  return {
    [update]: { ...common, run: (context, id) => carryOut(context, bulk, id) },
    [back]: { ...common, run: (context, id) => takeBack(context, bulk, id) },
  }
}
