import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import { sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import { recording } from './audit.ts'
import { type Context, createContext, type Surroundings } from './context.ts'
import { type Db, ingestRoleOf, type OnStatement, openDatabase, urlAs } from './database.ts'
import { type Entities, entitiesOf } from './entities.ts'
import type { Erasures } from './erasures.ts'
import { NexusError } from './errors.ts'
import { createExecutor, type Execution } from './execute/execute.ts'
import type { Jobs } from './job.ts'
import type { Migrations } from './migration.ts'
import type { PersonalTable } from './people.ts'
import { present, refuse } from './presented.ts'
import { openQueue } from './queue.ts'
import { recordMutations, recordRefusal } from './recorded.ts'
import type { Rounds } from './rounds.ts'
import type { SealedColumn } from './sealing/reseal.ts'
import { isStream } from './stream.ts'
import { internalVerifier } from './tokens.ts'
import type { Stream, SubgraphRequest, SubgraphResponse, Transport } from './transport.ts'

type Plate<Tables> = {
  name: string
  schema: GraphQLSchema
  migrations: Migrations
  /** Work that outlives a request. */
  jobs?: Jobs<Tables>
  /** Work that time alone asks for. Workers go them, so that a subgraph with rounds has jobs. */
  rounds?: Rounds<Tables>
  /** The columns that hold sealed values. */
  sealed?: readonly SealedColumn[]
  /** What is kept of people. */
  people?: readonly PersonalTable[]
  /** Forgets again whom a restored backup has brought back; answers how many. */
  forgetAgain?: (db: Db<Tables>, erasures: Erasures) => Promise<number>
  /** Fills the demo, as one organization after the other; safe to run again. */
  seed?: (db: Db<Tables>, demo: Demo) => Promise<void>
}
/** The name plate of a subgraph; its name is that of its Postgres schema too. */
export type Subgraph = Plate<never>

/** A subgraph from its plate. From here on each of its mutations is recorded. */
export function defineSubgraph<Tables>(plate: Plate<Tables>): Subgraph {
  recordMutations(plate.name, plate.schema)
  return plate as unknown as Subgraph
}

/** What the demo is made of; each subgraph seeds its own part of it. */
export type Demo = {
  password: string
  now: Date
  organizations: { id: string; slug: string; name: string }[]
  /** The id of a named thing of the demo: the same in every subgraph and at every start. */
  idOf(organization: string, noun: string, name: string): string
}

export type OpenSubgraph = {
  name: string
  answer: Transport
  /** Throws when the database does not answer. */
  check(): Promise<void>
  close(): Promise<void>
}

const maxTokens = 20_000
/** Of documents that are remembered, compiled: each takes about 50 bytes. */
const mostCharacters = 500_000

type Read = { document?: DocumentNode; entities?: Entities | null; errors?: readonly GraphQLError[] }

function read(schema: GraphQLSchema, query: string): Read {
  try {
    const document = parse(query, { maxTokens, noLocation: true })
    const errors = validate(schema, document, specifiedRules)
    return errors.length > 0 ? { errors } : { document, entities: entitiesOf(document) }
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [error] }
    throw error
  }
}

/** A planner asks the same few questions again and again: each is read once. */
function reader(schema: GraphQLSchema): (query: string) => Read {
  const known = new LRUCache<string, Read>({
    max: 2_000,
    maxSize: mostCharacters,
    sizeCalculation: (_read, query) => query.length + 1,
  })
  return (query) => {
    const before = known.get(query)
    if (before) return before
    const now = read(schema, query)
    known.set(query, now)
    return now
  }
}

type Asked = Execution & { contextValue: Context<never>; entities?: Entities | null | undefined }

const isRefusal = ({ originalError }: GraphQLError) =>
  originalError instanceof NexusError && originalError.code === 'FORBIDDEN'

/** The root field that a refusal lies under, or the entity by its type; null in a mutation, which is recorded. */
function rootOf({ path }: GraphQLError, asked: Asked): string | null {
  const { document, operationName, entities, variableValues } = asked
  const operation = getOperationAST(document, operationName)
  if (operation?.operation === 'mutation') return null
  const [key, index] = path ?? []
  const type = entities?.typeAt(String(key), Number(index), variableValues ?? undefined)
  if (type) return type
  const named = operation?.selectionSet.selections.find(
    (each) => each.kind === Kind.FIELD && (each.alias ?? each.name).value === key,
  )
  return named?.kind === Kind.FIELD ? named.name.value : String(key)
}

/**
 * Opens a subgraph on its database. `answer` refuses every request without an internal token for it,
 * `_service` and `_entities` included.
 */
export function openSubgraph(
  subgraph: Subgraph,
  options: {
    url: string
    surroundings: Surroundings
    connections?: number
    onStatement?: OnStatement | undefined
  },
): OpenSubgraph {
  const { name, schema, jobs = {} } = subgraph
  const { url, surroundings, connections = 8, onStatement } = options
  const { log, keys, metrics, tracer } = surroundings
  const db = openDatabase<never>({ url, schema: name, log, connections, onStatement, metrics })
  const ingest = ingestPool(options, name)
  const queue = openQueue(name, Object.keys(jobs), db, log)
  const verify = internalVerifier(keys, name)
  const documentOf = reader(schema)
  const execute = createExecutor(schema)

  /** Who asks what. Each run of it has a context of its own, so that no event sees what another one loaded. */
  const admit = async ({ query, variables, operationName, token, requestId, client }: SubgraphRequest) => {
    const caller = await verify(token)
    const { document, entities, errors } = documentOf(query)
    if (!document) return { errors: errors! }
    entities?.check(variables)
    const common = { document, entities, variableValues: variables, operationName }
    const asked = { requestId, client: client ?? null }
    const contextValue = () => createContext(surroundings, db, caller, asked, queue, ingest.db)
    return { args: () => ({ ...common, contextValue: contextValue() }) }
  }
  const told = ({ data, errors }: ExecutionResult, requestId: string): SubgraphResponse => ({
    ...(data !== undefined && { data }),
    ...(errors && { errors: errors.map((error) => present(error, log, requestId)) }),
  })

  const answer: Transport = async (request) => {
    const from = performance.now()
    const answered = await respond(request)
    const ms = performance.now() - from
    const { requestId } = request
    metrics.call(name, answered.errors ? 'error' : 'ok', ms / 1_000)
    log.debug(
      { requestId, subgraph: name, errors: answered.errors?.length ?? 0, ms: Math.round(ms) },
      'answered',
    )
    return answered
  }

  /** Answers, and records one refusal of what was asked; mutations record their own. */
  const answerOf = async (asked: Asked) => {
    const result = await execute(asked)
    const refused = result.errors?.find(isRefusal)
    const root = refused && rootOf(refused, asked)
    if (root) await recordRefusal(asked.contextValue, { operation: root, subgraph: name }, 'FORBIDDEN')
    return result
  }

  const respond: Transport = async (request) => {
    const { requestId, traceparent } = request
    try {
      const { args, errors } = await admit(request)
      const span = tracer?.goOn('answer', traceparent, {
        'nexus.subgraph': name,
        'nexus.request_id': requestId,
      })
      // Who asks may be at work on something of their own in this process.
      const result = args ? await recording(null, async () => answerOf(args())) : { errors }
      span?.end(result.errors && 'errors')
      return told(result, requestId)
    } catch (error) {
      return refuse(error, log, requestId)
    }
  }

  const stream: Stream = async (request) => {
    const { requestId, signal } = request
    try {
      const { args, errors } = await admit(request)
      if (!args) return told({ errors }, requestId)
      const events = await createSourceEventStream({ schema, ...args() })
      if (!isStream(events)) return told(events, requestId)
      const answerTo = async (rootValue: unknown) => told(await execute({ ...args(), rootValue }), requestId)
      const iterator = events[Symbol.asyncIterator]()
      const end = () => void iterator.return?.()
      if (signal?.aborted) end()
      else signal?.addEventListener('abort', end, { once: true })
      return answers(iterator, answerTo, (error) => refuse(error, log, requestId))
    } catch (error) {
      return refuse(error, log, requestId)
    }
  }

  return {
    name,
    answer: Object.assign(answer, { stream }),
    check: async () => {
      await sql`select 1`.execute(db)
    },
    close: async () => {
      await queue.close()
      await ingest.close()
      await db.destroy()
    },
  }
}

/** Imports take turns and apply their batches one by one. */
const ingestConnections = 3

/** The pool that machines write by, opened when the first of them does. */
function ingestPool(
  { url, surroundings, onStatement }: Parameters<typeof openSubgraph>[1],
  schema: string,
): { db(): Db<never>; close(): Promise<void> } {
  const { keys, log, metrics } = surroundings
  let opened: Db<never> | undefined
  return {
    db: () => {
      const role = ingestRoleOf(decodeURIComponent(new URL(url).username))
      opened ??= openDatabase({
        url: urlAs(url, role, keys.passwordOf(role)),
        ...{ schema, log, metrics, onStatement },
        name: `${schema}-ingest`,
        connections: ingestConnections,
      })
      return opened
    },
    close: async () => opened?.destroy(),
  }
}

async function* answers(
  events: AsyncIterator<unknown>,
  answerTo: (event: unknown) => Promise<SubgraphResponse>,
  failed: (error: unknown) => SubgraphResponse,
): AsyncGenerator<SubgraphResponse> {
  try {
    for (let event = await events.next(); !event.done; event = await events.next())
      yield await answerTo(event.value)
  } catch (error) {
    yield failed(error)
  } finally {
    await events.return?.()
  }
}
