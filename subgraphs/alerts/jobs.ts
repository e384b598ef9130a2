import type { JobContext, Jobs } from '#kit/job.ts'
import { signedIn } from '#kit/viewer.ts'
import * as batches from './model/bulk-batch.ts'
import type { Tables } from './tables.ts'

/** Seconds. */
const deadline = 120
const atOnce = 100

async function tellAll(context: JobContext<Tables>, { ids, change }: batches.Told): Promise<void> {
  const { organizationId } = signedIn(context.viewer)
  for (let from = 0; from < ids.length; from += atOnce)
    await Promise.all(
      ids
        .slice(from, from + atOnce)
        .map((alertId) => context.events.publish(organizationId, `alert.${change}`, { alertId })),
    )
}

type Work = typeof batches.carryOut
const job = (work: Work) => ({
  deadline,
  permission: 'alerts:bulk' as const,
  run: async (context: JobContext<Tables>, id: string) => tellAll(context, await work(context, id)),
})

export const jobs: Jobs<Tables> = {
  'bulk-update-alerts': job(batches.carryOut),
  'undo-bulk-update-alerts': job(batches.takeBack),
}
