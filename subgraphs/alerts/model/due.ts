/** What time brings about, told once: each subject, event and due is claimed by whoever tells it. */
import { type RawBuilder, sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import { claimDues, type Due, mostAtOnce, untold } from '#kit/dues.ts'
import type { SlaState } from '../rules/sla.ts'
import type { Tables } from '../tables.ts'
import { specAt } from './alert.ts'
import { lock, move } from './transition.ts'

export const dueEvents = ['sla_at_risk', 'sla_breached', 'reopened'] as const
export type DueEvent = (typeof dueEvents)[number]

const day = 86_400_000
/** An alert that came while its rule ended is written by then, and only then nobody looks at the rule again. */
const settledMs = 60_000

const slaIs = (state: SlaState, at: Date): RawBuilder<boolean> => {
  const { slaState } = specAt(at).filter
  if (slaState?.kind !== 'custom') throw new Error('There is no filter by how an alert stands')
  return slaState.where([state] as never)
}

// The statuses are as the index has them, so that it is used.
const alertsThat = (event: DueEvent, state: SlaState, at: Date) => sql`
  select a.id, a.sla_due_at as due_at from alerts a
  where status in ('open', 'acknowledged', 'in_progress', 'on_hold', 'suppressed') and sla_risk_at <= ${at}
    and ${slaIs(state, at)} and ${untold(event, 'a', sql`a.sla_due_at`)}
  order by sla_risk_at, id`

const found: Record<DueEvent, (at: Date) => RawBuilder<unknown>> = {
  sla_at_risk: (at) => alertsThat('sla_at_risk', 'at_risk', at),
  sla_breached: (at) => alertsThat('sla_breached', 'breached', at),
  reopened: (at) => sql`
    select a.id, r.ends_at as due_at from suppression_rules r
    join alerts a on a.suppression_rule_id = r.id and a.status = 'suppressed'
    where r.ends_at <= ${at} and ${untold('rule_ended', 'r', sql`r.ends_at`)}
      and ${untold('reopened', 'a', sql`r.ends_at`)}`,
}

/** Claims what is due and was not told; whoever gets it back tells it. */
export async function claim(
  trx: Trx<Tables>,
  organizationId: string,
  event: DueEvent,
  at: Date,
): Promise<Due[]> {
  const dues = await claimDues(trx, { organizationId, event, at }, found[event](at))
  if (dues.length === 0 && event === 'reopened') await closeRules(trx, organizationId, at)
  return dues
}

/** Of rules that ended, and all of whose alerts were told of, nothing is left to tell. */
async function closeRules(trx: Trx<Tables>, organizationId: string, at: Date): Promise<void> {
  const before = new Date(at.getTime() - settledMs)
  const { rows } = await sql<{ id: string; endsAt: Date }>`select r.id, r.ends_at from suppression_rules r
    where r.ends_at <= ${before} and ${untold('rule_ended', 'r', sql`r.ends_at`)} order by r.id`.execute(trx)
  if (rows.length === 0) return
  const told = rows.map(({ id, endsAt }) => ({
    ...{ organizationId, subjectId: id, event: 'rule_ended', dueAt: endsAt, toldAt: at, publishedAt: at },
  }))
  await trx
    .insertInto('toldDues')
    .values(told)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Archives alerts that were resolved so many days ago, by the rule that people go by. Answers which. */
export async function archive(trx: Trx<Tables>, afterDays: number, at: Date): Promise<string[]> {
  const before = new Date(at.getTime() - afterDays * day)
  const { rows } = await sql<{ id: string }>`select id from alerts
    where status = 'resolved' and resolved_at <= ${before} order by resolved_at, id limit ${mostAtOnce}`.execute(
    trx,
  )
  const alerts = await lock(
    trx,
    rows.map(({ id }) => id),
    at,
  )
  // Another worker, or somebody, was there first.
  const ended = alerts.filter(({ status, resolvedAt }) => status === 'resolved' && resolvedAt! <= before)
  for (const alert of ended) await move(trx, alert, { to: 'archived' }, { by: null, at })
  return ended.map(({ id }) => id)
}
