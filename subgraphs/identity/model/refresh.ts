import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Client } from '#kit/client.ts'
import { type Db, inTenant, type Trx } from '#kit/database.ts'
import { unauthenticated } from '#kit/errors.ts'
import { rotation } from '../rules.ts'
import type { Tables, UserRow } from '../tables.ts'
import { hashOf } from './secret.ts'
import * as sessions from './session.ts'
import { find as findUsers } from './user.ts'

const over = () => unauthenticated('The session has ended')

export type Refreshed = sessions.Opened & { user: UserRow }

/**
 * Takes a refresh token and gives the next one. Throws UNAUTHENTICATED, the same for what was never a token, for a
 * session that is over, and for a token that comes back too late, which ends its session.
 */
export async function refresh(db: Db<Tables>, token: string, client: Client | null): Promise<Refreshed> {
  const found = await sessions.ofToken(db, token)
  if (!found) throw over()
  const { organizationId, sessionId } = found
  // What a replay ends stays ended: the refusal comes after the commit.
  const refreshed = await inTenant(db, { organizationId }, (trx) => rotate(trx, sessionId, token, client))
  if (!refreshed) throw over()
  return refreshed
}

async function rotate(
  trx: Trx<Tables>,
  sessionId: string,
  secret: string,
  client: Client | null,
): Promise<Refreshed | null> {
  // One after the other: what the next one sees is what this one leaves.
  await trx.selectFrom('sessions').select('id').where('id', '=', sessionId).forUpdate().execute()
  const session = await sessions
    .live(trx)
    .selectAll('sessions')
    .where('sessions.id', '=', sessionId)
    .executeTakeFirst()
  if (!session) return null
  const hash = hashOf(secret)
  const token = await trx
    .selectFrom('refreshTokens')
    .select(['generation', 'usedAt', sql<Date>`clock_timestamp()`.as('now')])
    .where('hash', '=', hash)
    .executeTakeFirstOrThrow()
  const what = rotation(token, session, token.now)
  if (what === 'replayed') {
    await sessions.end(trx, { id: sessionId }, 'replayed')
    return null
  }
  if (!token.usedAt)
    await trx.updateTable('refreshTokens').set({ usedAt: token.now }).where('hash', '=', hash).execute()
  const generation = session.generation + (what === 'advance' ? 1 : 0)
  const renewed = await trx
    .updateTable('sessions')
    .set({
      generation,
      lastUsedAt: token.now,
      ...(what === 'advance' && { rotatedAt: token.now }),
      ...(client && { ip: client.ip, userAgent: client.userAgent }),
    })
    .where('id', '=', sessionId)
    .returningAll()
    .executeTakeFirstOrThrow()
  const { userId } = session
  note({ type: 'Session', id: sessionId, before: session, after: renewed, actor: { userId } })
  const [user] = await findUsers(trx, [userId])
  return { session: renewed, refreshToken: await sessions.addToken(trx, renewed), user: user! }
}
