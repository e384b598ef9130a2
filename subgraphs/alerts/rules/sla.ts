/** By when an alert is to be acknowledged and resolved, and how it stands. */
import type { AlertRow, AlertStatus } from '../tables.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Milliseconds for each severity; the others have none. */
export const windows: Readonly<Partial<Record<AlertRow['severity'], { ack: number; resolve: number }>>> = {
  critical: { ack: 15 * minute, resolve: 4 * hour },
  high: { ack: hour, resolve: 24 * hour },
  medium: { ack: 4 * hour, resolve: 72 * hour },
  low: { ack: 24 * hour, resolve: 7 * day },
}
/** A hold stops the clock for so long in all. */
export const longestPause = 7 * day
/** Whoever is reopened later begins anew. */
const resumesWithin = 30 * day
/** The part of the time whose beginning is a warning. */
const riskShare = 0.2
/** A time that does not come, where a column has to have one. */
export const never = new Date('9999-12-31T00:00:00Z')

export const slaStates = ['on_track', 'at_risk', 'breached', 'met', 'missed', 'paused', 'none'] as const
export type SlaState = (typeof slaStates)[number]

export type Dues = Pick<AlertRow, 'ackDueAt' | 'resolveDueAt'>
export type Pause = Pick<AlertRow, 'slaPausedUntil' | 'slaPausedMs'>
export type InForce = Pick<AlertRow, 'slaDueAt' | 'slaRiskAt'>

const later = (time: Date | null, ms: number) => time && new Date(time.getTime() + ms)

/** The dues of an alert whose clock starts at a time. */
export function dues(severity: AlertRow['severity'], from: Date): Dues {
  const window = windows[severity]
  if (!window) return { ackDueAt: null, resolveDueAt: null }
  return { ackDueAt: later(from, window.ack), resolveDueAt: later(from, window.resolve) }
}

/** Which due counts now: to acknowledge, until somebody has, then to resolve; none once it is resolved. */
export function inForce(alert: Dues & Pick<AlertRow, 'severity' | 'status' | 'acknowledgedAt'>): InForce {
  const window = windows[alert.severity]
  const ended = alert.status === 'resolved' || alert.status === 'archived'
  const due = alert.acknowledgedAt ? alert.resolveDueAt : alert.ackDueAt
  if (!window || ended || !due) return { slaDueAt: never, slaRiskAt: never }
  const whole = alert.acknowledgedAt ? window.resolve : window.ack
  return { slaDueAt: due, slaRiskAt: later(due, -riskShare * whole)! }
}

/** What a hold that begins does to the due: it moves by the whole pause at once. What is late already stays late. */
export function pause(alert: Dues & Pause, at: Date, until: Date): Dues & Pause {
  const { ackDueAt, resolveDueAt, slaPausedMs } = alert
  const ms = Math.min(until.getTime() - at.getTime(), longestPause - slaPausedMs)
  if (!resolveDueAt || resolveDueAt <= at || ms <= 0)
    return { ackDueAt, resolveDueAt, slaPausedMs, slaPausedUntil: null }
  return {
    ackDueAt,
    resolveDueAt: later(resolveDueAt, ms),
    slaPausedMs: slaPausedMs + ms,
    slaPausedUntil: later(at, ms),
  }
}

/** What a hold that ends gives back of its pause. */
export function resume(alert: Dues & Pause, at: Date): Dues & Pause {
  const { ackDueAt, resolveDueAt, slaPausedMs, slaPausedUntil } = alert
  const unused = Math.max(0, (slaPausedUntil?.getTime() ?? 0) - at.getTime())
  return {
    ackDueAt,
    resolveDueAt: later(resolveDueAt, -unused),
    slaPausedMs: slaPausedMs - unused,
    slaPausedUntil: null,
  }
}

/** The dues of an alert that is open again: the clock stood still while it was resolved, or starts anew. */
export function reopened(alert: Dues & Pick<AlertRow, 'severity' | 'resolvedAt'>, at: Date): Dues {
  const gap = alert.resolvedAt ? at.getTime() - alert.resolvedAt.getTime() : 0
  if (gap > resumesWithin) return dues(alert.severity, at)
  return { ackDueAt: later(alert.ackDueAt, gap), resolveDueAt: later(alert.resolveDueAt, gap) }
}

type Standing = InForce & Pick<AlertRow, 'slaPausedUntil' | 'slaMet'> & { status: AlertStatus }

/** How an alert stands at a time; `status` is the effective one. */
export function slaState(alert: Standing, at: Date): SlaState {
  const { status, slaDueAt, slaRiskAt, slaMet, slaPausedUntil } = alert
  if (status === 'suppressed') return 'none'
  if (status === 'resolved' || status === 'archived')
    return slaMet === null ? 'none' : slaMet ? 'met' : 'missed'
  if (slaDueAt >= never) return 'none'
  if (status === 'on_hold' && slaPausedUntil && slaPausedUntil > at) return 'paused'
  if (slaDueAt <= at) return 'breached'
  return slaRiskAt <= at ? 'at_risk' : 'on_track'
}
