import { sql } from 'kysely'
import { type Noted, note, recording } from '#kit/audit.ts'
import { type Db, inTenant } from '#kit/database.ts'
import { forbidden, invalid, NexusError, notFound } from '#kit/errors.ts'
import { isId } from '#kit/id.ts'
import type { Member } from '#kit/viewer.ts'
import type { Tables, UserRow } from '../tables.ts'
import type { Around } from './around.ts'
import { current, governs } from './authority.ts'
import { changed } from './change.ts'
import * as factors from './factor.ts'
import { hashChosen } from './password.ts'
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
  { organizationId: here, except }: { organizationId: string; except?: string },
  change: Noted,
): Promise<number> {
  const memberships = await users.memberships(db, accountId)
  const end = ({ organizationId, id: userId }: users.Membership) =>
    inTenant(db, { organizationId }, (trx) => {
      if (organizationId === here) note(change)
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
 * Takes all second factors of a member away, and ends their sessions everywhere. An account belongs to the
 * organization that it joined first: who adds it to another one gains nothing by that. Throws NOT_FOUND, FORBIDDEN and
 * REAUTHENTICATION_REQUIRED.
 */
export async function resetSecondFactors(db: Db<Tables>, by: Member, userId: string): Promise<UserRow> {
  const user = await inTenant(db, { organizationId: by.organizationId }, async (trx) => {
    const as = await current(trx, by)
    const [found] = isId(userId) ? await users.find(trx, [userId]) : []
    if (!found) throw notFound('User')
    governs(as, found.role)
    if (found.id === by.userId) throw forbidden('Somebody else has to reset your factors')
    await requireFreshPerson(trx, by)
    return found
  })
  const [first] = await users.memberships(db, user.accountId)
  if (first?.organizationId !== by.organizationId)
    throw forbidden('Only the organization that the account joined first may do this')
  const before = await factors.of(db, user.accountId)
  await factors.removeAll(db, user.accountId)
  const change = { type: 'SecondFactors', id: user.id, before, after: null }
  await endAll(db, user.accountId, { organizationId: by.organizationId }, change)
  return user
}
