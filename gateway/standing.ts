import { createHash } from 'node:crypto'
import { z } from 'zod'
import { forbidden, unauthenticated } from '#kit/errors.ts'
import type { Log } from '#kit/log.ts'
import { liesIn } from '#kit/network.ts'
import type { Keys } from '#kit/tokens.ts'
import type { Transport } from '#kit/transport.ts'
import { anonymous, type Member, type Permission, roles, tiers } from '#kit/viewer.ts'
import { asking } from './asking.ts'
import { remembered } from './remembered.ts'

/** What identity knows now of who comes with a credential. */
export type Standing = {
  /**
   * The member as they are now, not as their token once said. Throws UNAUTHENTICATED when their session has ended,
   * and SERVICE_UNAVAILABLE when nobody can say.
   */
  session(member: Member): Promise<Member>
  /** Whom a key acts for, and until when. Throws as `session` does, and FORBIDDEN for another address than its own. */
  key(secret: string, ip: string): Promise<{ member: Member; until: Date }>
}

/** How old an answer may be, in milliseconds. */
const freshMs = 1_000
/** What was true when identity was last there holds no longer than an access token does. */
const staleMs = 300_000
const most = 50_000

const permissions = z.array(z.string()).transform((list) => list as Permission[])
const session = z.object({
  standing: z
    .object({
      role: z.string().toLowerCase().pipe(z.enum(roles)),
      permissions,
      hasGrants: z.boolean(),
    })
    .nullable(),
})
const key = z.object({
  keyStanding: z
    .object({
      id: z.string(),
      organizationId: z.string(),
      userId: z.string(),
      accountId: z.string(),
      permissions,
      allowedIps: z.array(z.string()),
      tier: z.enum(tiers),
      expiresAt: z.coerce.date(),
    })
    .nullable(),
})
const questions = {
  session: '{ standing { role permissions hasGrants } }',
  key: `query ($hash: String!) { keyStanding(hash: $hash) {
    id organizationId userId accountId permissions allowedIps tier expiresAt } }`,
}

/**
 * Asks identity, at most once a second for each session or key. While identity is away the last good answer goes on
 * for as long as an access token would; a credential that this process has not seen lets nobody in.
 */
export function createStanding(options: {
  identity: Transport
  keys: Keys
  log: Log
  clock?: () => number
}): Standing {
  const { identity, keys, log, clock = Date.now } = options
  const ask = asking(identity, keys)
  const onFailure = (error: unknown) => log.warn({ err: error }, 'identity does not say who stands')
  const common = { freshMs, staleMs, most, clock, onFailure }

  const ofSession = remembered({
    ...common,
    ask: async (member: Member) => (await ask(session, member, questions.session)).standing,
  })
  const ofKey = remembered({
    ...common,
    ask: async (hash: string) => (await ask(key, anonymous, questions.key, { hash })).keyStanding,
  })
  return {
    async session(member) {
      const standing = await ofSession(`${member.organizationId}/${member.sessionId}`, member)
      if (!standing) throw unauthenticated('The session has ended')
      const { hasGrants, ...now } = standing
      return { ...member, ...now, ...(hasGrants && { hasGrants }) }
    },
    async key(secret, ip) {
      const hash = createHash('sha256').update(secret).digest('hex')
      const standing = await ofKey(hash, hash)
      if (!standing || standing.expiresAt.getTime() <= clock())
        throw unauthenticated('The key is not valid, or no longer')
      const { id: apiKeyId, allowedIps, expiresAt: until, ...of } = standing
      if (allowedIps.length > 0 && !liesIn(allowedIps, ip))
        throw forbidden('The key may not be used from this address')
      return { member: { kind: 'member', role: 'api', apiKeyId, ...of }, until }
    },
  }
}
