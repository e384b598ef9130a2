/** A batch of alerts, from the question to its end: at once, or by a job where there are many. */
import { note } from '#kit/audit.ts'
import * as bulks from '#kit/bulk.ts'
import type { Context } from '#kit/context.ts'
import type { Trx } from '#kit/database.ts'
import type { JobContext } from '#kit/job.ts'
import { signedIn } from '#kit/viewer.ts'
import type { AlertRow, Tables } from '../tables.ts'
import { specAt } from './alert.ts'
import { bulk, judgePatch, type Patch } from './bulk.ts'

export type Asked = {
  ids?: readonly string[] | null | undefined
  filter?: Record<string, unknown> | null | undefined
  patch: Patch
  note?: string | null | undefined
  dryRun?: boolean | null | undefined
  expectedCount?: number | null | undefined
}
/** What others are told, once it is committed. */
export type Told = {
  ids: string[]
  change: 'acknowledged' | 'assigned' | 'resolved' | 'reopened' | 'archived' | 'updated'
}

/** What a patch is told as: the step, where there is one. */
export function changeOf({ status, assigneeId }: Patch): Told['change'] {
  if (status === 'acknowledged' || status === 'resolved' || status === 'archived') return status
  if (status === 'open') return 'reopened'
  return status == null && assigneeId !== undefined ? 'assigned' : 'updated'
}

type Outcome = { result: bulks.BulkResult; told: Told }
const ids = (rows: readonly AlertRow[]) => rows.map(({ id }) => id)

/** Throws VALIDATION_ERROR, and CONFLICT for another number of alerts than was expected: nothing is written then. */
export async function start(context: Context<Tables>, asked: Asked): Promise<Outcome> {
  const who = bulks.whoOf(context)
  const { organizationId } = signedIn(context.viewer)
  const patch: Patch = { ...asked.patch, note: asked.note }
  const judge = (row: AlertRow) => judgePatch(row, patch, who)
  const change = changeOf(patch)
  return context.tenant(async (trx): Promise<Outcome> => {
    const chosen = await bulks.chosen(
      asked,
      (most) => bulks.idsOf(trx, specAt(who.at), asked.filter, most),
      async (some) => (await bulk.assets(trx, some)).size,
    )
    const common = { matched: chosen.matched, operationId: null, dryRun: asked.dryRun === true }
    if (asked.dryRun) {
      const done = await bulks.change(context, trx, bulk, { ids: chosen.ids, who, judge, isTrial: true })
      return { result: { ...common, batchId: null, ...bulks.toldOf(done.items) }, told: { ids: [], change } }
    }
    const batch = { ...chosen, organizationId, note: asked.note ?? null, patch, who }
    const id = await bulks.addBatch(trx, batch)
    if (chosen.ids.length > bulks.bulkLimits.atOnce) {
      // It asks for itself: nobody changes by a job what they may not change now.
      await context.permittedAssets(bulk.permission, [])
      const operationId = await context.enqueue(trx, 'bulk-update-alerts', id)
      await bulks.followBatch(trx, id, operationId)
      note({ type: bulk.type, id, before: null, after: { patch, note: batch.note, matched: chosen.matched } })
      return {
        result: { ...common, batchId: id, operationId, changed: 0, refused: 0, items: [] },
        told: { ids: [], change },
      }
    }
    const done = await bulks.change(context, trx, bulk, { ids: chosen.ids, who, judge })
    await bulks.finishBatch(trx, bulk, { id, ...batch }, done, who.at)
    const result = { ...common, batchId: id, ...bulks.toldOf(done.items) }
    return { result, told: { ids: ids(done.after), change } }
  })
}

/** Carries out a batch that a job was asked for, all of it or nothing. */
export async function carryOut(context: JobContext<Tables>, id: string): Promise<Told> {
  const { organizationId } = signedIn(context.viewer)
  return context.tenant(async (trx) => {
    const batch = await bulks.findBatch(trx, id, true)
    const who = bulks.whoOf(context)
    const patch = batch.patch as Patch
    const done = await bulks.change(context, trx, bulk, {
      ids: batch.ids,
      who,
      judge: (row) => judgePatch(row, patch, who),
      step: async (count) => {
        context.signal.throwIfAborted()
        await context.operation.advance({ done: count, total: batch.ids.length })
      },
    })
    await bulks.finishBatch(trx, bulk, { ...batch, organizationId }, done, who.at)
    await context.operation.complete(trx, batch.ids.length)
    return { ids: ids(done.after), change: changeOf(patch) }
  })
}

/** Throws NOT_FOUND, and CONFLICT for a batch that cannot be undone. Of many alerts, a job takes it back. */
export const undo = async (context: Context<Tables>, id: string): Promise<Outcome> =>
  context.tenant(async (trx) => {
    const who = bulks.whoOf(context)
    const { matched, changed } = await bulks.undoable(trx, id, who.at)
    const common = { batchId: id, dryRun: false, matched }
    if ((changed ?? 0) > bulks.bulkLimits.atOnce) {
      await context.permittedAssets(bulk.permission, [])
      const operationId = await context.enqueue(trx, 'undo-bulk-update-alerts', id)
      note({ type: bulk.type, id, before: null, after: { undoRequested: true } })
      const result = { ...common, operationId, changed: 0, refused: 0, items: [] }
      return { result, told: { ids: [], change: 'updated' } }
    }
    const { items, after } = await bulks.undo(context, trx, bulk, id, who)
    const result = { ...common, operationId: null, ...bulks.toldOf(items) }
    return { result, told: { ids: ids(after), change: 'updated' } }
  })

/** Takes a batch back that a job was asked to, all of it or nothing. */
export const takeBack = (context: JobContext<Tables>, id: string): Promise<Told> =>
  context.tenant(async (trx) => {
    const { items, after } = await bulks.undo(context, trx, bulk, id, bulks.whoOf(context))
    context.signal.throwIfAborted()
    await context.operation.complete(trx, items.length)
    return { ids: ids(after), change: 'updated' }
  })

export const find = async (trx: Trx<Tables>, id: string): Promise<bulks.BulkResult> =>
  bulks.resultOf(trx, await bulks.findBatch(trx, id))
