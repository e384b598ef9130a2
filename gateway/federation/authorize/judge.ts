import { deadlineIn } from '#kit/deadline.ts'
import { until } from '../calls/until.ts'
import type { Guarded } from './guards.ts'
import type { Requirement, Rule } from './requirement.ts'

/** What is known of who asks. */
export type Claims = { readonly scopes: ReadonlySet<string> }
export type Refused = {
  context: unknown
  operationName: string | null
  /** What was not answered, or would not have been: `Type.field`, or the type of a fragment. */
  coordinates: readonly string[]
  dryRun: boolean
}
/** Who may see what of a graph that says so by @authenticated, @requiresScopes and @policy. */
export type Authorization = {
  /** The claims of who asks; null for who has not said who they are. */
  claimsOf(context: unknown): Claims | null
  /** Those of some policies that are met. What it does not name, throws or does not answer in time is not. */
  policies?(names: readonly string[], context: unknown): Promise<ReadonlySet<string>>
  /** Whether the rest of an operation is answered; it is, unless told otherwise. */
  mode?: 'filter' | 'reject'
  /** Where the answer says what is withheld: among its errors, in `extensions.authorizationErrors`, or nowhere. */
  errors?: 'errors' | 'extensions' | 'disabled'
  /** Answers everything, and only tells what would have been refused. */
  dryRun?: boolean
  /** Told of each operation of which something is refused. */
  onRefused?(refused: Refused): void
}
/** For each requirement of an operation whether it is met, as `1` or `0`: all that a plan depends on of a caller. */
export type Judgement = string
export type Judged = { judgement: Judgement; dryRun: boolean }

/** Nobody has any claims. */
export const nobody: Authorization = { claimsOf: () => null }

/**
 * Judges what an operation asks of its caller. Never throws; at once, unless there are policies.
 * @param deadlineMs how long the policies may take, in milliseconds
 */
export function judge(
  { requirements, policies }: Guarded,
  authorization: Authorization,
  context: unknown,
  deadlineMs: number,
): Judgement | Promise<Judgement> {
  const claims = authorization.claimsOf(context)
  const judged = (met: ReadonlySet<string>): Judgement =>
    requirements.map((requirement) => (isMet(requirement, claims, met) ? '1' : '0')).join('')
  const { policies: decide } = authorization
  if (policies.length === 0 || !decide) return judged(none)
  const deadline = deadlineIn(deadlineMs)
  return until(deadline, async () => decide.call(authorization, policies, context))
    .then(judged, () => judged(none))
    .finally(deadline.clear)
}

const none: ReadonlySet<string> = new Set()

function isMet(requirement: Requirement, claims: Claims | null, policies: ReadonlySet<string>): boolean {
  const holds = (rule: Rule): boolean => {
    if (rule.kind === 'authenticated') return claims !== null
    const held = rule.kind === 'policy' ? policies : (claims?.scopes ?? none)
    return rule.anyOf.some((group) => group.every((name) => held.has(name)))
  }
  return requirement.every(holds)
}
