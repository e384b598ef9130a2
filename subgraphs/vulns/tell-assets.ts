import { callPeer } from '#kit/context.ts'
import type { JobContext } from '#kit/job.ts'
import type { ScoredAsset } from './model/risk.ts'

const atOnce = 500

/** Tells assets what its assets are worth by now. */
export async function tellAssets(
  context: Pick<JobContext<never>, 'transports' | 'sign' | 'viewer' | 'requestId'>,
  scored: readonly ScoredAsset[],
): Promise<void> {
  for (let from = 0; from < scored.length; from += atOnce)
    await callPeer(
      context,
      'assets',
      'mutation ($input: [ScoreAssetInput!]!) { scoreAssets(input: $input) }',
      {
        input: scored.slice(from, from + atOnce),
      },
    )
}
