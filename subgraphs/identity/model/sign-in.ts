import { type Blamed, blame } from '#kit/audit.ts'
import type { Client } from '#kit/client.ts'
import type { Db } from '#kit/database.ts'
import { invalid, NexusError } from '#kit/errors.ts'
import type { Keys } from '#kit/tokens.ts'
import { membership, normalEmail, secondMethods, signInTries } from '../rules.ts'
import type { Tables } from '../tables.ts'
import * as accounts from './account.ts'
import type { Around } from './around.ts'
import * as challenges from './challenge.ts'
import { type Device, enter, type SignedIn } from './enter.ts'
import * as factors from './factor.ts'
import { verifyPassword } from './password.ts'
import { type Places, placesOf, whereKnown } from './place.ts'
import type { Pending } from './second-step.ts'
import { read } from './settings.ts'
import * as users from './user.ts'

export type SignIn = Device & {
  email: string
  password: string
  organization?: string | null | undefined
}

const wrong = () => new NexusError('UNAUTHENTICATED', 'The e-mail or the password is wrong')
const tooMany = () => new NexusError('RATE_LIMITED', 'Too many tries; wait a quarter of an hour')

/**
 * Whose tries these are: strangers share one count per account; a device or an address that has signed in
 * within 30 days has a count of its own, which strangers cannot use up.
 */
function countedAs(keys: Keys, email: string, places: Places, known: readonly Buffer[]): string {
  const place = whereKnown(places).find((each) => known.some((one) => one.equals(each)))
  return (place ?? keys.digest('strangers', email)).toString('base64url')
}

/** What the right password was not enough for: it says how to go on. */
async function secondStep(
  { db }: Pick<Around, 'db'>,
  accountId: string,
  pending: Pending,
  isRequired: boolean,
): Promise<void> {
  const methods = secondMethods(await factors.of(db, accountId))
  if (methods.length === 0 && !isRequired) return
  const challenge = await challenges.open(db, methods.length > 0 ? 'sign_in' : 'enrol', accountId, pending)
  const message =
    methods.length > 0
      ? 'A second factor is needed'
      : 'The organization asks for a second factor; set one up to come in'
  throw new NexusError('SECOND_FACTOR_REQUIRED', message, [], { methods, challenge })
}

function wantedOf(known: users.Membership[], { organization }: SignIn): users.Membership | null {
  const wanted = organization ? (known.find(({ slug }) => slug === organization)?.organizationId ?? '') : null
  return membership(known, wanted)
}

/** In whose journal a try in vain is written: of the organization that would have been entered, or the oldest. */
async function inVain(db: Db<Tables>, accountId: string, input: SignIn): Promise<Blamed | null> {
  const known = await users.memberships(db, accountId)
  const tried = wantedOf(known, input) ?? known[0]
  return tried ? { organizationId: tried.organizationId, userId: tried.id } : null
}

/**
 * Checks a password and opens a session. Throws UNAUTHENTICATED, the same whatever was wrong; RATE_LIMITED after ten
 * tries within 15 minutes, without checking any more; and SECOND_FACTOR_REQUIRED, with what to send along with it, or
 * with no methods for who has to set one up first.
 */
export async function signIn(
  around: Pick<Around, 'db' | 'shared' | 'keys'>,
  input: SignIn,
  client: Client | null,
): Promise<SignedIn> {
  const { db, shared, keys } = around
  const email = normalEmail(input.email)
  if (email.length > 255) throw invalid('email', 'At most 255 characters')
  const places = placesOf(keys, email, input.deviceToken, client)
  const account = await accounts.find(db, email, whereKnown(places))
  const tries = shared.limiter('sign-in', signInTries)
  const known = account?.known ?? []
  const counter = countedAs(keys, email, places, known)
  await tries.consume(counter).catch((refusal: unknown) => {
    throw refusal instanceof Error ? refusal : tooMany()
  })
  blame(async () => (account ? inVain(db, account.id, input) : null))
  const right = await verifyPassword(account?.passwordHash ?? null, input.password)
  if (!account || !right) throw wrong()
  const entered = wantedOf(await users.memberships(db, account.id), input)
  if (!entered) throw wrong()
  await tries.delete(counter)
  const { organizationId, id: userId } = entered
  const isStranger = counter === countedAs(keys, email, places, [])
  const pending: Pending = {
    ...{ organizationId, userId, email },
    counter: isStranger ? factors.strangersAt(keys, account.id) : counter,
  }
  await secondStep(around, account.id, pending, read(entered.organizationSettings).requireSecondFactor)
  return enter(around, entered, email, input, client)
}
