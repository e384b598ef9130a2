import { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'
import type { Log } from './log.ts'

/** What processes share: a Redis, or, without one, the memory of this process. */
export type Shared = {
  kind: 'redis' | 'memory'
  limiter(name: string, options: { points: number; seconds: number }): RateLimiterRedis | RateLimiterMemory
  /** Throws when Redis does not answer. */
  check(): Promise<void>
  close(): Promise<void>
}

export function openShared(url: string | undefined, log: Log): Shared {
  if (!url) {
    return {
      kind: 'memory',
      limiter: (keyPrefix, { points, seconds }) =>
        new RateLimiterMemory({ keyPrefix, points, duration: seconds }),
      check: async () => {},
      close: async () => {},
    }
  }
  const redis = new Redis(url, { maxRetriesPerRequest: 1, commandTimeout: 1_000, enableOfflineQueue: false })
  redis.on('error', (error) => log.warn({ reason: error.message }, 'Redis is out of reach'))
  return {
    kind: 'redis',
    limiter: (name, { points, seconds }) => {
      const keyPrefix = `nexus:limit:${name}`
      const insuranceLimiter = new RateLimiterMemory({ keyPrefix, points, duration: seconds })
      return new RateLimiterRedis({
        storeClient: redis,
        keyPrefix,
        points,
        duration: seconds,
        insuranceLimiter,
      })
    },
    check: async () => {
      await redis.ping()
    },
    close: async () => {
      redis.disconnect()
    },
  }
}
