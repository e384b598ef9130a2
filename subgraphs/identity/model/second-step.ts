import { blame } from '#kit/audit.ts'
import type { Client } from '#kit/client.ts'
import { invalid, unauthenticated } from '#kit/errors.ts'
import type { Around } from './around.ts'
import * as challenges from './challenge.ts'
import { type Device, enter, type SignedIn } from './enter.ts'
import * as factors from './factor.ts'
import * as passkeys from './passkey.ts'
import * as recovery from './recovery.ts'
import * as totp from './totp.ts'

/** What is known of who has given the right password, and comes back with a second factor. */
export type Pending = {
  organizationId: string
  userId: string
  email: string
  /** As what their guesses count. */
  counter: string
}

/** One of the ways to prove oneself besides a password. */
export type Given = {
  code?: string | null | undefined
  recoveryCode?: string | null | undefined
  passkey?: unknown
}
export type Completion = Device & Given & { challenge: string }

const over = () => unauthenticated('It has taken too long; sign in again')
const wrong = () => unauthenticated('That is not right')

const isGiven = (value: unknown): boolean => value !== null && value !== undefined

/** Throws VALIDATION_ERROR unless there is one of them. */
export function oneOf(given: Record<string, unknown>): void {
  const names = Object.keys(given)
  const count = names.filter((name) => isGiven(given[name])).length
  if (count !== 1) throw invalid('input', `Send one of ${names.join(', ')}`)
}

/**
 * Whether an account proves itself by what is given. Throws RATE_LIMITED.
 * @param of which counter guesses count on, and what an assertion of a passkey belongs to
 */
export async function proves(
  around: Around,
  accountId: string,
  { code, recoveryCode, passkey }: Given,
  of: { counter: string; bound: string; purpose: 'second' | 'prove' },
): Promise<boolean> {
  const { db, shared } = around
  if (isGiven(code))
    return factors.guessing(shared, of.counter, () => totp.check(around, accountId, String(code)))
  // A count of their own: whoever guesses codes leaves this way open.
  if (isGiven(recoveryCode))
    return factors.guessing(shared, `recovery/${of.counter}`, () =>
      recovery.use(db, accountId, String(recoveryCode)),
    )
  return Boolean(await passkeys.check(around, of.purpose, { accountId, bound: of.bound }, passkey))
}

/**
 * Opens the session that a password has begun. Who has just set up a second factor, because they had to, needs no
 * other proof. Throws UNAUTHENTICATED, VALIDATION_ERROR for none or several ways at once, and RATE_LIMITED.
 */
export async function complete(
  around: Around,
  { challenge, code, recoveryCode, passkey, ...device }: Completion,
  client: Client | null,
): Promise<SignedIn> {
  const { db } = around
  const step = await challenges.find(db, challenge, 'sign_in', 'enrolled')
  if (!step?.accountId) throw over()
  const { accountId } = step
  const { organizationId, userId, email, counter } = step.data as Pending
  blame(async () => ({ organizationId, userId }))
  if (step.purpose === 'sign_in') {
    oneOf({ code, recoveryCode, passkey })
    const of = { counter, bound: challenge, purpose: 'second' as const }
    if (!(await proves(around, accountId, { code, recoveryCode, passkey }, of))) throw wrong()
  }
  if (!(await challenges.take(db, challenge, step.purpose))) throw over()
  return enter(around, { id: userId, organizationId, accountId }, email, device, client)
}

/** What a browser needs to use a passkey as the second factor. Throws UNAUTHENTICATED. */
export async function startSecond(around: Around, challenge: string) {
  const step = await challenges.find(around.db, challenge, 'sign_in')
  if (!step?.accountId) throw over()
  return passkeys.startUse(around, 'second', { accountId: step.accountId, bound: challenge })
}
