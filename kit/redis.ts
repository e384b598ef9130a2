import { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'
import type { Log } from './log.ts'
import { memoryStore, redisStore, type Store } from './store.ts'

export type Limiter = RateLimiterRedis | RateLimiterMemory

/** What processes share: a Redis, or, without one, the memory of this process. */
export type Shared = {
  kind: 'redis' | 'memory'
  /** The counter of a name: `points` within `seconds` for each key. The same name is the same counter. */
  limiter(name: string, options: { points: number; seconds: number }): Limiter
  /** What may be forgotten at any time. */
  store: Store
  /** Throws when Redis does not answer. */
  check(): Promise<void>
  close(): Promise<void>
}

type MakeLimiter = Shared['limiter']

function remembered(make: MakeLimiter): MakeLimiter {
  const known = new Map<string, Limiter>()
  return (name, options) => {
    const limiter = known.get(name) ?? make(name, options)
    known.set(name, limiter)
    return limiter
  }
}

const inMemory: MakeLimiter = (keyPrefix, { points, seconds }) =>
  new RateLimiterMemory({ keyPrefix, points, duration: seconds })

/** Without Redis, or while it is out of reach, limits are kept by each process for itself: never unlimited. */
export function openShared(url: string | undefined, log: Log): Shared {
  if (!url)
    return {
      kind: 'memory',
      limiter: remembered(inMemory),
      store: memoryStore(),
      check: async () => {},
      close: async () => {},
    }
  const redis = new Redis(url, {
    ...{ maxRetriesPerRequest: 1, commandTimeout: 1_000, connectTimeout: 2_000 },
    // One that hangs is left, so that who comes after does not wait for it as well.
    socketTimeout: 1_000,
  })
  redis.on('error', (error) => log.warn({ reason: error.message }, 'Redis is out of reach'))
  return {
    kind: 'redis',
    limiter: remembered((name, options) => {
      const keyPrefix = `nexus:limit:${name}`
      const insuranceLimiter = inMemory(keyPrefix, options)
      const { points, seconds } = options
      return new RateLimiterRedis({
        storeClient: redis,
        keyPrefix,
        points,
        duration: seconds,
        insuranceLimiter,
        // Else each try would wait for Redis to come back.
        rejectIfRedisNotReady: true,
      })
    }),
    store: redisStore(redis),
    check: async () => {
      await redis.ping()
    },
    close: async () => {
      redis.disconnect()
    },
  }
}
