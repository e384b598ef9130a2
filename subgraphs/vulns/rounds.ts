import { type Context, callPeer } from '#kit/context.ts'
import { type Due, dueTold } from '#kit/dues.ts'
import { keepingDays } from '#kit/metric/daily.ts'
import { organizations, type Rounds } from '#kit/rounds.ts'
import { signedIn } from '#kit/viewer.ts'
import { daily, since } from './model/daily.ts'
import * as due from './model/due.ts'
import * as keys from './model/keys.ts'
import { metrics } from './model/metric.ts'
import * as risk from './model/risk.ts'
import type { Tables } from './tables.ts'
import { tellAssets } from './tell-assets.ts'

/** Tells what has fallen due since somebody has told last, each once; what a worker that died had claimed, again. */
async function tellDues(context: Context<Tables>, signal: AbortSignal): Promise<void> {
  const { organizationId } = signedIn(context.viewer)
  for (const event of due.dueEvents) {
    let dues: Due[]
    do {
      signal.throwIfAborted()
      const at = context.clock()
      dues = await context.tenant((trx) => due.claim(trx, organizationId, event, at))
      const told = await Promise.all(dues.map(({ id }) => tell(context, organizationId, event, id)))
      const heard = dues.filter((_, index) => told[index])
      if (heard.length > 0) await context.tenant((trx) => dueTold(trx, { event, at }, heard))
    } while (dues.length > 0)
  }
}

const tell = ({ events }: Context<Tables>, organizationId: string, event: due.DueEvent, id: string) =>
  event === 'acceptance_expiring' || event === 'acceptance_expired'
    ? events.publish(organizationId, `vulnerability.${event}`, { riskAcceptanceId: id })
    : events.publish(organizationId, `vulnerability.${event}`, { vulnerabilityId: id })

/** Has assets say of those that it never has what they are worth: their findings are judged by it. */
async function placeAssets(context: Context<Tables>, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const ids = await context.tenant((trx) => risk.unplaced(trx))
    if (ids.length === 0) return
    await callPeer(context, 'assets', 'mutation ($ids: [ID!]!) { placeAssets(ids: $ids) }', { ids })
    // Those too that assets does not know: it would not know them in the next round either.
    await context.tenant((trx) => risk.markPlaced(trx, ids, context.clock()))
  }
}

/** Tells assets of what it has not been told since its findings were judged otherwise, by news of the world say. */
async function tellScores(context: Context<Tables>): Promise<void> {
  const { organizationId } = signedIn(context.viewer)
  await context.tenant(async (trx) => {
    if (!(await risk.hasUntold(trx))) return
    await risk.tellScores(trx, { organizationId, assetIds: [] }, (scored) => tellAssets(context, scored))
  })
}

/** Finds what findings from before were told by, block by block, and has their assets follow where some become one. */
async function findKeys(context: Context<Tables>, signal: AbortSignal): Promise<void> {
  const { organizationId } = signedIn(context.viewer)
  let merged = 0
  for (;;) {
    signal.throwIfAborted()
    const some = await context.tenant((trx) => keys.findKeys(trx, organizationId))
    if (some === null) break
    merged += some
  }
  if (merged > 0)
    await context.tenant((trx) =>
      risk.tellScores(trx, { organizationId, assetIds: null }, (scored) => tellAssets(context, scored)),
    )
}

export const rounds: Rounds<Tables> = {
  organizations,
  works: {
    'find-keys': findKeys,
    'place-assets': placeAssets,
    'tell-scores': tellScores,
    'tell-dues': tellDues,
    'keep-days': keepingDays({ metrics, daily, since }),
  },
}
