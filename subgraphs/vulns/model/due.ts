/** What time brings about, told once: each subject, event and due is claimed by whoever tells it. */
import { type RawBuilder, sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import { claimDues, type Due, untold } from '#kit/dues.ts'
import type { Tables } from '../tables.ts'
import { filterAt } from './filter.ts'

export const dueEvents = [
  'sla_at_risk',
  'sla_breached',
  'kev_listed',
  'acceptance_expiring',
  'acceptance_expired',
] as const
export type DueEvent = (typeof dueEvents)[number]

const day = 86_400_000
/** How long before its end an acceptance is said to expire. */
const warningMs = 7 * day
/** An acceptance that ended longer ago, while nobody told, is no news. */
const forgottenMs = 30 * day

const slaIs = (state: 'at_risk' | 'breached', at: Date): RawBuilder<boolean> => {
  const { slaState } = filterAt(at)
  if (slaState?.kind !== 'custom') throw new Error('There is no filter by how a finding stands')
  return slaState.where([state] as never)
}
// As the index has it, so that it is used.
const running = sql<boolean>`status in ('open', 'confirmed', 'in_remediation', 'risk_accepted')`

const found: Record<DueEvent, (at: Date) => RawBuilder<unknown>> = {
  sla_at_risk: (at) => findingsThat('sla_at_risk', slaIs('at_risk', at), at),
  sla_breached: (at) => findingsThat('sla_breached', slaIs('breached', at), at),
  kev_listed: () => sql`select v.id, i.kev_listed_at as due_at from vuln_intel i
    join vulnerabilities v on v.cve_id = i.cve_id and v.created_at < i.kev_listed_at
    where i.kev_listed and ${running} and v.merged_into is null
      and ${untold('kev_listed', 'v', sql`i.kev_listed_at`)}`,
  acceptance_expiring: (at) => acceptancesThat('acceptance_expiring', at, new Date(at.getTime() + warningMs)),
  acceptance_expired: (at) => acceptancesThat('acceptance_expired', new Date(at.getTime() - forgottenMs), at),
}

const findingsThat = (event: DueEvent, state: RawBuilder<boolean>, at: Date) => sql`
  select v.id, v.due_at from vulnerabilities v
  where ${running} and at_risk_at is not null and at_risk_at <= ${at} and ${state} and merged_into is null
    and ${untold(event, 'v', sql`v.due_at`)}
  order by at_risk_at, id`

/** Approved ones that end after the one time, and not after the other. */
const acceptancesThat = (event: DueEvent, after: Date, until: Date) => sql`
  select a.id, a.expires_at as due_at from risk_acceptances a
  where a.status = 'approved' and a.expires_at > ${after} and a.expires_at <= ${until}
    and ${untold(event, 'a', sql`a.expires_at`)}
  order by a.expires_at, a.id`

/** Claims what is due and was not told; whoever gets it back tells it. */
export const claim = (trx: Trx<Tables>, organizationId: string, event: DueEvent, at: Date): Promise<Due[]> =>
  claimDues(trx, { organizationId, event, at }, found[event](at))
