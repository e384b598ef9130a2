import { EventEmitter, once } from 'node:events'
import { RedisPubSub } from 'graphql-redis-subscriptions'
import { PubSub } from 'graphql-subscriptions'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { unavailable } from './errors.ts'
import type { Log } from './log.ts'
import { createQueue, type Queue } from './stream.ts'

/** Every event of the platform and what it carries: ids only, whoever hears it reads the rest as themselves. */
const alert = z.object({ alertId: z.uuid() })
const vulnerability = z.object({ vulnerabilityId: z.uuid() })
const acceptance = z.object({ riskAcceptanceId: z.uuid() })
const payloads = {
  'alert.created': alert,
  'alert.updated': alert,
  'alert.acknowledged': alert,
  'alert.assigned': alert,
  'alert.suppressed': alert,
  'alert.resolved': alert,
  'alert.reopened': alert,
  'alert.archived': alert,
  'alert.sla_at_risk': alert,
  'alert.sla_breached': alert,
  'vulnerability.updated': vulnerability,
  'vulnerability.reopened': vulnerability,
  'vulnerability.resolved': vulnerability,
  'vulnerability.kev_listed': vulnerability,
  'vulnerability.sla_at_risk': vulnerability,
  'vulnerability.sla_breached': vulnerability,
  'vulnerability.acceptance_expiring': acceptance,
  'vulnerability.acceptance_expired': acceptance,
}
export type EventName = keyof typeof payloads
export type Payload<Name extends EventName> = z.infer<(typeof payloads)[Name]>
/** An event as it is heard: with its name. */
export type Told<Name extends EventName> = { [Each in Name]: Payload<Each> & { event: Each } }[Name]

/** What happened, told to those of one organization who listen now. Nothing is kept for those who do not. */
export type Events = {
  /**
   * Call it after the commit. Never throws: what cannot be told is logged, for the change itself stands. Answers whether
   * it was told.
   */
  publish<Name extends EventName>(
    organizationId: string,
    name: Name,
    payload: Payload<Name>,
  ): Promise<boolean>
  /**
   * Events of these names, which are of one noun, in the order in which they were told. Resolves when every later one
   * will be heard. Throws SERVICE_UNAVAILABLE when Redis does not answer.
   */
  subscribe<Name extends EventName>(organizationId: string, ...names: Name[]): Promise<Queue<Told<Name>>>
  close(): Promise<void>
}

type Engine = Pick<PubSub, 'publish' | 'subscribe' | 'unsubscribe'>

const subscribeWithinMs = 2_000
/** What happens to one noun goes one way, so that it comes in order. */
const channelOf = (organizationId: string, name: EventName) =>
  `nexus:events:${organizationId}:${name.split('.')[0]}`
const envelope = z.object({ organizationId: z.uuid(), event: z.enum(Object.keys(payloads) as EventName[]) })

/** The bus over Redis, which carries events between processes, or without one inside this process. */
export function openEvents(url: string | undefined, log: Log): Events {
  if (!url) {
    const eventEmitter = new EventEmitter().setMaxListeners(0)
    return eventsOver(new PubSub({ eventEmitter }), log, { ready: async () => {}, close: async () => {} })
  }
  const connect = (options: { maxRetriesPerRequest: number | null; commandTimeout?: number }) =>
    new Redis(url, { connectTimeout: 2_000, ...options }).on('error', (error) =>
      log.warn({ reason: error.message }, 'Redis is out of reach'),
    )
  const publisher = connect({ maxRetriesPerRequest: 1, commandTimeout: 1_000 })
  // What it is asked while Redis is away waits until it is back.
  const subscriber = connect({ maxRetriesPerRequest: null })
  const engine = new RedisPubSub({ publisher, subscriber: quiet(subscriber) })
  return eventsOver(engine as unknown as Engine, log, {
    ready: async () => subscriber.status === 'ready' || once(subscriber, 'ready'),
    async close() {
      publisher.disconnect()
      subscriber.disconnect()
    },
  })
}

/**
 * RedisPubSub leaves promises that nobody waits for, and a rejected one would end the process. As the
 * connection retries for ever, they reject only when it is closed.
 */
function quiet(redis: Redis): Redis {
  const ignore = () => {}
  return {
    on: redis.on.bind(redis),
    subscribe: (channel: string, done: (error: null, count: unknown) => void) =>
      redis.subscribe(channel).then((count) => done(null, count), ignore),
    unsubscribe: (channel: string) => redis.unsubscribe(channel).catch(ignore),
    punsubscribe: async () => {},
  } as unknown as Redis
}

type Connection = { ready(): Promise<unknown>; close(): Promise<void> }

function eventsOver(engine: Engine, log: Log, { ready, close }: Connection): Events {
  return {
    async publish(organizationId, name, payload) {
      try {
        await engine.publish(channelOf(organizationId, name), { organizationId, event: name, ...payload })
        return true
      } catch (error) {
        log.warn({ event: name, reason: (error as Error).message }, 'an event could not be told')
        return false
      }
    },
    async subscribe<Name extends EventName>(organizationId: string, ...names: Name[]) {
      const [name] = names
      if (!name) throw new Error('There is nothing to listen to')
      const heard = (message: unknown) => {
        const told = envelope.safeParse(message).data
        const data = told?.organizationId === organizationId && payloads[told.event].safeParse(message).data
        if (!told || !data) log.warn({ event: name }, 'an event is not what it should be')
        else if (names.includes(told.event as Name))
          queue.push({ ...data, organizationId, event: told.event } as unknown as Told<Name>)
      }
      const id = engine.subscribe(channelOf(organizationId, name), heard)
      const queue = createQueue<Told<Name>>({
        onEnd: () => void id.then((known) => engine.unsubscribe(known)),
      })
      // A channel that somebody listens to already needs nothing of Redis, and would seem well without it.
      if (await isLate(Promise.all([id, ready()]))) {
        await queue.return()
        throw unavailable('Live updates are out of reach')
      }
      return queue
    },
    close,
  }
}

async function isLate(work: Promise<unknown>): Promise<boolean> {
  const done = work.then(
    () => false,
    () => true,
  )
  const late = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => late.resolve(true), subscribeWithinMs)
  return Promise.race([late.promise, done]).finally(() => clearTimeout(timer))
}
