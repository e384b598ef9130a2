/** Keys for a gateway whose standing is nobody's: each secret is a key of its own. */
import { randomBytes } from 'node:crypto'
import { unauthenticated } from '#kit/errors.ts'
import type { Tier } from '#kit/viewer.ts'
import type { GatewayOptions } from '../app.ts'
import type { Rates } from '../rates.ts'
import { member } from './gateway.ts'

/** Rates of a few questions, in windows that no test outlasts. */
export const fewOf = (points: number, burst: number, atOnce = 2): Rates => {
  const rate = { window: { points, seconds: 600 }, burst: { points: burst, seconds: 600 } }
  return { standard: rate, enterprise: rate, internal: { atOnce } }
}

const made = new Map<string, Awaited<ReturnType<NonNullable<GatewayOptions['standing']>['key']>>>()

/** The header of a new key. */
export function newKey(tier: Tier = 'standard'): { authorization: string } {
  const secret = `nxs_${randomBytes(32).toString('base64url')}`
  const { sessionId: _, ...of } = member()
  const apiKeyId = of.userId
  made.set(secret, {
    member: { ...of, role: 'api', apiKeyId, tier },
    until: new Date(Date.now() + 3_600_000),
  })
  return { authorization: `Bearer ${secret}` }
}

export const standing: GatewayOptions['standing'] = {
  session: async (of) => of,
  key: async (secret) => made.get(secret) ?? Promise.reject(unauthenticated()),
}
