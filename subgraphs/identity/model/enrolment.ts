import { blame, type Noted, note } from '#kit/audit.ts'
import { type Db, inTenant } from '#kit/database.ts'
import { forbidden, invalid, NexusError, unauthenticated } from '#kit/errors.ts'
import { mostPasskeys, secondMethods } from '../rules.ts'
import type { PasskeyRow, Tables } from '../tables.ts'
import type { Around } from './around.ts'
import * as challenges from './challenge.ts'
import { changed } from './change.ts'
import * as factors from './factor.ts'
import * as passkeys from './passkey.ts'
import { checkPassword, checkSecond, type InSession, requireFresh } from './proof.ts'
import * as recovery from './recovery.ts'
import { type Given, oneOf, type Pending } from './second-step.ts'
import * as totp from './totp.ts'
import * as users from './user.ts'

/** Who sets up a factor: somebody in a session, or who may not have one before. */
export type Enrolling = {
  accountId: string
  organizationId: string
  userId: string
  email: string
  challenge: string | null
}

/** Throws REAUTHENTICATION_REQUIRED for who has not proved themselves lately. */
export async function within({ db }: Pick<Around, 'db'>, member: InSession): Promise<Enrolling> {
  const { organizationId, accountId, userId } = member
  return inTenant(db, { organizationId }, async (trx) => {
    await requireFresh(trx, member)
    const [user] = await users.find(trx, [userId])
    return { accountId, organizationId, userId, email: user!.email, challenge: null }
  })
}

/** By the challenge of a sign-in that asks for a first factor. Throws UNAUTHENTICATED for any other. */
export async function before({ db }: Pick<Around, 'db'>, challenge: string): Promise<Enrolling> {
  const step = await challenges.find(db, challenge, 'enrol')
  const accountId = step?.accountId
  const { organizationId, userId, email } = (step?.data ?? {}) as Pending
  if (step) blame(async () => ({ organizationId, userId }))
  // Who has set one up meanwhile, at the side of this, proves themselves by that.
  if (!step || !accountId || secondMethods(await factors.of(db, accountId)).length > 0)
    throw unauthenticated('It has taken too long; sign in again')
  return { accountId, organizationId, userId, email, challenge }
}

export const startTotp = (around: Around, who: Enrolling) => totp.start(around, who.accountId, who.email)

/** Says in the journal what became of a factor. */
const written = (
  { db }: Pick<Around, 'db'>,
  { organizationId, userId }: Pick<Enrolling, 'organizationId' | 'userId'>,
  change: Pick<Noted, 'type' | 'id' | 'before' | 'after'>,
) => inTenant(db, { organizationId }, async () => note({ ...change, actor: { userId } }))

/** Codes for an account that has none, and the way in for who had to set up a factor first. */
async function enrolled(db: Db<Tables>, { accountId, challenge }: Enrolling): Promise<string[] | null> {
  if (challenge && !(await challenges.turn(db, challenge, 'enrol', 'enrolled')))
    throw unauthenticated('It has taken too long; sign in again')
  const { recoveryCodes } = await factors.of(db, accountId)
  return recoveryCodes > 0 ? null : recovery.renew(db, accountId)
}

/** Makes the secret count. Answers recovery codes where there were none. Throws FORBIDDEN for a wrong code. */
export async function confirmTotp(around: Around, who: Enrolling, code: string): Promise<string[] | null> {
  const { accountId } = who
  const counter = factors.strangersAt(around.keys, accountId)
  const check = () => totp.check(around, accountId, code, { confirming: true })
  if (!(await factors.guessing(around.shared, counter, check))) throw forbidden('That is not the code')
  const codes = await enrolled(around.db, who)
  const { totpAt } = await factors.of(around.db, accountId)
  await written(around, who, { type: 'Totp', id: accountId, before: null, after: { totpAt } })
  return codes
}

/** Throws CONFLICT for who has too many already. */
export async function startPasskey(around: Around, who: Enrolling) {
  const known = await passkeys.listOf(around.db, who.accountId)
  if (known.length >= mostPasskeys) throw new NexusError('CONFLICT', `At most ${mostPasskeys} passkeys`)
  return passkeys.startRegistration(around, who.accountId, who.email)
}

export type AddedPasskey = { passkey: PasskeyRow; recoveryCodes: string[] | null }

/** Throws FORBIDDEN for what does not answer what was asked, and VALIDATION_ERROR. */
export async function addPasskey(
  around: Around,
  who: Enrolling,
  { name, passkey: response }: { name: string; passkey?: unknown },
): Promise<AddedPasskey> {
  const called = changed.name(name)
  if (called.length > 100) throw invalid('name', 'At most 100 characters')
  const passkey = await passkeys.register(around, who.accountId, called, response)
  if (!passkey) throw forbidden('The passkey was not accepted')
  const recoveryCodes = await enrolled(around.db, who)
  await written(around, who, { type: 'Passkey', id: passkey.id, before: null, after: passkey })
  return { passkey, recoveryCodes }
}

/** Throws CONFLICT for the last factor of who has to have one. */
async function keepsOne({ db }: Around, accountId: string, less: 'totp' | 'passkey'): Promise<void> {
  const { totpAt, passkeys: count } = await factors.of(db, accountId)
  const left = (totpAt && less !== 'totp' ? 1 : 0) + count - (less === 'passkey' ? 1 : 0)
  if (left <= 0 && (await factors.isRequired(db, accountId)))
    throw new NexusError('CONFLICT', 'Your organization asks for a second factor; add another one first')
}

/** Throws FORBIDDEN unless the password and a code are right, CONFLICT, and RATE_LIMITED. */
export async function removeTotp(
  around: Around,
  member: InSession,
  { password, ...given }: Given & { password: string },
): Promise<void> {
  const { accountId } = member
  oneOf({ code: given.code, recoveryCode: given.recoveryCode })
  await keepsOne(around, accountId, 'totp')
  await checkPassword(around, accountId, password)
  await checkSecond(around, member, given)
  const { totpAt } = await factors.of(around.db, accountId)
  await totp.remove(around.db, accountId)
  await written(around, member, { type: 'Totp', id: accountId, before: { totpAt }, after: null })
}

/** Whether there was one of that id. Throws REAUTHENTICATION_REQUIRED and CONFLICT. */
export async function removePasskey(around: Around, member: InSession, id: string): Promise<boolean> {
  const { accountId } = await within(around, member)
  const found = (await passkeys.listOf(around.db, accountId)).find((each) => each.id === id)
  if (!found) return false
  await keepsOne(around, accountId, 'passkey')
  if (!(await passkeys.remove(around.db, accountId, id))) return false
  await written(around, member, { type: 'Passkey', id, before: found, after: null })
  return true
}

/** Throws REAUTHENTICATION_REQUIRED, and CONFLICT for who has no second factor to recover from. */
export async function renewRecoveryCodes(around: Around, member: InSession): Promise<string[]> {
  const { accountId } = await within(around, member)
  if (secondMethods(await factors.of(around.db, accountId)).length === 0)
    throw new NexusError('CONFLICT', 'Set up a second factor first')
  const codes = await recovery.renew(around.db, accountId)
  const after = { renewedAt: new Date() }
  await written(around, member, { type: 'RecoveryCodes', id: accountId, before: {}, after })
  return codes
}
