import { type Blamed, blame } from '#kit/audit.ts'
import type { Client } from '#kit/client.ts'
import { type Db, inTenant } from '#kit/database.ts'
import { invalid, NexusError } from '#kit/errors.ts'
import type { Shared } from '#kit/redis.ts'
import type { Keys } from '#kit/tokens.ts'
import { membership, normalEmail, signInTries } from '../rules.ts'
import type { Tables } from '../tables.ts'
import * as accounts from './account.ts'
import { verifyPassword } from './password.ts'
import { type Places, placesOf } from './place.ts'
import type { Refreshed } from './refresh.ts'
import { isSecret, newSecret } from './secret.ts'
import * as sessions from './session.ts'
import * as users from './user.ts'

export type SignIn = {
  email: string
  password: string
  organization?: string | null | undefined
  deviceToken?: string | null | undefined
  rememberDevice?: boolean | null | undefined
}
export type SignedIn = Refreshed & { deviceToken: string | null }

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

const whereKnown = (places: Places) => Object.values(places).filter((place) => place !== null)

/** A device keeps its token, whoever signs in there: what is remembered is bound to the account. */
const tokenFor = ({ deviceToken }: SignIn): string =>
  deviceToken && isSecret(deviceToken) ? deviceToken : newSecret()

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
 * Checks a password and opens a session. Throws UNAUTHENTICATED, the same whatever was wrong, or RATE_LIMITED after
 * ten tries within 15 minutes, without checking any more.
 */
export async function signIn(
  { db, shared, keys }: { db: Db<Tables>; shared: Shared; keys: Keys },
  input: SignIn,
  client: Client | null,
): Promise<SignedIn> {
  const email = normalEmail(input.email)
  if (email.length > 255) throw invalid('email', 'At most 255 characters')
  const places = placesOf(keys, email, input.deviceToken, client)
  const account = await accounts.find(db, email, whereKnown(places))
  const tries = shared.limiter('sign-in', signInTries)
  const counter = countedAs(keys, email, places, account?.known ?? [])
  await tries.consume(counter).catch((refusal: unknown) => {
    throw refusal instanceof Error ? refusal : tooMany()
  })
  blame(async () => (account ? inVain(db, account.id, input) : null))
  const right = await verifyPassword(account?.passwordHash ?? null, input.password)
  if (!account || !right) throw wrong()
  const entered = wantedOf(await users.memberships(db, account.id), input)
  if (!entered) throw wrong()
  const { organizationId } = entered
  const opened = await inTenant(db, { organizationId }, async (trx) => {
    await users.markSignedIn(trx, entered.id)
    return sessions.open(trx, entered, client)
  })
  const deviceToken = input.rememberDevice ? tokenFor(input) : null
  const seen = placesOf(keys, email, deviceToken, client)
  await accounts.remember(db, account.id, whereKnown(seen))
  await tries.delete(counter)
  const { slug: _, ...user } = entered
  return { ...opened, user, deviceToken }
}
