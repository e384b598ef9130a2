import { sql } from 'kysely'
import { type JobResult, type JobWithMetadata, PgBoss } from 'pg-boss'
import { createContext, type Surroundings } from './context.ts'
import { type Db, inTenant, openDatabase } from './database.ts'
import { type ErrorCode, NexusError } from './errors.ts'
import { givenUp, type Job, type JobContext, type Payload, queueOf } from './job.ts'
import * as operations from './operation.ts'
import { asService, jobSchema, openQueue } from './queue.ts'
import type { Subgraph } from './subgraph.ts'

export type Worker = {
  name: string
  /** Throws when the database does not answer. */
  check(): Promise<void>
  /** Takes no more jobs, gives those at work a few seconds, and hands back what is not done by then. */
  close(): Promise<void>
}

/** Times in seconds; a job whose worker died is found within `watch` of its last heartbeat's end. */
const every = { look: 0.5, lookForGivenUp: 1, watch: 5, heartbeat: 5 }
const stopWithinMs = 5_000
// Of the queue's, one takes jobs while the other watches over them.
const connections = { queue: 2, work: 4 }

type Taken = JobWithMetadata<Payload>
type Refused = { code: ErrorCode | 'INTERRUPTED'; message: string }

/** What passes by itself is tried again; a refusal would be the same one. */
const passes = (code: string) => ['SERVICE_UNAVAILABLE', 'INTERNAL_SERVER_ERROR'].includes(code)

const refusalOf = (error: unknown): Refused =>
  error instanceof NexusError
    ? { code: error.code, message: error.message }
    : { code: 'INTERNAL_SERVER_ERROR', message: 'Internal error' }

/**
 * Carries out the jobs of a subgraph, at most `concurrency` at once. A job that fails is tried again, and in the
 * end its operation is FAILED; one whose worker died is taken up by another.
 */
export async function openWorker(
  subgraph: Subgraph,
  options: { url: string; surroundings: Surroundings; concurrency?: number },
): Promise<Worker> {
  const { name, jobs = {} } = subgraph
  const { url, surroundings, concurrency = 2 } = options
  const { log, metrics } = surroundings
  const pool = { name: `${name}-worker`, connections: connections.work }
  const db: Db<never> = openDatabase({ url, schema: name, log, metrics, ...pool })
  const queue = openQueue(name, Object.keys(jobs), db, log)
  const boss = new PgBoss({
    connectionString: url,
    schema: jobSchema,
    application_name: `nexus-${name}-jobs`,
    max: connections.queue,
    schedule: false,
    superviseIntervalSeconds: every.watch,
    monitorIntervalSeconds: every.watch,
    ...asService,
  })
  boss.on('error', (error) => log.warn({ err: error, subgraph: name }, 'the queue'))
  const running = new Set<Promise<unknown>>()

  const attempt = async (job: string, { run }: Job<never>, taken: Taken): Promise<JobResult> => {
    const { id, data, retryCount, signal } = taken
    const { member, requestId, operation } = data
    const { organizationId } = member
    const number = retryCount + 1
    const tenant = <Result>(work: Parameters<typeof inTenant<never, Result>>[2]) =>
      inTenant(db, { organizationId }, work)
    const from = performance.now()
    const ended = (outcome: 'complete' | 'superseded' | 'again' | 'failed', error?: unknown) => {
      const ms = performance.now() - from
      metrics.job(job, outcome, ms / 1_000)
      const line = { requestId, job, operation, attempt: number, outcome, ms: Math.round(ms) }
      if (error) log.warn({ ...line, err: error }, 'a job failed')
      else log.info(line, 'a job ended')
    }
    try {
      await tenant((trx) => operations.begin(trx, operation, number))
      const context: JobContext<never> = {
        ...createContext(surroundings, db, { viewer: member, service: name }, requestId, queue),
        signal,
        operation: {
          id: operation,
          number,
          advance: (progress) => tenant((trx) => operations.advance(trx, operation, number, progress)),
          complete: (trx, done) => operations.complete(trx, operation, number, done),
        },
      }
      await run(context, data.subject)
      ended('complete')
      return { id, status: 'completed' }
    } catch (error) {
      if (error instanceof operations.Superseded) {
        ended('superseded')
        return { id, status: 'completed' }
      }
      const output = refusalOf(error)
      const again = passes(output.code)
      ended(again && retryCount < taken.retryLimit ? 'again' : 'failed', error)
      return { id, status: again ? 'failed' : 'deadletter', output }
    }
  }

  const giveUp = async ({ id, data, sourceOutput }: Taken): Promise<JobResult> => {
    const { operation, member, requestId } = data
    const said = sourceOutput as Partial<Refused> | null
    // Without a word from the job itself, its worker was lost or its time was up, again and again.
    const code = said?.code ?? 'INTERRUPTED'
    const message =
      (said?.code && said.message) ?? 'The work was cut off before its end, each time it was tried'
    const { organizationId } = member
    await inTenant(db, { organizationId }, (trx) => operations.fail(trx, operation, code, message))
    log.error({ requestId, operation, code }, 'a job was given up')
    return { id, status: 'completed' }
  }

  /** What is at work is known, so that the database stays open under it. */
  const each =
    (work: (taken: Taken) => Promise<JobResult>) =>
    async (taken: Taken[]): Promise<JobResult[]> => {
      const done = Promise.all(taken.map(work))
      running.add(done)
      return done.finally(() => running.delete(done))
    }

  const close = async () => {
    await boss.stop({ graceful: true, timeout: stopWithinMs })
    await Promise.allSettled(running)
    await queue.close()
    await db.destroy()
  }
  try {
    await boss.start()
    const taking = { includeMetadata: true, perJobResults: true } as const
    for (const [job, of] of Object.entries(jobs)) {
      const how = {
        ...taking,
        localConcurrency: concurrency,
        pollingIntervalSeconds: every.look,
        heartbeatRefreshSeconds: every.heartbeat,
      }
      await boss.work<Payload, unknown, typeof how>(
        queueOf(name, job),
        how,
        each((taken) => attempt(job, of, taken)),
      )
    }
    const how = { ...taking, pollingIntervalSeconds: every.lookForGivenUp }
    await boss.work<Payload, unknown, typeof how>(givenUp(name), how, each(giveUp))
  } catch (error) {
    await close()
    throw error
  }
  metrics.queues(async () => {
    const queues = await boss.getQueues([
      ...Object.keys(jobs).map((job) => queueOf(name, job)),
      givenUp(name),
    ])
    return queues.map(({ name: queue, readyCount, activeCount, failedCount }) => ({
      queue,
      states: { ready: readyCount, active: activeCount, failed: failedCount },
    }))
  })
  return {
    name,
    check: async () => {
      await sql`select 1`.execute(db)
    },
    close,
  }
}
