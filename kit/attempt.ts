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
    ended(await carryOut(here, name, job, taken, number))
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
): Promise<'complete' | 'failed'> {
  const { subgraph, surroundings, db, queue } = here
  const { member, requestId, operation: id, subject } = data
  const as = (viewer: Member) =>
    createContext(surroundings, db, { viewer, service: subgraph }, { requestId, client: null }, queue)
  const asked = as(member)
  await asked.tenant((trx) => operations.begin(trx, id, number))
  const now = await standingOf(asked, member)
  if (permission !== 'signedIn') allowed(now, permission)
  const common = as(now)
  let outcome: 'complete' | 'failed' | null = null
  const operation: JobContext<never>['operation'] = {
    id,
    number,
    advance: (progress, within) =>
      within
        ? operations.advance(within, id, number, progress)
        : common.tenant((trx) => operations.advance(trx, id, number, progress)),
    settle: () => common.tenant((trx) => operations.settle(trx, id, number)),
    complete: async (trx, done) => {
      await operations.complete(trx, id, number, done)
      if (!isConsequence)
        note({ type: 'Operation', id, before: { status: 'running' }, after: { status: 'complete', done } })
      outcome = 'complete'
    },
    refuse: async (trx, why) => {
      await operations.refuse(trx, id, number, why)
      const after = { status: 'failed', errorCode: why.code }
      if (!isConsequence) note({ type: 'Operation', id, before: { status: 'running' }, after })
      outcome = 'failed'
    },
  }
  // Its row is that of the transaction that completes it; an attempt that fails may be followed by another.
  const { client, service, viewer } = common
  const of = { operation: kind, subgraph, viewer, service, requestId, client }
  const record = isConsequence ? null : startRecording(of)
  const watch = watching(signal, () => asked.tenant((trx) => operations.isCurrent(trx, id, number)))
  try {
    await recording(record, () => run({ ...common, operation, signal: watch.signal }, subject))
  } catch (error) {
    // Whatever else went wrong because it was stopped.
    if (watch.signal.reason instanceof operations.Superseded) throw watch.signal.reason
    throw error
  } finally {
    watch.end()
  }
  // It would be RUNNING for ever.
  if (!outcome) throw new Error('The job has ended without completing its operation')
  return outcome
}

const lookEveryMs = 1_000

/** A signal that also aborts once an attempt counts no more: it was cancelled, or another one has begun. */
function watching(signal: AbortSignal, isCurrent: () => Promise<boolean>) {
  const stopped = new AbortController()
  const look = async () => {
    // That the database does not answer says nothing.
    if (await recording(null, isCurrent).catch(() => true)) return
    stopped.abort(new operations.Superseded('The operation has ended, or another worker has taken it up'))
  }
  const timer = setInterval(look, lookEveryMs)
  return { signal: AbortSignal.any([signal, stopped.signal]), end: () => clearInterval(timer) }
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
  const { operation, subject, member, requestId } = data
  const said = sourceOutput as Partial<Refused> | null
  // Without a word from the job itself, its worker was lost or its time was up.
  const { code, message } = said?.code ? (said as Refused) : interrupted
  const { organizationId } = member
  await inTenant(db, { organizationId }, async (trx: Trx<never>) => {
    const kind = await operations.fail(trx, operation, code, message)
    if (!kind) return
    await jobs[kind]?.givenUp?.(trx, subject, { code, message })
    if (jobs[kind]?.isConsequence) return
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
