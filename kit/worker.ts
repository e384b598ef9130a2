import { sql } from 'kysely'
import { type JobResult, PgBoss } from 'pg-boss'
import { attempt, giveUp, type Taken } from './attempt.ts'
import type { Surroundings } from './context.ts'
import { type Db, openDatabase } from './database.ts'
import { givenUp, type Payload, queueOf } from './job.ts'
import { asService, jobSchema, openQueue, wakeOn } from './queue.ts'
import { openRounds } from './rounds.ts'
import type { Subgraph } from './subgraph.ts'

export type Worker = {
  name: string
  /** Throws when the database does not answer. */
  check(): Promise<void>
  /** Goes its rounds once, from now on. */
  round(): Promise<void>
  /** Takes no more jobs, gives those at work a few seconds, and hands back what is not done by then. */
  close(): Promise<void>
}

/** Times in seconds; the job of a worker that died is found within `watch` of its time of silence. */
const every = { look: 0.5, lookForGivenUp: 1, watch: 5, heartbeat: 5 }
const stopWithinMs = 5_000
// Of the queue's, one takes jobs while the other watches over them.
const connections = { queue: 2, work: 4 }

/**
 * Carries out the jobs of a subgraph, at most `concurrency` at once, and goes its rounds. A job that fails is tried again, and in the
 * end its operation is FAILED; one whose worker died is taken up by another.
 */
export async function openWorker(
  subgraph: Subgraph,
  options: { url: string; surroundings: Surroundings; concurrency?: number; roundsByClock?: boolean },
): Promise<Worker> {
  const { name, jobs = {}, rounds } = subgraph
  const { url, surroundings, concurrency = 2, roundsByClock: byClock = true } = options
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
  const here = { subgraph: name, surroundings, db, queue, jobs }
  const running = new Set<Promise<unknown>>()

  /** What is at work is known, so that the database stays open under it. */
  const each =
    (work: (taken: Taken) => Promise<JobResult>) =>
    async (taken: Taken[]): Promise<JobResult[]> => {
      const done = Promise.all(taken.map(work))
      running.add(done)
      return done.finally(() => running.delete(done))
    }

  const rounding = rounds && openRounds(name, rounds, { db, queue, surroundings, byClock })
  const asleep: (() => void)[] = []
  const close = async () => {
    for (const end of asleep) end()
    const ended = rounding?.close()
    await boss.stop({ graceful: true, timeout: stopWithinMs })
    await ended
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
      const worker = await boss.work<Payload, unknown, typeof how>(
        queueOf(name, job),
        how,
        each((taken) => attempt(here, job, of, taken)),
      )
      asleep.push(wakeOn(queueOf(name, job), () => boss.notifyWorker(worker)))
    }
    const how = { ...taking, pollingIntervalSeconds: every.lookForGivenUp }
    await boss.work<Payload, unknown, typeof how>(
      givenUp(name),
      how,
      each((taken) => giveUp(here, taken)),
    )
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
    round: async () => rounding?.go(),
    close,
  }
}
