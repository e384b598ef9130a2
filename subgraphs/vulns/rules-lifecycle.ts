import type { Justification, Resolution, Status } from './tables.ts'

/** What somebody says when they move a finding. */
export type Said = {
  reason?: string | null | undefined
  justification?: Justification | null | undefined
  resolution?: Resolution | null | undefined
  ticketUrl?: string | null | undefined
  assigneeId?: string | null | undefined
}
type Standing = { assigneeId: string | null; ticketUrl: string | null }
type Missing = { field: keyof Said; message: string }
type Step = { to: Status; guard?: (said: Said, standing: Standing) => Missing | null }

const inWords = (said: Said): Missing | null =>
  said.reason?.trim() ? null : { field: 'reason', message: 'Say why' }
const justified = (said: Said): Missing | null =>
  said.justification ? inWords(said) : { field: 'justification', message: 'Say which justification holds' }
const takenOn = (said: Said, { assigneeId, ticketUrl }: Standing): Missing | null =>
  said.assigneeId || said.ticketUrl || assigneeId || ticketUrl
    ? null
    : { field: 'assigneeId', message: 'Somebody, or a ticket, has to be at it' }
const settled = (said: Said): Missing | null =>
  said.resolution === 'fixed' || said.resolution === 'mitigated'
    ? null
    : { field: 'resolution', message: 'Say whether it is fixed or mitigated' }

const confirmed: Step = { to: 'confirmed' }
const remediation: Step = { to: 'in_remediation', guard: takenOn }
const falsePositive: Step = { to: 'false_positive', guard: inWords }
const notAffected: Step = { to: 'not_affected', guard: justified }
const resolved: Step = { to: 'resolved', guard: settled }
const reopened: Step = { to: 'open' }

/**
 * Where people may move a finding from where it stands. RISK_ACCEPTED is nobody's step: it is reached by an
 * acceptance that two people have agreed on, and left by its end.
 */
const steps: Readonly<Record<Status, readonly Step[]>> = {
  open: [confirmed, remediation, falsePositive, notAffected, resolved],
  confirmed: [remediation, notAffected, resolved],
  in_remediation: [resolved, confirmed],
  risk_accepted: [resolved],
  false_positive: [reopened],
  not_affected: [reopened],
  resolved: [reopened],
}

export const mayMove = (from: Status, to: Status): boolean => steps[from].some((step) => step.to === to)

const longest = 2_000

/** What is wrong with words themselves, whatever step they are said for. */
function unfit({ reason, ticketUrl }: Said): Missing | null {
  if (reason && reason.length > longest) return { field: 'reason', message: `At most ${longest} characters` }
  const isLink = !ticketUrl || (/^https?:\/\/\S+$/.test(ticketUrl) && ticketUrl.length <= longest)
  return isLink ? null : { field: 'ticketUrl', message: 'Must begin with https:// and have no spaces' }
}

/** What a step still lacks; null where it may be taken. Only for steps that may be. */
export const lacksFor = (from: Status, to: Status, said: Said, standing: Standing): Missing | null =>
  unfit(said) ?? steps[from].find((step) => step.to === to)?.guard?.(said, standing) ?? null

/** From where an acceptance may be asked for and given. */
export const acceptable: readonly Status[] = ['open', 'confirmed', 'in_remediation', 'risk_accepted']

/** What one acceptance says; the interval is half-open. */
export type Accepted = { status: Status; acceptedFrom: Date | null; acceptedUntil: Date | null }

/** Where a finding stands at a time: one whose acceptance has not begun, or is over, is confirmed. */
export const statusAt = ({ status, acceptedFrom, acceptedUntil }: Accepted, at: Date): Status =>
  status === 'risk_accepted' && !(acceptedFrom && acceptedFrom <= at && acceptedUntil && acceptedUntil > at)
    ? 'confirmed'
    : status
