import { callPeer } from '#kit/context.ts'
import type { JobContext, Jobs } from '#kit/job.ts'
import { signedIn } from '#kit/viewer.ts'
import * as risk from './model/risk.ts'
import type { Tables } from './tables.ts'

/** Seconds. */
const deadline = 60
const atOnce = 500

/** Tells assets what its assets are worth by now: one of them, or, by the id of the organization, all. */
async function rescoreAssets(context: JobContext<Tables>, subject: string): Promise<void> {
  const { organizationId } = signedIn(context.viewer)
  const assetId = subject === organizationId ? null : subject
  await context.tenant(async (trx) => {
    const count = await risk.tellScores(trx, { organizationId, assetId }, async (scored) => {
      for (let from = 0; from < scored.length; from += atOnce)
        await callPeer(
          context,
          'assets',
          'mutation ($input: [ScoreAssetInput!]!) { scoreAssets(input: $input) }',
          { input: scored.slice(from, from + atOnce) },
        )
    })
    await context.operation.complete(trx, count)
  })
}

export const jobs: Jobs<Tables> = {
  // Whoever was allowed the change has caused what follows from it, whatever they may do by now.
  'rescore-assets': { deadline, permission: 'signedIn', isConsequence: true, run: rescoreAssets },
}
