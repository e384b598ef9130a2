/** Where an alert may go from where it is, and what becomes of it on the way. */
import type { ErrorCode } from '#kit/errors.ts'
import type { AlertRow, AlertStatus, Verdict } from '../tables.ts'
import { inForce, pause, reopened, resume } from './sla.ts'

/** Where an alert may go. An end of a rule opens what it suppressed, and nothing else does. */
export const moves: Readonly<Record<AlertStatus, readonly AlertStatus[]>> = {
  open: ['acknowledged', 'in_progress', 'suppressed', 'resolved'],
  acknowledged: ['in_progress', 'on_hold', 'suppressed', 'resolved', 'open'],
  in_progress: ['on_hold', 'resolved', 'acknowledged'],
  on_hold: ['in_progress', 'resolved'],
  suppressed: ['open'],
  resolved: ['open', 'archived'],
  archived: [],
}

/** What is asked of an alert, with what its guard wants. */
export type Move = {
  to: AlertStatus
  verdict?: Verdict | null | undefined
  /** What somebody says of it: how it ended, or why it is reopened. */
  note?: string | null | undefined
  reason?: string | null | undefined
  holdUntil?: Date | null | undefined
  /** The rule that suppresses it. */
  ruleId?: string | undefined
  /** Of a suppressed alert: that its rule has ended. */
  ruleEnded?: boolean | undefined
}
/** Null for who is a machine. */
export type By = { by: string | null; at: Date }
export type Refusal = { code: ErrorCode; message: string; field?: string }
export type Moving = Pick<
  AlertRow,
  | 'severity'
  | 'status'
  | 'verdict'
  | 'assigneeId'
  | 'suppressionRuleId'
  | 'acknowledgedAt'
  | 'acknowledgedBy'
  | 'resolvedAt'
  | 'resolvedBy'
  | 'resolutionNote'
  | 'firstResolvedAt'
  | 'heldAt'
  | 'holdUntil'
  | 'holdReason'
  | 'archivedAt'
  | 'reopenCount'
  | 'ackDueAt'
  | 'resolveDueAt'
  | 'slaPausedUntil'
  | 'slaPausedMs'
>
export type Change = Partial<Moving> & Pick<AlertRow, 'slaDueAt' | 'slaRiskAt'>
export type Judged = { change: Change; refusal?: never } | { change?: never; refusal: Refusal }

/** How far ahead something may be put off, in days. */
const furthestHold = 365
const day = 86_400_000

const wants = (field: string, message: string): Refusal => ({ code: 'VALIDATION_ERROR', field, message })

/** Why an alert may not go where it is asked to, or null. */
export function refusalOf(alert: Moving, move: Move, { at }: By): Refusal | null {
  const { to } = move
  if (!moves[alert.status].includes(to))
    return { code: 'ILLEGAL_TRANSITION', message: `An alert that is ${alert.status} cannot become ${to}` }
  if (to === 'resolved' && !move.verdict) return wants('verdict', 'Say what it was')
  if (to === 'on_hold') {
    if (!move.reason?.trim()) return wants('reason', 'Say why it waits')
    if (!move.holdUntil || move.holdUntil <= at) return wants('holdUntil', 'Must be a time to come')
    if (move.holdUntil.getTime() - at.getTime() > furthestHold * day)
      return wants('holdUntil', `At most ${furthestHold} days from now`)
  }
  if (to === 'suppressed' && !move.ruleId)
    return { code: 'ILLEGAL_TRANSITION', message: 'Only a rule suppresses alerts' }
  if (alert.status === 'suppressed' && !move.ruleEnded)
    return { code: 'ILLEGAL_TRANSITION', message: 'It is suppressed until its rule ends' }
  return null
}

/** The one rule of the lifecycle: what becomes of an alert, or why it does not. */
export function judge(alert: Moving, move: Move, who: By): Judged {
  const refusal = refusalOf(alert, move, who)
  if (refusal) return { refusal }
  const { by, at } = who
  const { to } = move
  const taken = {
    acknowledgedAt: alert.acknowledgedAt ?? at,
    acknowledgedBy: alert.acknowledgedAt ? alert.acknowledgedBy : by,
    assigneeId: alert.assigneeId ?? by,
  }
  const left: Partial<Moving> =
    alert.status === 'on_hold'
      ? { heldAt: null, holdUntil: null, holdReason: null, ...resume(alert, at) }
      : {}
  const arrived: Partial<Moving> = {
    status: to,
    suppressionRuleId: to === 'suppressed' ? move.ruleId! : null,
    ...(to === 'acknowledged' || to === 'in_progress' ? taken : {}),
    ...(to === 'on_hold'
      ? {
          heldAt: at,
          holdUntil: move.holdUntil!,
          holdReason: move.reason!,
          ...pause(alert, at, move.holdUntil!),
        }
      : {}),
    ...(to === 'resolved'
      ? {
          verdict: move.verdict!,
          resolutionNote: move.note ?? null,
          resolvedAt: at,
          resolvedBy: by,
          firstResolvedAt: alert.firstResolvedAt ?? at,
        }
      : {}),
    ...(to === 'open' && alert.status === 'resolved'
      ? {
          ...{ verdict: null, resolutionNote: null, resolvedAt: null, resolvedBy: null },
          reopenCount: alert.reopenCount + 1,
          ...reopened(alert, at),
        }
      : {}),
    ...(to === 'archived' ? { archivedAt: at } : {}),
  }
  const change = { ...left, ...arrived }
  return { change: { ...change, ...inForce({ ...alert, ...change }) } }
}
