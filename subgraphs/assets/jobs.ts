import { type Context, callPeer } from '#kit/context.ts'
import { notFound } from '#kit/errors.ts'
import type { JobContext, Jobs } from '#kit/job.ts'
import * as assets from './model/asset.ts'
import * as merges from './model/merge.ts'
import * as risk from './model/risk.ts'
import { lifecycleOf } from './rules.ts'
import type { AssetRow, RiskFactor, Tables } from './tables.ts'

/** Seconds. */
const deadline = 60

type Rescored = { rescoreAsset: { score: number; factors: RiskFactor[] } }

/** Tells vulns what an asset is worth by now, which knows its findings; answers the score. */
async function rescored(
  context: Context<Tables>,
  assetId: string,
  { criticality, exposure, lifecycle }: Pick<AssetRow, 'criticality' | 'exposure' | 'lifecycle'>,
): Promise<risk.Score> {
  const { rescoreAsset } = await callPeer<Rescored>(
    context,
    'vulns',
    `mutation ($assetId: ID!, $criticality: String!, $exposure: String!, $lifecycle: String!) {
      rescoreAsset(input: {
        assetId: $assetId, criticality: $criticality, exposure: $exposure, lifecycle: $lifecycle
      }) { score factors }
    }`,
    { assetId, criticality, exposure, lifecycle },
  )
  return { assetId, ...rescoreAsset }
}

/**
 * Finds the scores of an asset and of those that it stands for anew: they are worth what it is. Null for one that is
 * not there.
 */
export async function scoresOf(
  context: Context<Tables>,
  id: string,
  signal: AbortSignal | null = null,
): Promise<risk.Score[] | null> {
  const [asked] = await context.tenant((trx) => assets.find(trx, [id]))
  if (!asked) return null
  const rootId = asked.survivorId ?? id
  const [root] = await context.tenant((trx) => assets.find(trx, [rootId]))
  const members = (await context.tenant((trx) => merges.members(trx, [rootId]))).get(rootId) ?? []
  const worth = { ...root!, lifecycle: lifecycleOf(root!, assets.staleBefore(context)) }
  const scores: risk.Score[] = []
  for (const each of [rootId, ...members.map((member) => member.id)]) {
    signal?.throwIfAborted()
    scores.push(await rescored(context, each, worth))
  }
  return scores
}

async function rescoreAsset(context: JobContext<Tables>, id: string): Promise<void> {
  const scores = await scoresOf(context, id, context.signal)
  if (!scores) throw notFound('Asset')
  await context.tenant(async (trx) => {
    await context.operation.complete(trx, scores.length)
    await risk.store(trx, scores, context.clock())
  })
}

export const jobs: Jobs<Tables> = {
  // Whoever was allowed the change has caused what follows from it, whatever they may do by now.
  'rescore-asset': { deadline, permission: 'signedIn', isConsequence: true, run: rescoreAsset },
}
