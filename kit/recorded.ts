import { defaultFieldResolver, type GraphQLField, type GraphQLSchema } from 'graphql'
import type { QueryExecutorProvider } from 'kysely'
import { type Actor, enter, type Recording, recording, startRecording } from './audit.ts'
import type { Change } from './changes.ts'
import type { Context } from './context.ts'
import { type Db, inTenant } from './database.ts'
import { NexusError } from './errors.ts'
import type { Outcome } from './journal.ts'
import type { Log } from './log.ts'
import { anonymous } from './viewer.ts'

type Anyones = Context<never>

const codeOf = (error: unknown): string =>
  error instanceof NexusError ? error.code : 'INTERNAL_SERVER_ERROR'
const unheard = ['INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE', 'INTERRUPTED']

/** Whether a code says that somebody was told no, or that Nexus could not do it. */
export const outcomeOf = (code: string): Outcome => (unheard.includes(code) ? 'failed' : 'refused')

/**
 * Runs work and leaves exactly one row of it in the journal: in the transaction in which it notes something, else
 * by a transaction of its own. Throws SERVICE_UNAVAILABLE when what was done could not be written down.
 */
export async function recorded<Result>(
  of: { operation: string; subgraph: string },
  { viewer, service, requestId, client, db, log }: Anyones,
  work: () => Promise<Result>,
): Promise<Result> {
  const record = startRecording({ ...of, viewer, service, requestId, client })
  try {
    const result = await recording(record, work)
    if (!record.written && viewer.kind === 'member') await alone(db, record, viewer.organizationId)
    return result
  } catch (error) {
    if (!record.written) await refused(db, record, codeOf(error), log)
    throw error
  } finally {
    record.closed = true
  }
}

/** Writes the row of a recording by a transaction of its own, whatever else is being recorded around it. */
const alone = (
  db: Db<never>,
  record: Recording,
  organizationId: string,
  ended?: Parameters<typeof enter>[4],
) =>
  recording(null, () =>
    inTenant(db, { organizationId }, (trx) =>
      enter(trx, record, organizationId, ended ? [] : record.waiting, ended),
    ),
  )

/** A refusal has no transaction of its own. That it cannot be written down changes nothing for who was refused. */
async function refused(db: Db<never>, record: Recording, code: string, log: Log): Promise<void> {
  const { viewer, blame, requestId, operation } = record
  const lost = (error: unknown) =>
    log.error({ requestId, operation, code, err: error }, 'a refusal was not recorded')
  const ended = { outcome: outcomeOf(code), code }
  if (viewer.kind === 'member') {
    await alone(db, record, viewer.organizationId, ended).catch(lost)
    return
  }
  if (!blame) return
  setImmediate(async () => {
    try {
      const blamed = await blame()
      if (!blamed) return
      const { organizationId, userId } = blamed
      await alone(db, record, organizationId, { ...ended, actor: { userId } })
    } catch (error) {
      lost(error)
    }
  })
}

type Ended = Pick<Recording, 'operation' | 'subgraph' | 'requestId'> & {
  organizationId: string
  actor: Actor
}

/** Writes the row of work that nobody is at any more, in the transaction that ends it. */
export async function recordEnd(
  trx: QueryExecutorProvider,
  { organizationId, actor, ...of }: Ended,
  change: Change,
  code: string,
): Promise<void> {
  const record = startRecording({ ...of, viewer: anonymous, service: of.subgraph, client: null })
  await enter(trx, record, organizationId, [change], { outcome: outcomeOf(code), code, actor })
}

/** Records one refusal of a question, where whoever asked is known. */
export async function recordRefusal(
  context: Anyones,
  of: { operation: string; subgraph: string },
  code: string,
): Promise<void> {
  const { viewer, service, requestId, client, db, log } = context
  const record = startRecording({ ...of, viewer, service, requestId, client })
  await refused(db, record, code, log)
}

type Scopes = { peer?: string; $all?: { peer?: string } } | undefined

/** What subgraphs tell each other is part of a run, which has a row of its own. */
function isForPeers({ extensions }: GraphQLField<unknown, unknown>): boolean {
  const { authScopes } = (extensions.pothosOptions ?? {}) as { authScopes?: Scopes }
  return authScopes?.peer !== undefined || authScopes?.$all?.peer !== undefined
}

/** Has every mutation of a subgraph recorded, whatever its resolver does. */
export function recordMutations(subgraph: string, schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const resolve = field.resolve ?? defaultFieldResolver
    const forPeers = isForPeers(field)
    const of = { operation: field.name, subgraph }
    field.resolve = (root, args, context: Anyones, info) => {
      const work = async () => await resolve(root, args, context, info)
      return forPeers && context.service !== 'gateway' ? recording(null, work) : recorded(of, context, work)
    }
  }
}
