import { type Kysely, sql } from 'kysely'
import { fromKysely, PgBoss, type QueueOptions } from 'pg-boss'
import { type Db, openDatabase, roleOf, type Trx } from './database.ts'
import { unavailable } from './errors.ts'
import { newId } from './id.ts'
import { givenUp, type Jobs, type Payload, queueOf } from './job.ts'
import type { Log } from './log.ts'
import * as operations from './operation.ts'
import type { Member } from './viewer.ts'

/** pg-boss's own schema. Its tables have no tenant: they hold ids, and services read them. */
export const jobSchema = 'jobs'

/** Times in seconds. A worker that is silent for `heartbeat` has lost its job to the next one. */
const trying = { retries: 4, firstDelay: 1, longestDelay: 30, heartbeat: 15 }
const kept = { finished: 7 * 86_400, waiting: 365 * 86_400 }

const policyOf = (deadline: number): QueueOptions => ({
  expireInSeconds: deadline,
  heartbeatSeconds: trying.heartbeat,
  retryLimit: trying.retries,
  retryDelay: trying.firstDelay,
  retryBackoff: true,
  retryDelayMax: trying.longestDelay,
  retentionSeconds: kept.waiting,
  deleteAfterSeconds: kept.finished,
})

// What pg-boss does with them as a service: take, settle and repeat jobs, and watch over its queues.
const grants: Record<string, string> = {
  job: 'select, insert, update, delete',
  job_common: 'select, insert, update, delete',
  job_dependency: 'select, insert, update, delete',
  queue: 'select, update',
  version: 'select, update',
}

/**
 * Makes pg-boss's schema and the queues of one subgraph, as the owner that `url` names, or brings them up to
 * date; the subgraph's role may then use them. Safe to run by several processes at once.
 */
export async function provisionQueues(options: {
  url: string
  subgraph: string
  jobs: Jobs<never>
  log: Log
}): Promise<void> {
  const { url, subgraph, jobs, log } = options
  const db = openDatabase<unknown>({ url, schema: jobSchema, log, connections: 1 })
  try {
    await db.connection().execute(async (connection) => {
      await sql`select pg_advisory_lock(hashtext('nexus-queues'))`.execute(connection)
      try {
        await createQueues(url, subgraph, jobs, log)
        await grantQueues(connection, roleOf(url, subgraph))
      } finally {
        await sql`select pg_advisory_unlock(hashtext('nexus-queues'))`.execute(connection)
      }
    })
  } finally {
    await db.destroy()
  }
}

async function createQueues(url: string, subgraph: string, jobs: Jobs<never>, log: Log): Promise<void> {
  const boss = new PgBoss({ connectionString: url, schema: jobSchema, max: 1, ...quiet })
  boss.on('error', (error) => log.warn({ err: error }, 'the queue'))
  try {
    await boss.start()
    const deadLetter = givenUp(subgraph)
    const queues: [name: string, policy: QueueOptions & { deadLetter?: string }][] = [
      // Nothing comes after this queue, so nobody stops trying.
      [deadLetter, { ...policyOf(60), retryLimit: 10_000 }],
      ...Object.entries(jobs).map(([job, { deadline }]): (typeof queues)[number] => [
        queueOf(subgraph, job),
        { ...policyOf(deadline), deadLetter },
      ]),
    ]
    for (const [name, policy] of queues) {
      await boss.createQueue(name, policy)
      await boss.updateQueue(name, policy)
    }
  } finally {
    await boss.stop({ graceful: false })
  }
}

async function grantQueues(db: Kysely<unknown>, role: string): Promise<void> {
  await sql`grant usage on schema ${sql.id(jobSchema)} to ${sql.id(role)}`.execute(db)
  for (const [table, privileges] of Object.entries(grants))
    await sql`grant ${sql.raw(privileges)} on ${sql.id(jobSchema, table)} to ${sql.id(role)}`.execute(db)
}

/** Without schedules and without looking after queues. */
const quiet = { supervise: false, schedule: false } as const
/** For a role that owns nothing. */
export const asService = {
  migrate: false,
  createSchema: false,
  reindex: false,
  monitorVacuum: false,
} as const

// Workers of this process, by their queues: those of others look for jobs by themselves.
const workersHere = new Map<string, Set<() => void>>()
// When the transaction that asks will have committed, as a rule.
const wakeAfterMs = [10, 100]

/** Has `wake` called soon after this process has asked for a job of a queue. Answers how to end that. */
export function wakeOn(queue: string, wake: () => void): () => void {
  const workers = workersHere.get(queue) ?? new Set()
  workersHere.set(queue, workers.add(wake))
  return () => workers.delete(wake)
}

function wakeWorkers(queue: string): void {
  for (const ms of wakeAfterMs)
    setTimeout(() => {
      for (const wake of workersHere.get(queue) ?? []) wake()
    }, ms).unref()
}

export type Queue<Tables> = {
  /**
   * Asks for a job in the transaction that needs it, and answers the id of the operation to follow it by.
   * Throws SERVICE_UNAVAILABLE when the queue does not answer.
   * @param subject the id of what it is about
   */
  enqueue(trx: Trx<Tables>, job: string, subject: string, by: Asking): Promise<string>
  close(): Promise<void>
}
type Asking = { member: Member; requestId: string }

/** The side of the queue that asks, over the subgraph's own connections. */
export function openQueue<Tables>(
  subgraph: string,
  jobs: readonly string[],
  db: Db<Tables>,
  log: Log,
): Queue<Tables> {
  let starting: Promise<PgBoss> | undefined
  const start = async () => {
    const boss = new PgBoss({
      db: fromKysely(db.withoutPlugins()),
      schema: jobSchema,
      ...quiet,
      ...asService,
    })
    boss.on('error', (error) => log.warn({ err: error }, 'the queue'))
    return boss.start()
  }
  /** A start that fails is tried again when a job is asked for. */
  const started = () => {
    starting ??= start().catch((error: unknown) => {
      starting = undefined
      log.error({ err: error, subgraph }, 'the queue does not start')
      throw unavailable()
    })
    return starting
  }
  // Now, and not inside the first transactions: those hold the connections that it needs.
  if (jobs.length > 0) started().catch(() => {})
  return {
    async enqueue(trx, job, subject, { member, requestId }) {
      if (!jobs.includes(job)) throw new Error(`${subgraph} has no job ${job}`)
      const boss = await started()
      const operation = newId()
      const { organizationId, userId } = member
      await operations.request(trx, { id: operation, organizationId, kind: job, requestedBy: userId })
      const payload: Payload = { operation, subject, requestId, member }
      await boss.send(queueOf(subgraph, job), payload, { db: fromKysely(trx.withoutPlugins()) })
      wakeWorkers(queueOf(subgraph, job))
      return operation
    },
    async close() {
      await (await starting?.catch(() => null))?.stop({ graceful: false })
    },
  }
}
