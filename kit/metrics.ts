import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { CacheOutcome } from './cache.ts'
import { health } from './health.ts'
import { createHttp, listen } from './http.ts'
import type { Log } from './log.ts'
import { type GatewayMetrics, gatewayMetrics } from './metrics-gateway.ts'
import { createTally } from './tally.ts'
import type { Tls } from './tls.ts'

/** `again`: it failed and will be tried again; `superseded`: another attempt has taken its place. */
export type JobOutcome = 'complete' | 'failed' | 'again' | 'superseded'
export type QueueCounts = { queue: string; states: Record<'ready' | 'active' | 'failed', number> }
type PoolCounts = { totalCount: number; idleCount: number; waitingCount: number }

/** What a process counts of itself, in the form that Prometheus reads. Times are in seconds. */
export type Metrics = {
  request(labels: { method: string; route: string; status: number }, seconds: number): void
  /** `operation` is the name that the document gives; the first 200 names are told apart. */
  operation(operation: string, codes: readonly string[], seconds: number): void
  /** What an operation was estimated to cost; `exceeded` is more than it may, and went on all the same. */
  cost(estimated: number, outcome: 'allowed' | 'refused' | 'exceeded'): void
  call(subgraph: string, outcome: 'ok' | 'error', seconds: number): void
  pool(name: string, pool: PoolCounts): void
  job(job: string, outcome: JobOutcome, seconds: number): void
  /** What is remembered was asked for, by its name. */
  cache(name: string, outcome: CacheOutcome): void
  /** Tells, whenever it is asked, how many jobs stand in each queue. */
  queues(read: () => Promise<QueueCounts[]>): void
  /** Of a gateway only; nothing is counted by it before it is asked for. */
  readonly gateway: GatewayMetrics
  text(): Promise<string>
  readonly contentType: string
}

const jobBuckets = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900]
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10]
const costBuckets = [1, 10, 50, 100, 500, 1_000, 5_000, 10_000, 25_000, 100_000, 500_000]
const mostNames = 200

/** Names come from clients: past the bound they are one, so that nobody can fill the memory with them. */
function bounded(): (name: string) => string {
  const known = new Set<string>()
  return (name) => {
    if (known.size < mostNames) known.add(name)
    return known.has(name) ? name : 'other'
  }
}

export function createMetrics(): Metrics {
  const register = new Registry()
  collectDefaultMetrics({ register })
  const registers = [register]
  const histogram = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    createTally({ name, help, labelNames, buckets, registers })
  const requests = histogram('nexus_http_request_seconds', 'HTTP requests', 'method', 'route', 'status')
  const operations = histogram('nexus_operation_seconds', 'GraphQL operations', 'operation', 'outcome')
  const calls = histogram('nexus_subgraph_call_seconds', 'Calls to subgraphs', 'subgraph', 'outcome')
  const errors = new Counter({
    name: 'nexus_operation_errors_total',
    help: 'Errors of GraphQL operations',
    labelNames: ['operation', 'code'],
    registers,
  })
  const costs = createTally({
    name: 'nexus_operation_cost',
    help: 'Estimated cost of GraphQL operations',
    labelNames: ['outcome'],
    buckets: costBuckets,
    registers,
  })
  const refusals = new Counter({
    name: 'nexus_operation_cost_refused_total',
    help: 'GraphQL operations that were refused for what they would cost',
    registers,
  })
  const pools = new Map<string, PoolCounts>()
  new Gauge({
    name: 'nexus_database_connections',
    help: 'Connections of a pool, and who waits for one',
    labelNames: ['schema', 'state'],
    registers,
    collect() {
      for (const [schema, { totalCount, idleCount, waitingCount }] of pools) {
        this.set({ schema, state: 'busy' }, totalCount - idleCount)
        this.set({ schema, state: 'idle' }, idleCount)
        this.set({ schema, state: 'waiting' }, waitingCount)
      }
    },
  })
  const jobs = createTally({
    name: 'nexus_job_seconds',
    help: 'Attempts at jobs',
    labelNames: ['job', 'outcome'],
    buckets: jobBuckets,
    registers,
  })
  const caches = new Counter({
    name: 'nexus_cache_reads_total',
    help: 'Answers that may be remembered, and whether they were',
    labelNames: ['name', 'outcome'],
    registers,
  })
  const readers: (() => Promise<QueueCounts[]>)[] = []
  new Gauge({
    name: 'nexus_jobs',
    help: 'Jobs of a queue, the same in every worker',
    labelNames: ['queue', 'state'],
    registers,
    async collect() {
      // A database that does not answer takes these away, and nothing else.
      const read = await Promise.all(readers.map((each) => each().catch(() => [])))
      this.reset()
      for (const { queue, states } of read.flat())
        for (const [state, count] of Object.entries(states)) this.set({ queue, state }, count)
    },
  })
  const nameOf = bounded()
  let gateway: GatewayMetrics | undefined
  return {
    get gateway() {
      gateway ??= gatewayMetrics(registers, buckets)
      return gateway
    },
    request: (labels, seconds) => requests.observe(labels, seconds),
    operation: (name, codes, seconds) => {
      const operation = nameOf(name)
      operations.observe({ operation, outcome: codes.length > 0 ? 'error' : 'ok' }, seconds)
      for (const code of codes) errors.inc({ operation, code })
    },
    cost: (estimated, outcome) => {
      costs.observe({ outcome }, estimated)
      if (outcome === 'refused') refusals.inc()
    },
    call: (subgraph, outcome, seconds) => calls.observe({ subgraph, outcome }, seconds),
    pool: (name, pool) => pools.set(name, pool),
    job: (job, outcome, seconds) => jobs.observe({ job, outcome }, seconds),
    cache: (name, outcome) => caches.inc({ name, outcome }),
    queues: (read) => readers.push(read),
    text: () => register.metrics(),
    contentType: register.contentType,
  }
}

/**
 * Serves `/metrics` on a port of its own, apart from the one that clients reach, where METRICS_PORT names one.
 * @param ready throws when the process is of no use; for one without another port, which is asked here
 */
export async function serveMetrics(
  env: { METRICS_PORT?: number | undefined; HOST: string },
  { metrics, log, tls }: { metrics: Metrics; log: Log; tls?: Tls | null },
  closing: (closer: () => unknown) => void,
  ready?: () => Promise<void>,
): Promise<string | null> {
  if (env.METRICS_PORT === undefined) return null
  const app = createHttp({ log, tls })
  app.get('/metrics', async (_request, reply) =>
    reply.header('content-type', metrics.contentType).send(await metrics.text()),
  )
  if (ready) health(app, ready)
  closing(() => app.close())
  return listen(app, env.HOST, env.METRICS_PORT)
}
