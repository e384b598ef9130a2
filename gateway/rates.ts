import { NexusError } from '#kit/errors.ts'
import type { Shared } from '#kit/redis.ts'
import type { Keys } from '#kit/tokens.ts'
import type { Tier, Viewer } from '#kit/viewer.ts'

type Window = { points: number; seconds: number }
/** How often a key may ask: within a window, and in a moment of it; or how many questions at once. */
export type Rate = { window: Window; burst: Window } | { atOnce: number }
export type Rates = Readonly<Record<Tier, Rate>>

const perMinute = (points: number, burst: number): Rate => ({
  window: { points, seconds: 60 },
  burst: { points: burst, seconds: 1 },
})
/** Section 6.3 of the platform document. */
export const usualRates: Rates = {
  standard: perMinute(1_000, 100),
  enterprise: perMinute(5_000, 500),
  internal: { atOnce: 50 },
}

/** What is told to who asks by a key; `leave` when all is answered. */
export type Counted = { headers: Record<string, string>; refused: NexusError | null; leave(): void }
export type Counter = {
  /** Counts one question of a key; null where who asks is no key, and nothing is counted. */
  count(viewer: Viewer): Promise<Counted> | null
  /** Counts what an operation costs beside: one more for each thousand. It was let in; the next one may not be. */
  charge(viewer: Viewer, cost: number): void
}
type Limit = { count(key: string): Promise<Counted>; charge(key: string, points: number): void }

const nothing = () => {}
const costOfPoint = 1_000
const inSeconds = (ms: number) => Math.max(1, Math.ceil(ms / 1_000))

/**
 * Counts by key, over all doors and, by Redis, over all processes; without it each process counts for itself. What is
 * at once is counted by each process: one that was killed would else hold what it had begun.
 */
export function createCounter(shared: Pick<Shared, 'limiter'>, keys: Keys, rates = usualRates): Counter {
  const limits = Object.fromEntries(
    Object.entries(rates).map(([tier, rate]) => [
      tier,
      'atOnce' in rate ? atOnce(rate.atOnce) : inWindow(shared, tier, rate),
    ]),
  )
  const limitOf = (viewer: Viewer): [limit: Limit, key: string] | null => {
    if (viewer.kind === 'anonymous' || viewer.apiKeyId === undefined) return null
    return [limits[viewer.tier ?? 'standard']!, keys.digest('rate', viewer.apiKeyId).toString('base64url')]
  }
  return {
    count(viewer) {
      const [limit, key] = limitOf(viewer) ?? []
      return limit && key ? limit.count(key) : null
    },
    charge(viewer, cost) {
      const points = Math.floor(cost / costOfPoint)
      const [limit, key] = (points > 0 && limitOf(viewer)) || []
      if (limit && key) limit.charge(key, points)
    },
  }
}

function inWindow(
  shared: Pick<Shared, 'limiter'>,
  tier: string,
  { window, burst }: Exclude<Rate, { atOnce: number }>,
): Limit {
  const windows = shared.limiter(`key-${tier}`, window)
  const bursts = shared.limiter(`key-${tier}-burst`, burst)
  const policy = [policyOf('default', window), policyOf('burst', burst)].join(', ')
  return {
    async count(key) {
      // First, so that who asks too fast does not use up their minute by being refused.
      const moment = await take(bursts, key)
      const within = moment.isOver ? moment : await take(windows, key)
      const { isOver, left, seconds } = within
      const limit = `"${moment.isOver ? 'burst' : 'default'}";r=${left};t=${seconds}`
      const headers = { 'ratelimit-policy': policy, ratelimit: limit }
      if (!isOver) return { headers, refused: null, leave: nothing }
      return refusing(headers, seconds)
    },
    charge(key, points) {
      // Refused or not, it is counted; where nobody can count, the operation is answered all the same.
      windows.penalty(key, points).catch(nothing)
    },
  }
}

const policyOf = (name: string, { points, seconds }: Window) => `"${name}";q=${points};w=${seconds}`

async function take(limiter: ReturnType<Shared['limiter']>, key: string) {
  let isOver = false
  const { remainingPoints: left, msBeforeNext } = await limiter.consume(key).catch((refusal: unknown) => {
    if (refusal instanceof Error) throw refusal
    isOver = true
    return refusal as { remainingPoints: number; msBeforeNext: number }
  })
  return { isOver, left, seconds: inSeconds(msBeforeNext) }
}

function atOnce(most: number): Limit {
  const open = new Map<string, number>()
  const policy = `"default";q=${most};qu="concurrent-requests"`
  return {
    async count(key) {
      const before = open.get(key) ?? 0
      const left = Math.max(0, most - before - 1)
      const headers = { 'ratelimit-policy': policy, ratelimit: `"default";r=${left}` }
      if (before >= most) return refusing(headers, 1)
      open.set(key, before + 1)
      let leave = () => {
        leave = nothing
        const now = open.get(key)! - 1
        if (now > 0) open.set(key, now)
        else open.delete(key)
      }
      return { headers, refused: null, leave: () => leave() }
    },
    charge: nothing,
  }
}

function refusing(headers: Record<string, string>, seconds: number): Counted {
  const refused = new NexusError('RATE_LIMITED', `The key asks too often; try again in ${seconds} s`)
  return { headers: { ...headers, 'retry-after': `${seconds}` }, refused, leave: nothing }
}
