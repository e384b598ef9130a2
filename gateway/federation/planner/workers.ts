import { createHash } from 'node:crypto'
import type { QueryPlan } from '@apollo/query-planner'
import { GraphQLError, print } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Loaded, OpenPlanner, Planner, Planning } from './planner.ts'
import type { Asked } from './tasks.ts'
import { createTurns } from './turns.ts'
import { late, openWorker, type Worker } from './worker.ts'

export type WorkersOptions = {
  workers?: number
  /** How long one plan may take, in milliseconds. */
  deadlineMs?: number
  /** How long an operation may wait for a worker, in milliseconds, and how many may wait. */
  waitMs?: number
  mostWaiting?: number
  /** What one worker may keep, in MiB. Nexus's supergraph takes about 30; two bombs must fit the process's limit. */
  memoryMb?: number
  /** Told why an operation could not be planned; clients are not. */
  onFailure?(failure: { error: Error; operationName: string | undefined }): void
}

const defaults = { workers: 2, deadlineMs: 2_000, waitMs: 5_000, mostWaiting: 500, memoryMb: 192 }
/** A supergraph comes from who runs this, and may be large; in milliseconds. */
const loadMs = 60_000
/** What could not be planned is refused at once for so long, in milliseconds: a busy machine may be to blame. */
const refused = { ms: 300_000, most: 1_000 }

const overloaded = () =>
  new GraphQLError('Too many operations are being planned; try again in a moment', {
    extensions: { code: 'SERVICE_UNAVAILABLE' },
  })

/** A worker, and what it said of each supergraph that it knows. */
type Seat = { worker: Worker; known: Map<number, string> }

/**
 * Apollo's planner in processes of its own, which are shared by all supergraphs: planning never blocks who asks,
 * and a plan that takes too long, or too much memory, ends with its process. They start when they are first needed.
 */
export function createWorkers(options: WorkersOptions = {}): Planning {
  const { workers, deadlineMs, waitMs, mostWaiting, memoryMb } = { ...defaults, ...options }
  const open = new Map<number, string>()
  const seats: Seat[] = []
  const turns = createTurns<Seat>(mostWaiting)
  let numbers = 0
  let isClosed = false

  const start = (most: number) => {
    while (seats.length < most && !isClosed) {
      const seat = { worker: openWorker(memoryMb), known: new Map<number, string>() }
      seats.push(seat)
      turns.give(seat)
    }
  }
  /** Tells a worker of a supergraph, unless it knows; one that has ended is replaced by one that does not. */
  const told = async (seat: Seat, supergraph: number, supergraphSdl: string): Promise<string> => {
    if (!seat.worker.isAlive && !isClosed) {
      seat.worker = openWorker(memoryMb)
      seat.known.clear()
    }
    const known = seat.known.get(supergraph)
    if (known !== undefined) return known
    const loaded = await seat.worker.ask({ kind: 'load', supergraph, supergraphSdl }, loadMs)
    seat.known.set(supergraph, loaded)
    return loaded
  }
  const forget = ({ worker, known }: Seat, supergraph: number) => {
    if (known.delete(supergraph) && worker.isAlive) worker.forget(supergraph)
  }
  const leave = async (seat: Seat) => {
    for (const supergraph of seat.known.keys()) if (!open.has(supergraph)) forget(seat, supergraph)
    if (!seat.worker.isAlive)
      for (const [supergraph, sdl] of open) await told(seat, supergraph, sdl).catch(() => {})
    turns.give(seat)
  }
  const seated = async <Result>(ms: number, work: (seat: Seat) => Promise<Result>): Promise<Result> => {
    start(1)
    const seat = await turns.take(ms).catch(() => Promise.reject(overloaded()))
    try {
      return await work(seat)
    } finally {
      // Once the first is there: at the start each would wait for the processor that the other one has.
      start(workers)
      // Nobody waits for the next worker who need not.
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
          return JSON.parse(await seat.worker.ask(task, deadlineMs)) as QueryPlan
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
      // The other ones learn it beside: whoever is planned by one of them need not wait for that.
      for (let other = 1; other < workers; other++)
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
      await Promise.all(seats.map(({ worker }) => worker.close()))
    },
  }
}
