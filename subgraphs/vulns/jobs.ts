import { bulkJobs } from '#kit/bulk/course.ts'
import type { JobContext, Jobs } from '#kit/job.ts'
import { signedIn } from '#kit/viewer.ts'
import { bulk } from './model/bulk.ts'
import * as risk from './model/risk.ts'
import type { Tables } from './tables.ts'
import { tellAssets } from './tell-assets.ts'

/** Seconds. */
const deadline = 60

/** Tells assets what its assets are worth by now: one of them, or, by the id of the organization, all. */
async function rescoreAssets(context: JobContext<Tables>, subject: string): Promise<void> {
  const { organizationId } = signedIn(context.viewer)
  const assetId = subject === organizationId ? null : subject
  await context.tenant(async (trx) => {
    const assetIds = assetId === null ? null : [assetId]
    const count = await risk.tellScores(trx, { organizationId, assetIds }, (scored) =>
      tellAssets(context, scored),
    )
    await context.operation.complete(trx, count)
  })
}

const block = 5_000

/** Judges all findings again, block by block: nothing is locked meanwhile. Again changes nothing. */
async function judgeFindings(context: JobContext<Tables>): Promise<void> {
  let done = 0
  let after: string | null = null
  const next = (from: string | null): Promise<string | null> =>
    context.tenant((trx) => risk.nextBlock(trx, from, block))
  for (let until = await next(null); until !== null; until = await next(until)) {
    context.signal.throwIfAborted()
    const which = { after, until }
    after = until
    done += await context.tenant((trx) => risk.rejudge(trx, which, context.clock()))
    await context.operation.advance({ done, total: null })
  }
  await context.tenant((trx) => context.operation.complete(trx, done))
}

export const jobs: Jobs<Tables> = {
  ...bulkJobs(bulk),
  'judge-findings': {
    deadline: 3_600,
    permission: 'organization:policy',
    isConsequence: true,
    run: judgeFindings,
  },
  // Whoever was allowed the change has caused what follows from it, whatever they may do by now.
  'rescore-assets': { deadline, permission: 'signedIn', isConsequence: true, run: rescoreAssets },
}
