import type { Context } from '#kit/context.ts'
import { type Due, dueTold, mostAtOnce } from '#kit/dues.ts'
import { keepingDays } from '#kit/metric/daily.ts'
import { organizations, type Rounds } from '#kit/rounds.ts'
import { signedIn } from '#kit/viewer.ts'
import { tell } from './graph/changed.ts'
import { daily, since } from './model/daily.ts'
import * as due from './model/due.ts'
import { metrics } from './model/metric.ts'
import type { Tables } from './tables.ts'

/** Tells what has fallen due since somebody has told last, each once; what a worker that died had claimed, again. */
async function tellDues(context: Context<Tables>, signal: AbortSignal): Promise<void> {
  const { organizationId } = signedIn(context.viewer)
  for (const event of due.dueEvents) {
    let dues: Due[]
    do {
      signal.throwIfAborted()
      const at = context.clock()
      dues = await context.tenant((trx) => due.claim(trx, organizationId, event, at))
      const ids = dues.map(({ id }) => id)
      const told = await tell(context, event, ids)
      const heard = dues.filter((_, index) => told[index])
      if (heard.length > 0) await context.tenant((trx) => dueTold(trx, { event, at }, heard))
    } while (dues.length > 0)
  }
}

/** Archives what has been resolved for long enough, and tells of it. */
async function archiveAlerts(context: Context<Tables>, signal: AbortSignal): Promise<void> {
  let ids: string[]
  do {
    signal.throwIfAborted()
    ids = await context.tenant((trx) => due.archive(trx, context.alertRetentionDays, context.clock()))
    await tell(context, 'archived', ids)
  } while (ids.length === mostAtOnce)
}

export const rounds: Rounds<Tables> = {
  organizations,
  works: {
    'tell-dues': tellDues,
    'archive-alerts': archiveAlerts,
    'keep-days': keepingDays({ metrics, daily, since }),
  },
}
