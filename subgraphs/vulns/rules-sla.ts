import type { Severity } from '#kit/severity.ts'
import type { Exposure, Resolution, SlaState, Status } from './tables.ts'

/** Days that findings may stay open, by what makes them urgent; null is no limit. */
export type SlaDays = {
  criticalDays: number | null
  highDays: number | null
  mediumDays: number | null
  lowDays: number | null
  /** From the listing, where who lists it names no day. */
  kevDays: number
  exploitableInternetDays: number | null
  exploitableDays: number | null
  internetDays: number | null
  /** From which probability on a weakness counts as exploitable. */
  epssThreshold: number
  /** A finding that comes back later than this starts a new clock. */
  restartAfterDays: number
}

/** CISA BOD 19-02 and FedRAMP: what holds until an organization says otherwise. */
export const usualSla: SlaDays = {
  criticalDays: 15,
  highDays: 30,
  mediumDays: 90,
  lowDays: 180,
  kevDays: 21,
  exploitableInternetDays: 4,
  exploitableDays: 14,
  internetDays: 30,
  epssThreshold: 0.1,
  restartAfterDays: 30,
}

export type Urgency = {
  severity: Severity
  exposure: Exposure
  epss: number | null
  kev: boolean
  kevDue: Date | null
  kevAdded: Date | null
  startedAt: Date
}

const day = 86_400_000
const after = (from: Date, days: number | null | undefined) =>
  days == null ? null : new Date(from.getTime() + days * day)

/** When a finding is due, before pauses, and by which rule: the strictest wins. `vulns.due_of` says the same in SQL. */
export function dueOf(of: Urgency, sla: SlaDays): { due: Date; reason: string } | null {
  const { severity, exposure, epss, kev, kevDue, kevAdded, startedAt } = of
  const isExploitable = kev || (epss !== null && epss >= sla.epssThreshold)
  const isOutside = exposure === 'internet'
  const days = { critical: sla.criticalDays, high: sla.highDays, medium: sla.mediumDays, low: sla.lowDays }
  const listed = kevDue ? after(kevDue, 1) : kevAdded && after(kevAdded, sla.kevDays)
  const rules: [reason: string, due: Date | null][] = [
    ['severity', after(startedAt, days[severity as keyof typeof days])],
    ['kev', kev ? listed : null],
    [
      'exploitable_internet',
      isExploitable && isOutside ? after(startedAt, sla.exploitableInternetDays) : null,
    ],
    ['exploitable', isExploitable ? after(startedAt, sla.exploitableDays) : null],
    ['internet', isOutside && severity !== 'info' ? after(startedAt, sla.internetDays) : null],
  ]
  const [first] = rules
    .flatMap(([reason, due]) => (due ? [{ due, reason }] : []))
    .sort((one, other) => one.due.getTime() - other.due.getTime())
  return first ?? null
}

export type Timed = {
  /** As it stands at that time. */
  status: Status
  resolution: Resolution | null
  dueAt: Date | null
  atRiskAt: Date | null
  resolvedAt: Date | null
}

const paused: readonly Status[] = ['risk_accepted', 'false_positive', 'not_affected']

/** How a finding does against its due time, at a time. */
export function slaStateOf({ status, resolution, dueAt, atRiskAt, resolvedAt }: Timed, at: Date): SlaState {
  if (!dueAt || resolution === 'withdrawn') return 'none'
  if (status === 'resolved') return resolvedAt && resolvedAt <= dueAt ? 'met' : 'missed'
  if (paused.includes(status)) return 'paused'
  if (dueAt <= at) return 'breached'
  return atRiskAt && atRiskAt <= at ? 'at_risk' : 'on_track'
}
