/** Answers that are remembered for one organization and what its viewer may, until what they tell of changes. */
import { createHash } from 'node:crypto'
import { newId } from './id.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Store } from './store.ts'
import type { Member } from './viewer.ts'

/** Seconds that an answer is kept at most. */
export const keeping = { dashboard: 300, reference: 3_600, daily: 86_400 } as const

/** `hit`: it was there. `shared`: somebody was computing it. `away`: the store was out of reach. */
export type CacheOutcome = 'hit' | 'miss' | 'shared' | 'away'

export type Question = {
  /** What is asked, such as `alertStats`: the same name must mean the same computation. */
  name: string
  variables?: unknown
  keep: keyof typeof keeping
  /** When the answer will be another one by itself, where that is known. */
  until?: () => Promise<Date | null>
  /** Whether an answer holds whatever changes meanwhile. */
  lasts?: (answer: unknown) => boolean
}

/** What one subgraph remembers. */
export type Cache = {
  /**
   * The answer as it was computed since the last change, or computed now; once, however many ask at the same time.
   * It must be what JSON can tell. Never fails for want of the store: throws what `compute` throws.
   */
  remember<Value>(viewer: Member, now: Date, of: Question, compute: () => Promise<Value>): Promise<Value>
  /** Forgets what is remembered of an organization, in all processes. Call it after the commit. Never throws. */
  changed(organizationId: string): Promise<void>
}

type Kept = { organizationId: string; epoch: string; at: number; until: number; value: unknown }

// An epoch outlives whatever was computed in it; one that is forgotten is never given again.
const epochSeconds = 2 * keeping.daily
const anyEpoch = 'any'
const largest = 256 * 1024
const tellAgainMs = 500

/** The same text for the same value, whatever the order of its keys. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value ?? null, (_key, each) =>
    each && typeof each === 'object' && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** Who are answered alike: those who hold the same, and of those with grants each alone. */
const standingOf = ({ permissions, hasGrants, userId }: Member): string =>
  canonical([[...permissions].sort(), hasGrants ? userId : null])

const epochKey = (organizationId: string, subgraph: string) =>
  `nexus:cache:${organizationId}:${subgraph}:epoch`
const valueKey = (viewer: Member, subgraph: string, { name, variables }: Question) =>
  `nexus:cache:${viewer.organizationId}:${sha256(canonical([subgraph, name, standingOf(viewer), variables]))}`

function read(text: string | null, organizationId: string, epoch: string, now: number): Kept | null {
  if (text === null) return null
  const kept = JSON.parse(text) as Kept
  const holds = kept.organizationId === organizationId && (kept.epoch === epoch || kept.epoch === anyEpoch)
  return holds && kept.at <= now && now < kept.until ? kept : null
}

/** The caches of a process. Without a store nothing is kept: nobody could say that it has changed. */
export function openCaches(options: { store: Store | null; metrics: Metrics; log: Log }): {
  of(subgraph: string): Cache
  close(): void
} {
  const { store, metrics, log } = options
  const underWay = new Map<string, Promise<unknown>>()
  // Epochs that the store could not be told are over. What they hold is not believed here meanwhile.
  const untold = new Set<string>()
  let timer: NodeJS.Timeout | undefined

  const tell = async (key: string) => {
    untold.add(key)
    try {
      await store!.write(key, newId(), epochSeconds)
      untold.delete(key)
    } catch (error) {
      if (timer) return
      log.warn({ reason: (error as Error).message }, 'the cache could not be told of a change')
      timer = setInterval(tellAgain, tellAgainMs).unref()
    }
  }
  const tellAgain = async () => {
    await Promise.all([...untold].map(tell))
    if (untold.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  const once = <Value>(key: string, work: () => Promise<Value>): [Promise<Value>, isFirst: boolean] => {
    const before = underWay.get(key)
    if (before) return [before as Promise<Value>, false]
    const now = work().finally(() => underWay.delete(key))
    underWay.set(key, now)
    return [now, true]
  }

  const cacheOf = (subgraph: string): Cache => ({
    async changed(organizationId) {
      if (store) await tell(epochKey(organizationId, subgraph))
    },
    async remember(viewer, now, of, compute) {
      const { organizationId } = viewer
      const [key, epochs] = [valueKey(viewer, subgraph, of), epochKey(organizationId, subgraph)]
      const count = (outcome: CacheOutcome) => metrics.cache(of.name, outcome)
      const epoch = await epochOf(epochs, key, organizationId, now)
      if (!epoch) {
        count('away')
        return compute()
      }
      if (epoch.kept) {
        count('hit')
        return epoch.kept.value as never
      }
      const [answer, isFirst] = once(`${key}/${epoch.id}`, async () => {
        const until = Math.min(
          now.getTime() + keeping[of.keep] * 1_000,
          (await of.until?.())?.getTime() ?? Number.POSITIVE_INFINITY,
        )
        const computed = await compute()
        const text = JSON.stringify(computed)
        const holds = JSON.stringify(of.lasts?.(computed) ? anyEpoch : epoch.id)
        const kept = `{"organizationId":${JSON.stringify(organizationId)},"epoch":${holds},"at":${now.getTime()},"until":${until},"value":${text}}`
        // Larger ones would push out many small ones.
        if (store && kept.length <= largest) await store.write(key, kept, keeping[of.keep]).catch(() => {})
        return text
      })
      count(isFirst ? 'miss' : 'shared')
      return JSON.parse(await answer)
    },
  })

  /** The present epoch and what was kept in it; null where nobody can say which it is. */
  async function epochOf(
    epochs: string,
    key: string,
    organizationId: string,
    now: Date,
  ): Promise<{ id: string; kept: Kept | null } | null> {
    if (!store || untold.has(epochs)) return null
    try {
      const [id, text] = await store.read([epochs, key])
      if (id) return { id, kept: read(text ?? null, organizationId, id, now.getTime()) }
      return { id: await store.settle(epochs, newId(), epochSeconds), kept: null }
    } catch {
      return null
    }
  }

  return { of: cacheOf, close: () => clearInterval(timer) }
}
