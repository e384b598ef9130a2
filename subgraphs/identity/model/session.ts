import { type Expression, type SqlBool, sql } from 'kysely'
import { type Noted, note } from '#kit/audit.ts'
import type { Client } from '#kit/client.ts'
import { type Db, inTenant, type Trx } from '#kit/database.ts'
import { isId, newId } from '#kit/id.ts'
import type { Role } from '#kit/viewer.ts'
import { sessionHours } from '../rules.ts'
import type { EndReason, SessionRow, Tables, UserRow } from '../tables.ts'
import { hashOf, newSecret } from './secret.ts'
import { sessionIdleMinutes } from './settings.ts'
import { entersAs } from './sso-required.ts'
import { grantsOf } from './team.ts'

/**
 * Neither ended, nor run out, nor left alone for too long, nor of somebody who may not enter any more, or not in the
 * way that they did.
 */
const isLive = sql<boolean>`sessions.ended_at is null and sessions.expires_at > now()
  and users.disabled_at is null and ${entersAs(sql`sessions.connection_id`)}
  and sessions.last_used_at + make_interval(mins => ${sessionIdleMinutes}) > now()`

export const live = (db: Db<Tables>) =>
  db
    .selectFrom('sessions')
    .innerJoin('users', (join) =>
      join
        .onRef('users.organizationId', '=', 'sessions.organizationId')
        .onRef('users.id', '=', 'sessions.userId'),
    )
    .innerJoin('organizations', 'organizations.id', 'sessions.organizationId')
    .where(isLive)

/** The role of who came in by a session, and whether they have grants; null when it has ended. */
export const standing = async (
  trx: Trx<Tables>,
  id: string,
  userId: string,
): Promise<{ role: Role; hasGrants: boolean } | null> => {
  const found = await live(trx)
    .select('users.role')
    .select(({ exists }) => exists(grantsOf(trx, sql.ref('users.id')).select('grants.id')).as('hasGrants'))
    .where('sessions.id', '=', id)
    .where('sessions.userId', '=', userId)
    .executeTakeFirst()
  return found ? { role: found.role, hasGrants: Boolean(found.hasGrants) } : null
}

/** The sessions of a user that go on, the newest first. */
export const listOf = (trx: Trx<Tables>, userId: string): Promise<SessionRow[]> =>
  live(trx)
    .selectAll('sessions')
    .where('sessions.userId', '=', userId)
    .orderBy('sessions.createdAt', 'desc')
    .orderBy('sessions.id', 'desc')
    .execute()

export type Opened = { session: SessionRow; refreshToken: string }

export async function open(
  trx: Trx<Tables>,
  { id: userId, organizationId }: Pick<UserRow, 'id' | 'organizationId'>,
  client: Client | null,
  by: { connectionId: string; proves: boolean } | null = null,
): Promise<Opened> {
  const session = await trx
    .insertInto('sessions')
    .values({
      id: newId(),
      organizationId,
      userId,
      connectionId: by?.connectionId ?? null,
      // A provider speaks for its organization, and not for an account that others trust as well.
      ...(by && !by.proves && { provedAt: new Date(0) }),
      expiresAt: sql<Date>`now() + make_interval(hours => ${sessionHours})`,
      ip: client?.ip ?? null,
      userAgent: client?.userAgent ?? null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'Session', id: session.id, before: null, after: session, actor: { userId } })
  return { session, refreshToken: await addToken(trx, session) }
}

/** A new refresh token of a session's generation. */
export async function addToken(
  trx: Trx<Tables>,
  { id, organizationId, generation }: Pick<SessionRow, 'id' | 'organizationId' | 'generation'>,
): Promise<string> {
  const token = newSecret()
  const row = { organizationId, hash: hashOf(token), sessionId: id, generation }
  await trx.insertInto('refreshTokens').values(row).execute()
  return token
}

/** Whose token it is, before a tenant is known. */
export const ofToken = (db: Db<Tables>, token: string) =>
  inTenant(db, { credential: hashOf(token).toString('hex') }, (trx) =>
    trx
      .selectFrom('refreshTokens')
      .select(['organizationId', 'sessionId'])
      .where('hash', '=', hashOf(token))
      .executeTakeFirst(),
  )

/** Which sessions: one, all of some users, or all but one of a user. */
export type Which =
  | { id: string }
  | { userIds: readonly string[] }
  | { userId: string; except?: string | undefined }

const chosen = (which: Which): Expression<SqlBool> => {
  if ('id' in which) return sql<boolean>`id = ${which.id}`
  if ('userIds' in which) return sql<boolean>`user_id = any(${which.userIds}::uuid[])`
  const { userId, except } = which
  return except ? sql<boolean>`user_id = ${userId} and id <> ${except}` : sql<boolean>`user_id = ${userId}`
}

/** Who has a token is the session's user; a replay is refused to them, and ends the session all the same. */
const how = ({ userId }: SessionRow, reason: EndReason): Pick<Noted, 'actor' | 'code'> => {
  if (reason === 'signed_out') return { actor: { userId } }
  return reason === 'replayed' ? { actor: { userId }, code: 'UNAUTHENTICATED' } : {}
}

/** Ends those that have not ended yet, and answers them. */
export const end = async (trx: Trx<Tables>, which: Which, endReason: EndReason): Promise<SessionRow[]> => {
  const ending = trx
    .updateTable('sessions')
    .set({ endedAt: sql<Date>`now()`, endReason })
    .where('endedAt', 'is', null)
    .returningAll()
  const ended = await ending.where(chosen(which)).execute()
  for (const after of ended) {
    const before = { ...after, endedAt: null, endReason: null }
    note({ type: 'Session', id: after.id, before, after, ...how(after, endReason) })
  }
  return ended
}

/** Who has a session; null for what is none of the organization, ended or not. */
export const find = async (trx: Trx<Tables>, id: string): Promise<SessionRow | null> => {
  if (!isId(id)) return null
  return (await trx.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
}
