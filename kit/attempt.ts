import type { JobResult, JobWithMetadata } from 'pg-boss'
import { note, recording, startRecording } from './audit.ts'
import { type Context, callPeer, createContext, type Surroundings } from './context.ts'
import { type Db, inTenant, type Trx } from './database.ts'
import { type ErrorCode, NexusError, unauthenticated } from './errors.ts'
import type { Job, JobContext, Jobs, Payload } from './job.ts'
import type { JobOutcome } from './metrics.ts'
import * as operations from './operation.ts'
import type { Queue } from './queue.ts'
import { recordEnd } from './recorded.ts'
import { allowed, type Member } from './viewer.ts'

export type Taken = JobWithMetadata<Payload>
type Refused = { code: ErrorCode | 'INTERRUPTED'; message: string }
type Here = {
  subgraph: string
  surroundings: Surroundings
  db: Db<never>
  queue: Queue<never>
  jobs?: Jobs<never>
}

/** What passes by itself is tried again; a refusal would be the same one. */
const passes = (code: string) => ['SERVICE_UNAVAILABLE', 'INTERNAL_SERVER_ERROR'].includes(code)

const refusalOf = (error: unknown): Refused =>
  error instanceof NexusError
    ? { code: error.code, message: error.message }
    : { code: 'INTERNAL_SERVER_ERROR', message: 'Internal error' }

/** Runs a job once, and says what shall become of it: done, to be tried again, or given up. */
export async function attempt(here: Here, name: string, job: Job<never>, taken: Taken): Promise<JobResult> {
  const { id, data, retryCount, retryLimit } = taken
  const { requestId, operation } = data
  const { log, metrics } = here.surroundings
  const number = retryCount + 1
  const from = performance.now()
  const ended = (outcome: JobOutcome, error?: unknown) => {
    const ms = performance.now() - from
    metrics.job(name, outcome, ms / 1_000)
    const line = { requestId, job: name, operation, attempt: number, outcome, ms: Math.round(ms) }
    if (error) log.warn({ ...line, err: error }, 'a job failed')
    else log.info(line, 'a job ended')
  }
  try {
    await carryOut(here, name, job, taken, number)
    ended('complete')
    return { id, status: 'completed' }
  } catch (error) {
    if (error instanceof operations.Superseded) {
      ended('superseded')
      return { id, status: 'completed' }
    }
    const output = refusalOf(error)
    const again = passes(output.code)
    ended(again && retryCount < retryLimit ? 'again' : 'failed', error)
    return { id, status: again ? 'failed' : 'deadletter', output }
  }
}

async function carryOut(
  here: Here,
  kind: string,
  { run, permission, isConsequence }: Job<never>,
  { data, signal }: Taken,
  number: number,
) {
  const { subgraph, surroundings, db, queue } = here
  const { member, requestId, operation: id, subject } = data
  const as = (viewer: Member) =>
    createContext(surroundings, db, { viewer, service: subgraph }, { requestId, client: null }, queue)
  const asked = as(member)
  await asked.tenant((trx) => operations.begin(trx, id, number))
  const now = await standingOf(asked, member)
  if (permission !== 'signedIn') allowed(now, permission)
  const common = as(now)
  let completed = false
  const operation: JobContext<never>['operation'] = {
    id,
    number,
    advance: (progress) => common.tenant((trx) => operations.advance(trx, id, number, progress)),
    complete: async (trx, done) => {
      await operations.complete(trx, id, number, done)
      if (!isConsequence)
        note({ type: 'Operation', id, before: { status: 'running' }, after: { status: 'complete', done } })
      completed = true
    },
  }
  // Its row is that of the transaction that completes it; an attempt that fails may be followed by another.
  const { client, service, viewer } = common
  const of = { operation: kind, subgraph, viewer, service, requestId, client }
  const record = isConsequence ? null : startRecording(of)
  await recording(record, () => run({ ...common, operation, signal }, subject))
  // It would be RUNNING for ever.
  if (!completed) throw new Error('The job has ended without completing its operation')
}

type Standing = Pick<Member, 'permissions'> & { hasGrants: boolean }

/**
 * Who asked, as they are now: what they have lost since they asked is lost, and what they have gained was not asked
 * with. Throws UNAUTHENTICATED for who may not come in any more.
 */
async function standingOf(context: Context<never>, member: Member): Promise<Member> {
  const { memberStanding } = await callPeer<{ memberStanding: Standing | null }>(
    context,
    'identity',
    '{ memberStanding { permissions hasGrants } }',
    {},
  )
  if (!memberStanding) throw unauthenticated('Who asked for this may not come in any more')
  const { hasGrants: _before, ...asked } = member
  const permissions = asked.permissions.filter((each) => memberStanding.permissions.includes(each))
  return { ...asked, permissions, ...(memberStanding.hasGrants && { hasGrants: true }) }
}

/** Ends the operation of a job that nobody will try again, and writes its one row in the journal, if it has one. */
export async function giveUp(
  { subgraph, db, surroundings, jobs = {} }: Here,
  { id, data, sourceOutput }: Taken,
): Promise<JobResult> {
  const { operation, member, requestId } = data
  const said = sourceOutput as Partial<Refused> | null
  // Without a word from the job itself, its worker was lost or its time was up.
  const { code, message } = said?.code ? (said as Refused) : interrupted
  const { organizationId } = member
  await inTenant(db, { organizationId }, async (trx: Trx<never>) => {
    const kind = await operations.fail(trx, operation, code, message)
    if (!kind || jobs[kind]?.isConsequence) return
    const after = { status: 'failed', errorCode: code }
    const change = { type: 'Operation', id: operation, before: { status: 'running' }, after }
    const of = { operation: kind, subgraph, requestId, organizationId, actor: member }
    await recordEnd(trx, of, change, code)
  })
  surroundings.log.error({ requestId, operation, code }, 'a job was given up')
  return { id, status: 'completed' }
}

const interrupted: Refused = {
  code: 'INTERRUPTED',
  message: 'The work was cut off before its end, and will not be tried again',
}
