import { callPeer } from '#kit/context.ts'
import { notFound } from '#kit/errors.ts'
import type { JobContext, Jobs } from '#kit/job.ts'
import * as assets from './model/asset.ts'
import * as risk from './model/risk.ts'
import { lifecycleOf } from './rules.ts'
import type { RiskFactor, Tables } from './tables.ts'

/** Seconds. */
const deadline = 60

type Rescored = { rescoreAsset: { score: number; factors: RiskFactor[] } }

/** Tells vulns what an asset is worth by now, which knows its findings, and keeps the score that it answers. */
async function rescoreAsset(context: JobContext<Tables>, id: string): Promise<void> {
  const [asset] = await context.tenant((trx) => assets.find(trx, [id]))
  if (!asset) throw notFound('Asset')
  const { criticality, exposure } = asset
  const lifecycle = lifecycleOf(asset, assets.staleBefore(context))
  const { rescoreAsset: risen } = await callPeer<Rescored>(
    context,
    'vulns',
    `mutation ($assetId: ID!, $criticality: String!, $exposure: String!, $lifecycle: String!) {
      rescoreAsset(input: {
        assetId: $assetId, criticality: $criticality, exposure: $exposure, lifecycle: $lifecycle
      }) { score factors }
    }`,
    { assetId: id, criticality, exposure, lifecycle },
  )
  await context.tenant(async (trx) => {
    await context.operation.complete(trx, 1)
    await risk.store(trx, [{ assetId: id, ...risen }], context.clock())
  })
}

export const jobs: Jobs<Tables> = {
  // Whoever was allowed the change has caused what follows from it, whatever they may do by now.
  'rescore-asset': { deadline, permission: 'signedIn', isConsequence: true, run: rescoreAsset },
}
