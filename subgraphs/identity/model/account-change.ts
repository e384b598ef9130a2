import { sql } from 'kysely'
import { type Noted, note, recording } from '#kit/audit.ts'
import { type Db, inTenant } from '#kit/database.ts'
import { forbidden, invalid, NexusError, notFound, unauthenticated } from '#kit/errors.ts'
import { isId } from '#kit/id.ts'
import type { Member } from '#kit/viewer.ts'
import type { Tables, UserRow } from '../tables.ts'
import { isOwn, type PasswordToken } from './account.ts'
import type { Around } from './around.ts'
import { current, governs } from './authority.ts'
import { changed } from './change.ts'
import * as factors from './factor.ts'
import { hashChosen } from './password.ts'
import { accountOf, spend, startReset } from './password-token.ts'
import { checkPassword, type InSession, requireFresh, requireFreshPerson } from './proof.ts'
import * as sessions from './session.ts'
import * as users from './user.ts'

/**
 * Ends what an account has open in all of its organizations, but for one session. It is `change` that is written down,
 * with the ends in the organization of who asks.
 */
async function endAll(
  db: Db<Tables>,
  accountId: string,
  { organizationId: here, except }: { organizationId?: string; except?: string } = {},
  change?: Noted,
): Promise<number> {
  const memberships = await users.memberships(db, accountId)
  const end = ({ organizationId, id: userId }: users.Membership) =>
    inTenant(db, { organizationId }, (trx) => {
      if (change && organizationId === here) note(change)
      return sessions.end(trx, { userId, except }, 'revoked')
    })
  let count = 0
  for (const each of memberships) {
    const ended = await (each.organizationId === here ? end(each) : recording(null, () => end(each)))
    count += ended.length
  }
  return count
}

/**
 * Gives an account another password, and ends all its other sessions. Throws REAUTHENTICATION_REQUIRED, FORBIDDEN for
 * a wrong password, VALIDATION_ERROR and RATE_LIMITED.
 */
export async function changePassword(
  around: Around,
  member: InSession,
  wanted: { current: string; new: string },
): Promise<number> {
  const { db } = around
  const { organizationId, accountId, sessionId } = member
  await inTenant(db, { organizationId }, (trx) => requireFresh(trx, member))
  const next = changed.password(wanted.new)
  if (next === wanted.current) throw invalid('new', 'Must be another one')
  const before = await checkPassword(around, accountId, wanted.current)
  const [user] = await inTenant(db, { organizationId }, (trx) => users.find(trx, [member.userId]))
  const after = await hashChosen(next, [user!.email, user!.name ?? ''])
  const { rows } = await sql<{ done: boolean }>`
    select identity.change_password(${accountId}, ${before}, ${after}) as done`.execute(db)
  if (!rows[0]?.done) throw new NexusError('CONFLICT', 'It has changed meanwhile')
  const change = { type: 'Account', id: accountId, before: {}, after: { changedAt: new Date() } }
  return endAll(db, accountId, { organizationId, except: sessionId }, change)
}

/**
 * A member whose account the viewer may change. An account belongs to the organization that it joined first: who adds
 * it to another one gains nothing by that. Throws NOT_FOUND, FORBIDDEN and REAUTHENTICATION_REQUIRED.
 */
async function governed(db: Db<Tables>, by: Member, userId: string): Promise<UserRow> {
  const user = await inTenant(db, { organizationId: by.organizationId }, async (trx) => {
    const as = await current(trx, by)
    const [found] = isId(userId) ? await users.find(trx, [userId]) : []
    if (!found) throw notFound('User')
    governs(as, found.role)
    if (found.id === by.userId) throw forbidden('Somebody else has to reset what is yours')
    await requireFreshPerson(trx, by)
    return found
  })
  const [first] = await users.memberships(db, user.accountId)
  if (first?.organizationId !== by.organizationId)
    throw forbidden('Only the organization that the account joined first may do this')
  return user
}

/** Takes all second factors of a member away, and ends their sessions everywhere. Throws what `governed` throws. */
export async function resetSecondFactors(db: Db<Tables>, by: Member, userId: string): Promise<UserRow> {
  const user = await governed(db, by, userId)
  const before = await factors.of(db, user.accountId)
  await factors.removeAll(db, user.accountId)
  const change = { type: 'SecondFactors', id: user.id, before, after: null }
  await endAll(db, user.accountId, { organizationId: by.organizationId }, change)
  return user
}

export type StartedReset = { user: UserRow; passwordToken: PasswordToken }

/**
 * Gives a token that sets another password of a member within an hour; tokens before it end. Nothing else changes
 * until it is used. Throws what `governed` throws, and CONFLICT for who is disabled or has no password to reset.
 */
export async function startPasswordReset(db: Db<Tables>, by: Member, userId: string): Promise<StartedReset> {
  const user = await governed(db, by, userId)
  if (user.disabledAt) throw new NexusError('CONFLICT', 'The user is disabled')
  if (await isOwn(db, user.accountId))
    throw new NexusError('CONFLICT', 'The user signs in by the organization’s provider')
  const { organizationId } = by
  return inTenant(db, { organizationId }, async (trx) => {
    const passwordToken = await startReset(trx, user.accountId)
    const after = { expiresAt: passwordToken.expiresAt }
    note({ type: 'PasswordReset', id: user.id, before: null, after })
    return { user, passwordToken }
  })
}

/**
 * Sets the password of a token’s account, and ends all its sessions. A second factor is asked for as before. Throws
 * UNAUTHENTICATED for a token that was used or never given, and VALIDATION_ERROR.
 */
export async function setPassword(db: Db<Tables>, token: string, wanted: string): Promise<void> {
  const password = changed.password(wanted)
  const over = () => unauthenticated('The token is not valid or has expired')
  // Hashing is dear: not for strangers.
  const accountId = await accountOf(db, token)
  if (!accountId) throw over()
  const [first] = await users.memberships(db, accountId)
  const [user] = first
    ? await inTenant(db, { organizationId: first.organizationId }, (trx) => users.find(trx, [first.id]))
    : []
  const passwordHash = await hashChosen(password, user ? [user.email, user.name ?? ''] : [])
  if (!first) {
    if (!(await spend(db, token, passwordHash))) throw over()
    return
  }
  const of = { organizationId: first.organizationId, userId: first.id }
  await inTenant(db, of, async (trx) => {
    if (!(await spend(trx, token, passwordHash))) throw over()
    note({ type: 'Account', id: of.userId, before: null, after: { password: true }, actor: of })
  })
  await endAll(db, accountId)
}
