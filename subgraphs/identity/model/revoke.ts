import type { Trx } from '#kit/database.ts'
import { notFound } from '#kit/errors.ts'
import { isId } from '#kit/id.ts'
import { type Member, may } from '#kit/viewer.ts'
import type { SessionRow, Tables } from '../tables.ts'
import { current, governs } from './authority.ts'
import * as sessions from './session.ts'
import * as users from './user.ts'

/**
 * Ends one session. Null when the viewer may see none of that id: it is neither their own nor of anybody whom they
 * manage. Throws FORBIDDEN for the session of who may do more than they.
 */
export async function revoke(trx: Trx<Tables>, by: Member, id: string): Promise<SessionRow | null> {
  const session = await sessions.find(trx, id)
  if (!session) return null
  if (session.userId !== by.userId || !by.sessionId) {
    if (!may(by, 'users:write')) return null
    const [user] = await users.find(trx, [session.userId])
    governs(await current(trx, by), user!.role)
  }
  const [ended] = await sessions.end(trx, { id }, 'revoked')
  return ended ?? session
}

/** Ends all sessions of a member. Throws NOT_FOUND, and FORBIDDEN for who may do more than the viewer. */
export async function revokeAllOf(trx: Trx<Tables>, by: Member, userId: string): Promise<SessionRow[]> {
  const as = await current(trx, by)
  const [user] = isId(userId) ? await users.find(trx, [userId]) : []
  if (!user) throw notFound('User')
  governs(as, user.role)
  return sessions.end(trx, { userId }, 'revoked')
}
