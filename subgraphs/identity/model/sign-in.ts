import type { Client } from '#kit/client.ts'
import type { Db } from '#kit/database.ts'
import { inTenant } from '#kit/database.ts'
import { invalid, NexusError } from '#kit/errors.ts'
import type { Shared } from '#kit/redis.ts'
import { membership, normalEmail, signInTries } from '../rules.ts'
import type { Tables } from '../tables.ts'
import * as accounts from './account.ts'
import { verifyPassword } from './password.ts'
import type { Refreshed } from './refresh.ts'
import * as sessions from './session.ts'
import * as users from './user.ts'

export type SignIn = { email: string; password: string; organization?: string | null | undefined }

const wrong = () => new NexusError('UNAUTHENTICATED', 'The e-mail or the password is wrong')

/**
 * Checks a password and opens a session. Throws UNAUTHENTICATED, the same whatever was wrong, or
 * RATE_LIMITED after ten tries at one account within 15 minutes.
 */
export async function signIn(
  db: Db<Tables>,
  shared: Shared,
  input: SignIn,
  client: Client | null,
): Promise<Refreshed> {
  const email = normalEmail(input.email)
  if (email.length > 255) throw invalid('email', 'At most 255 characters')
  const tries = shared.limiter('sign-in', signInTries)
  await tries.consume(email).catch((refusal: unknown) => {
    if (refusal instanceof Error) throw refusal
    throw new NexusError('RATE_LIMITED', 'Too many tries; wait a quarter of an hour')
  })
  const account = await accounts.find(db, email)
  const right = await verifyPassword(account?.passwordHash ?? null, input.password)
  if (!account || !right) throw wrong()
  const known = await users.memberships(db, account.id)
  const wanted = input.organization
    ? (known.find((each) => each.slug === input.organization)?.organizationId ?? '')
    : null
  const entered = membership(known, wanted)
  if (!entered) throw wrong()
  const { organizationId } = entered
  const opened = await inTenant(db, { organizationId }, async (trx) => {
    await users.markSignedIn(trx, entered.id)
    return sessions.open(trx, entered, client)
  })
  await tries.delete(email)
  const { slug: _, ...user } = entered
  return { ...opened, user }
}
