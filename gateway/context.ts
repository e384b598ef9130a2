import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { Client } from '#kit/client.ts'
import type { Viewer } from '#kit/viewer.ts'
import type { Entered } from './access.ts'

/** What a request carries from the door through the graph. */
export type GatewayContext = { viewer: Viewer; requestId: string; client?: Client }

declare module 'fastify' {
  interface FastifyRequest {
    viewer: Viewer
    /** How the viewer has come in; null for the anonymous. */
    entered: Entered | null
  }
  interface FastifyContextConfig {
    /** Whoever comes here need not be anybody: a token that is no longer good is as good as none. */
    open?: boolean
  }
}

const longestAgent = 512

// The same one for the same client: it is written into a header once.
const clients = new LRUCache<string, Client>({ max: 1_000 })

export function clientOf({ ip, headers }: FastifyRequest): Client {
  const userAgent = headers['user-agent']?.slice(0, longestAgent) ?? null
  const key = `${ip} ${userAgent}`
  const known = clients.get(key)
  if (known) return known
  // What a trusted proxy passes on was written by who knows whom.
  const client = { ip: isIP(ip) ? ip : 'unknown', userAgent }
  clients.set(key, client)
  return client
}

export const contextOf = (request: FastifyRequest): GatewayContext => ({
  viewer: request.viewer,
  requestId: request.id,
  client: clientOf(request),
})
