import { createHash } from 'node:crypto'
import type { QueryPlan } from '@apollo/query-planner'
import { GraphQLError, print } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Loaded, OpenPlanner, Planner, Planning } from './planner.ts'
import type { Asked } from './tasks.ts'
import { late, openThread, type Thread } from './thread.ts'
import { createTurns } from './turns.ts'

export type ThreadsOptions = {
  threads?: number
  /** How long one plan may take, in milliseconds. */
  deadlineMs?: number
  /** How long an operation may wait for a thread, in milliseconds, and how many may wait. */
  waitMs?: number
  mostWaiting?: number
  /** What one thread may keep, in MiB. */
  memoryMb?: number
  /** Told why an operation could not be planned; clients are not. */
  onFailure?(failure: { error: Error; operationName: string | undefined }): void
}

const defaults = { threads: 2, deadlineMs: 2_000, waitMs: 5_000, mostWaiting: 500, memoryMb: 512 }
/** A supergraph comes from who runs this, and may be large; in milliseconds. */
const loadMs = 60_000
/** What could not be planned is refused at once for so long, in milliseconds: a busy machine may be to blame. */
const refused = { ms: 300_000, most: 1_000 }

const overloaded = () =>
  new GraphQLError('Too many operations are being planned; try again in a moment', {
    extensions: { code: 'SERVICE_UNAVAILABLE' },
  })

/** A thread, and what it said of each supergraph that it knows. */
type Seat = { thread: Thread; known: Map<number, string> }

/**
 * Apollo's planner on threads of its own, which are shared by all supergraphs: planning never blocks the caller's
 * thread, and a plan that takes too long, or too much memory, ends with its thread. They start when they are
 * first needed.
 */
export function createThreads(options: ThreadsOptions = {}): Planning {
  const { threads, deadlineMs, waitMs, mostWaiting, memoryMb } = { ...defaults, ...options }
  const open = new Map<number, string>()
  const seats: Seat[] = []
  const turns = createTurns<Seat>(mostWaiting)
  let numbers = 0
  let isClosed = false

  const start = () => {
    while (seats.length < threads && !isClosed) {
      const seat = { thread: openThread(memoryMb), known: new Map<number, string>() }
      seats.push(seat)
      turns.give(seat)
    }
  }
  /** Tells a thread of a supergraph, unless it knows; a thread that has ended is replaced by one that does not. */
  const told = async (seat: Seat, supergraph: number, supergraphSdl: string): Promise<string> => {
    if (!seat.thread.isAlive && !isClosed) {
      seat.thread = openThread(memoryMb)
      seat.known.clear()
    }
    const known = seat.known.get(supergraph)
    if (known !== undefined) return known
    const loaded = await seat.thread.ask({ kind: 'load', supergraph, supergraphSdl }, loadMs)
    seat.known.set(supergraph, loaded)
    return loaded
  }
  const forget = ({ thread, known }: Seat, supergraph: number) => {
    if (known.delete(supergraph) && thread.isAlive) thread.forget(supergraph)
  }
  const leave = async (seat: Seat) => {
    for (const supergraph of seat.known.keys()) if (!open.has(supergraph)) forget(seat, supergraph)
    if (!seat.thread.isAlive)
      for (const [supergraph, sdl] of open) await told(seat, supergraph, sdl).catch(() => {})
    turns.give(seat)
  }
  const seated = async <Result>(ms: number, work: (seat: Seat) => Promise<Result>): Promise<Result> => {
    start()
    const seat = await turns.take(ms).catch(() => Promise.reject(overloaded()))
    try {
      return await work(seat)
    } finally {
      // Nobody waits for the next thread who need not.
      void leave(seat)
    }
  }

  const plannerOf = (supergraphSdl: string): OpenPlanner => {
    const supergraph = ++numbers
    open.set(supergraph, supergraphSdl)
    const underWay = new Map<string, Promise<QueryPlan>>()
    const hopeless = new LRUCache<string, true>({ max: refused.most, ttl: refused.ms })
    const planned = (task: Extract<Asked, { kind: 'plan' }>, key: string) =>
      seated(waitMs, async (seat) => {
        try {
          await told(seat, supergraph, supergraphSdl)
          return JSON.parse(await seat.thread.ask(task, deadlineMs)) as QueryPlan
        } catch (error) {
          if (error instanceof GraphQLError) throw error
          if (isClosed) throw overloaded()
          hopeless.set(key, true)
          options.onFailure?.({ error: error as Error, operationName: task.operationName })
          throw error
        }
      })
    const plan: Planner = async (document, operationName) => {
      const text = print(document)
      const key = createHash('sha256')
        .update(`${operationName ?? ''} ${text}`)
        .digest('base64')
      if (hopeless.has(key)) throw late
      const known = underWay.get(key)
      if (known) return known
      const mine = planned({ kind: 'plan', supergraph, text, operationName }, key)
      underWay.set(key, mine)
      return mine.finally(() => underWay.delete(key))
    }
    const load = async (): Promise<Loaded> => {
      const loaded = await seated(loadMs, (seat) => told(seat, supergraph, supergraphSdl))
      // The other threads learn it beside: whoever is planned by one of them need not wait for that.
      for (let other = 1; other < threads; other++)
        void seated(loadMs, (seat) => told(seat, supergraph, supergraphSdl)).catch(() => {})
      return JSON.parse(loaded)
    }
    let loaded: Promise<Loaded> | undefined
    return {
      plan,
      load() {
        loaded ??= load()
        return loaded
      },
      close() {
        open.delete(supergraph)
        for (const seat of seats) forget(seat, supergraph)
      },
    }
  }
  return {
    plannerOf,
    async close() {
      isClosed = true
      turns.close()
      await Promise.all(seats.map(({ thread }) => thread.close()))
    },
  }
}
