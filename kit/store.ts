import type { Redis } from 'ioredis'
import { LRUCache } from 'lru-cache'

/** Texts that may be forgotten at any time. Everything throws when it is out of reach, and soon. */
export type Store = {
  read(keys: readonly string[]): Promise<(string | null)[]>
  write(key: string, text: string, seconds: number): Promise<void>
  /** Writes unless there is something, and answers what is there then. */
  settle(key: string, text: string, seconds: number): Promise<string>
}

/** Bytes of this process, about. */
const mostBytes = 16 * 1024 * 1024
/** Milliseconds: nobody waits longer for what can be computed, and one that hangs is then left alone for a while. */
const patience = 250
const rest = 1_000

export function memoryStore(): Store {
  const texts = new LRUCache<string, string>({
    maxSize: mostBytes,
    sizeCalculation: (text, key) => 2 * (text.length + key.length) + 200,
  })
  const write = (key: string, text: string, seconds: number) => {
    texts.set(key, text, { ttl: seconds * 1_000 })
  }
  return {
    read: async (keys) => keys.map((key) => texts.get(key) ?? null),
    write: async (key, text, seconds) => write(key, text, seconds),
    settle: async (key, text, seconds) => {
      if (!texts.has(key)) write(key, text, seconds)
      return texts.get(key) ?? text
    },
  }
}

export function redisStore(redis: Redis): Store {
  let restsUntil = 0
  const ask = async <Answer>(command: () => Promise<Answer>): Promise<Answer> => {
    // What it is asked while it is away would wait for it to come back.
    if (redis.status !== 'ready' || performance.now() < restsUntil) throw new Error('Redis is out of reach')
    const late = Promise.withResolvers<never>()
    // Its answer may be there already, where this process itself was busy.
    const timer = setTimeout(() => setImmediate(() => late.reject(new Error('Redis is late'))), patience)
    const asked = command()
    asked.catch(() => {})
    try {
      return await Promise.race([asked, late.promise])
    } catch (error) {
      restsUntil = performance.now() + rest
      throw error
    } finally {
      clearTimeout(timer)
    }
  }
  return {
    read: (keys) => ask(() => redis.mget([...keys])),
    write: async (key, text, seconds) => {
      await ask(() => redis.set(key, text, 'EX', seconds))
    },
    settle: async (key, text, seconds) => {
      await ask(() => redis.set(key, text, 'EX', seconds, 'NX'))
      return (await ask(() => redis.get(key))) ?? text
    },
  }
}
