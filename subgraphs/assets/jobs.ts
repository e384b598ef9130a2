import { bulkJobs } from '#kit/bulk/course.ts'
import { type Context, callPeer } from '#kit/context.ts'
import { notFound } from '#kit/errors.ts'
import type { JobContext, Jobs } from '#kit/job.ts'
import * as assets from './model/asset.ts'
import { bulk, changedBy } from './model/bulk.ts'
import * as merges from './model/merge.ts'
import * as risk from './model/risk.ts'
import { lifecycleOf } from './rules.ts'
import type { Tables } from './tables.ts'

/** Seconds. */
const deadline = 60

const atOnce = 250

/** Finds the scores of assets and of those that they stand for anew: they are worth what they are. */
export async function rescore(context: Context<Tables>, ids: readonly string[]): Promise<risk.Score[]> {
  const asked = await context.tenant((trx) => assets.find(trx, ids))
  const rootIds = [...new Set(asked.map(({ id, survivorId }) => survivorId ?? id))]
  if (rootIds.length === 0) return []
  const roots = await context.tenant((trx) => assets.find(trx, rootIds))
  const members = await context.tenant((trx) => merges.members(trx, rootIds))
  const before = assets.staleBefore(context)
  const input = roots.flatMap((root) => {
    const { criticality, exposure } = root
    const worth = { criticality, exposure, lifecycle: lifecycleOf(root, before) }
    return [root, ...(members.get(root.id) ?? [])].map(({ id }) => ({ assetId: id, ...worth }))
  })
  const { rescoreAssets } = await callPeer<{ rescoreAssets: risk.Score[] }>(
    context,
    'vulns',
    'mutation ($input: [RescoreAssetInput!]!) { rescoreAssets(input: $input) }',
    { input },
  )
  return rescoreAssets
}

async function rescoreAsset(context: JobContext<Tables>, id: string): Promise<void> {
  const scores = await rescore(context, [id])
  if (scores.length === 0) throw notFound('Asset')
  await context.tenant(async (trx) => {
    await context.operation.complete(trx, scores.length)
    await risk.store(trx, scores, context.clock())
  })
}

/** The same for all that a batch has changed; again changes nothing. */
async function rescoreChanged(context: JobContext<Tables>, batchId: string): Promise<void> {
  const ids = await context.tenant((trx) => changedBy(trx, batchId))
  for (let from = 0; from < ids.length; from += atOnce) {
    context.signal.throwIfAborted()
    const scores = await rescore(context, ids.slice(from, from + atOnce))
    await context.tenant((trx) => risk.store(trx, scores, context.clock()))
    await context.operation.advance({ done: from, total: ids.length })
  }
  await context.tenant((trx) => context.operation.complete(trx, ids.length))
}

export const jobs: Jobs<Tables> = {
  ...bulkJobs(bulk),
  // Whoever was allowed the change has caused what follows from it, whatever they may do by now.
  'rescore-asset': { deadline, permission: 'signedIn', isConsequence: true, run: rescoreAsset },
  'rescore-changed-assets': {
    deadline: 300,
    permission: 'signedIn',
    isConsequence: true,
    run: rescoreChanged,
  },
}
