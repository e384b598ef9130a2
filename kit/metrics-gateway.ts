import { Counter, Gauge, type Registry } from 'prom-client'
import { createTally } from './tally.ts'

/** `errors`: it answered with some; `refused`: it said no; `resting`: it was not asked, because it only failed. */
export type FetchOutcome = 'ok' | 'errors' | 'refused' | 'failed' | 'late' | 'resting'
export type Standing = {
  documents: number
  plans: number
  breakers: Readonly<Record<string, 'closed' | 'trying' | 'open'>>
}
/** What a gateway counts of how it answers. Times are in seconds. */
export type GatewayMetrics = {
  /** A plan was made. */
  planned(seconds: number): void
  /** A plan was there already. */
  known(): void
  fetched(subgraph: string, outcome: FetchOutcome, seconds: number): void
  /** A call was made again. */
  repeated(subgraph: string): void
  /** A call was not made, because the same one was under way. */
  shared(subgraph: string): void
  /** Tells, whenever it is asked, what is remembered and who is left alone. */
  standing(read: () => Standing): void
}

const states = { closed: 0, trying: 0.5, open: 1 }
const planBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

export function gatewayMetrics(registers: Registry[], buckets: number[]): GatewayMetrics {
  const plans = createTally({
    name: 'nexus_plan_seconds',
    help: 'Plans that were made',
    buckets: planBuckets,
    registers,
  })
  const known = new Counter({ name: 'nexus_plan_hits_total', help: 'Plans that were there', registers })
  const fetches = createTally({
    name: 'nexus_fetch_seconds',
    help: 'Calls to subgraphs as the gateway sees them, all that belongs to one included',
    labelNames: ['subgraph', 'outcome'],
    buckets,
    registers,
  })
  const counter = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['subgraph'], registers })
  const repeated = counter('nexus_fetch_repeats_total', 'Calls to subgraphs that were made again')
  const shared = counter(
    'nexus_fetch_shared_total',
    'Calls to subgraphs that were not made: one was under way',
  )
  let read: (() => Standing) | undefined
  new Gauge({
    name: 'nexus_remembered',
    help: 'Documents and plans that are remembered',
    labelNames: ['what'],
    registers,
    collect() {
      if (!read) return
      const { documents, plans } = read()
      this.set({ what: 'documents' }, documents)
      this.set({ what: 'plans' }, plans)
    },
  })
  new Gauge({
    name: 'nexus_breaker_open',
    help: '1 while a subgraph is left alone, 0.5 while one call tries it',
    labelNames: ['subgraph'],
    registers,
    collect() {
      for (const [subgraph, state] of Object.entries(read?.().breakers ?? {}))
        this.set({ subgraph }, states[state])
    },
  })
  return {
    planned: (seconds) => plans.observe({}, seconds),
    known: () => known.inc(),
    fetched: (subgraph, outcome, seconds) => fetches.observe({ subgraph, outcome }, seconds),
    repeated: (subgraph) => repeated.inc({ subgraph }),
    shared: (subgraph) => shared.inc({ subgraph }),
    standing: (given) => {
      read = given
    },
  }
}
