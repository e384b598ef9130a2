import { setTimeout as pause } from 'node:timers/promises'
import { PgBoss } from 'pg-boss'
import { newId } from '#kit/id.ts'
import type { Payload } from '#kit/job.ts'
import { asService, jobSchema } from '#kit/queue.ts'
import { permissionsOf } from '#kit/viewer.ts'
import type { Ledger } from './ledger.ts'
import { namesOf } from './names.ts'
import type { Scratch } from './scratch.ts'

const kind = 'jobs'
const longestWaitMs = 30_000
const most = 4

/**
 * Jobs on behalf of the attacker about things of the victim, put into each queue as nobody but its owner could: the
 * one who carries them out finds nothing.
 */
export async function attackJobs(scratch: Scratch, ledger: Ledger): Promise<void> {
  const { query, attacker, victim, house, named } = scratch
  const queues = (await query(`select name from ${jobSchema}.queue`)).map(({ name }) => String(name))
  ledger.open(kind, 'jobs.queue: queues', queues)
  const [user] = await query(
    `select id, account_id from identity.users where organization_id = $1 and role = 'admin' and email like 'admin@%'`,
    [attacker.id],
  )
  const member: Payload['member'] = {
    kind: 'member',
    userId: String(user!.id),
    accountId: String(user!.account_id),
    organizationId: attacker.id,
    role: 'admin',
    permissions: permissionsOf.admin,
  }
  const boss = new PgBoss({
    connectionString: house.databaseUrl,
    schema: jobSchema,
    max: 1,
    supervise: false,
    schedule: false,
    ...asService,
  })
  boss.on('error', () => {})
  await boss.start()
  const sent: { queue: string; id: string }[] = []
  const foreign = String(named.get('operations.operations')?.id)
  const known = namesOf(scratch).ids
  /** What a subgraph's own job may be about; a worker takes few jobs a second. */
  const subjectsOf = (queue: string) =>
    known.flatMap(([id, place]) => (place.split('.')[0] === queue.split('.')[0] ? [id] : [])).slice(0, most)
  try {
    for (const queue of queues)
      for (const [index, subject] of [...subjectsOf(queue), newId()].entries())
        for (const operation of index === 0 ? [newId(), foreign] : [newId()]) {
          if (operation !== foreign)
            await query(
              `insert into operations.operations (id, organization_id, kind, requested_by) values ($1, $2, $3, $4)`,
              [operation, attacker.id, queue, member.userId],
            )
          const payload: Payload = { operation, subject, requestId: 'isolation', member }
          const id = await boss.send(queue, payload, { retryLimit: 0 })
          if (id) sent.push({ queue, id })
          ledger.attacked(kind, queue)
        }
    const open = async () => {
      const [row] = await query(
        `select count(*)::int as count from ${jobSchema}.job where id = any($1::uuid[]) and state in ('created', 'retry', 'active')`,
        [sent.map(({ id }) => id)],
      )
      return Number(row!.count)
    }
    for (const from = Date.now(); (await open()) > 0; await pause(100))
      if (Date.now() - from > longestWaitMs) throw new Error('The jobs do not end')
  } finally {
    await boss.stop({ graceful: false })
  }
  ledger.control(kind, sent.length)
  const [made] = await query(
    'select count(*)::int as count from compliance.reports where organization_id = $1',
    [victim.id],
  )
  ledger.control(kind, Number(made!.count))
}
