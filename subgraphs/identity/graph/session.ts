import { notFound } from '#kit/errors.ts'
import { permissionsOf, signedIn } from '#kit/viewer.ts'
import { revoke, revokeAllOf } from '../model/revoke.ts'
import * as sessions from '../model/session.ts'
import type { SessionRow } from '../tables.ts'
import { builder } from './builder.ts'
import { inSession } from './in-session.ts'
import { Standing } from './standing.ts'

const Session = builder.objectRef<SessionRow>('Session').implement({
  needs: 'signedIn',
  description: 'That somebody has come in, from one browser or program.',
  fields: (t) => ({
    id: t.exposeID('id'),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When they signed in.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      description: 'When its tokens were last renewed, which an active session does every few minutes.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When it ends, whatever happens.' }),
    endedAt: t.expose('endedAt', { type: 'DateTime', nullable: true }),
    ip: t.exposeString('ip', { nullable: true, description: 'Where it was last used.' }),
    userAgent: t.exposeString('userAgent', { nullable: true }),
    current: t.boolean({
      description: 'Whether it is the one that asks.',
      resolve: ({ id }, _args, { viewer }) => id === signedIn(viewer).sessionId,
    }),
  }),
})

builder.queryFields((t) => ({
  sessions: t.field({
    type: [Session],
    description: 'The viewer’s sessions that go on, the newest first.',
    authScopes: { signedIn: true },
    resolve: (_root, _args, context) => {
      const { userId } = inSession(context.viewer)
      return context.tenant((trx) => sessions.listOf(trx, userId))
    },
  }),
  standing: t.field({
    type: Standing,
    nullable: true,
    description:
      'Whether the session of a token goes on; null when it has ended. For the gateway’s door only.',
    inaccessible: true,
    authScopes: { $all: { peer: 'door', signedIn: true } },
    resolve: async (_root, _args, context) => {
      const { sessionId, userId } = signedIn(context.viewer)
      if (!sessionId) return null
      const standing = await context.tenant((trx) => sessions.standing(trx, sessionId, userId))
      return standing && { ...standing, permissions: permissionsOf[standing.role] }
    },
  }),
}))

const RevokeSessionInput = builder.inputType('RevokeSessionInput', {
  description: 'The session to end.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})
const RevokeSessionPayload = builder.objectRef<{ session: SessionRow }>('RevokeSessionPayload').implement({
  needs: 'inherited',
  description: 'A session that was ended.',
  fields: (t) => ({ session: t.field({ type: Session, resolve: ({ session }) => session }) }),
})
const RevokeUserSessionsInput = builder.inputType('RevokeUserSessionsInput', {
  description: 'Whose sessions to end.',
  fields: (t) => ({ userId: t.id({ required: true }) }),
})
const RevokeSessionsPayload = builder
  .objectRef<{ sessions: SessionRow[] }>('RevokeSessionsPayload')
  .implement({
    needs: 'inherited',
    description: 'Sessions that were ended.',
    fields: (t) => ({ sessions: t.field({ type: [Session], resolve: ({ sessions }) => sessions }) }),
  })

builder.mutationFields((t) => ({
  revokeSession: t.field({
    type: RevokeSessionPayload,
    description:
      'Ends a session: one’s own, or a member’s for who manages users and may do all that they may.',
    authScopes: { signedIn: true },
    args: { input: t.arg({ type: RevokeSessionInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer }) => {
      const session = await tenant((trx) => revoke(trx, signedIn(viewer), input.id))
      if (!session) throw notFound('Session')
      return { session }
    },
  }),
  revokeOtherSessions: t.field({
    type: RevokeSessionsPayload,
    description: 'Ends all of the viewer’s sessions but the one that asks.',
    authScopes: { signedIn: true },
    resolve: async (_root, _args, { tenant, viewer }) => {
      const { userId, sessionId: except } = inSession(viewer)
      return { sessions: await tenant((trx) => sessions.end(trx, { userId, except }, 'revoked')) }
    },
  }),
  revokeUserSessions: t.field({
    type: RevokeSessionsPayload,
    description: 'Ends all sessions of a member whom the viewer may manage.',
    authScopes: { permission: 'users:write' },
    args: { input: t.arg({ type: RevokeUserSessionsInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer }) => ({
      sessions: await tenant((trx) => revokeAllOf(trx, signedIn(viewer), input.userId)),
    }),
  }),
}))
