/** What is kept where all processes share it: names of keys and channels, and what they hold. */
import type { EventEmitter } from 'node:events'
import { PubSub } from 'graphql-subscriptions'
import { Redis } from 'ioredis'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { leaksIn } from './canary.ts'
import type { Ledger } from './ledger.ts'
import type { Scratch } from './scratch.ts'

const kind = 'keys'
export type Watch = { names: Set<string>; stop(): void }

/** Remembers the names that are used inside of this process; begin before a house opens. */
export function watchMemory(): Watch {
  const names = new Set<string>()
  const { getKey } = RateLimiterMemory.prototype as unknown as { getKey(key: string): string }
  const { publish, subscribe } = PubSub.prototype
  Object.assign(RateLimiterMemory.prototype, {
    getKey(this: never, key: string) {
      const name = getKey.call(this, key)
      names.add(name)
      return name
    },
  })
  Object.assign(PubSub.prototype, {
    publish(this: never, channel: string, payload: unknown) {
      names.add(channel)
      return publish.call(this, channel, payload)
    },
    subscribe(this: never, channel: string, heard: () => void) {
      names.add(channel)
      return subscribe.call(this, channel, heard)
    },
  })
  const stop = () => {
    Object.assign(RateLimiterMemory.prototype, { getKey })
    Object.assign(PubSub.prototype, { publish, subscribe })
  }
  return { names, stop }
}

const commands = new Set([
  'publish',
  'subscribe',
  'psubscribe',
  'unsubscribe',
  'get',
  'mget',
  'set',
  'incrby',
  'eval',
  'evalsha',
  'pttl',
  'pexpire',
  'del',
  'hset',
  'hget',
  'sadd',
  'zadd',
  'lpush',
  'xadd',
])

/** Remembers the names that Redis is asked for. */
export async function watchRedis(url: string): Promise<Watch> {
  const redis = new Redis(url)
  const monitor = (await redis.monitor()) as unknown as EventEmitter & { disconnect(): void }
  const names = new Set<string>()
  monitor.on('monitor', (_time: string, [command, ...given]: string[]) => {
    const name = command?.toLowerCase() ?? ''
    if (!commands.has(name)) return
    const keys = name === 'mget' ? given : given.slice(0, 1)
    const counted = name.startsWith('eval') ? given.slice(2, 2 + Number(given[1])) : keys
    for (const each of counted) names.add(each)
  })
  return {
    names,
    stop: () => {
      monitor.disconnect()
      redis.disconnect()
    },
  }
}

const random = /[0-9a-f]{32,}|[0-9a-f]{8}-[0-9a-f-]{27}|[\w-]{22,}/i

export async function attackKeys(scratch: Scratch, watch: Watch, ledger: Ledger): Promise<void> {
  const { redis, secrets } = scratch
  const client = redis && new Redis(redis.url)
  for (const name of (await client?.keys('*')) ?? []) watch.names.add(name)
  for (const name of ((await client?.pubsub('CHANNELS')) as string[] | undefined) ?? []) watch.names.add(name)
  ledger.open(
    kind,
    redis
      ? 'Redis: keys and channels of the whole run'
      : 'this process, as no redis-server is installed: counters and channels',
    watch.names,
  )
  for (const name of watch.names) {
    ledger.attacked(kind, name)
    ledger.control(kind, 1)
    if (!random.test(name))
      ledger.leak(kind, name, 'its name carries neither a tenant nor anything that is drawn or hashed', [])
    const held = client ? await holdingOf(client, name) : ''
    const leaked = leaksIn(`${name}\n${held}`, secrets)
    const isTheirs = name.includes(scratch.victim.id)
    if (leaked.length > 0 && !isTheirs)
      ledger.leak(kind, name, 'it holds what is the victim’s, and does not say so', leaked)
  }
  client?.disconnect()
}

async function holdingOf(redis: Redis, name: string): Promise<string> {
  const type = await redis.type(name)
  if (type === 'string') return (await redis.get(name)) ?? ''
  if (type === 'hash') return JSON.stringify(await redis.hgetall(name))
  if (type === 'list') return (await redis.lrange(name, 0, -1)).join()
  if (type === 'set') return (await redis.smembers(name)).join()
  return type === 'zset' ? (await redis.zrange(name, 0, -1)).join() : ''
}
