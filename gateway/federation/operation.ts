import {
  type ExecutionResult,
  GraphQLError,
  type OperationDefinitionNode,
  type OperationTypeNode,
} from 'graphql'
import type { LRUCache } from 'lru-cache'
import { deadlineIn } from '#kit/deadline.ts'
import type { SubgraphResponse } from '#kit/transport.ts'
import type { Fragments } from './compile/branches.ts'
import type { Compiled, Outline } from './compile/operation.ts'
import { type Document, type Refused, withoutSuggestion } from './documents.ts'
import type { Run } from './execute/run.ts'
import type { Generation } from './generation.ts'
import { createTold } from './shape/told.ts'
import type { Sources } from './source.ts'
import type { Coerce } from './variables.ts'

/** One operation of a document: what it is compiled from, and what it was compiled to. */
export type Operation = {
  readonly name: string | null
  readonly kind: `${OperationTypeNode}`
  readonly definition: OperationDefinitionNode
  readonly fragments: Fragments
  readonly outline: Outline
  readonly coerce: Coerce
  /** Whether it asks of the schema itself. */
  readonly introspects: boolean
  /** By what its variables decide of what it asks for. */
  readonly compiled: LRUCache<string, Compiled>
}
export type Asked = {
  document: Document
  operationName?: string | null | undefined
  variables?: Record<string, unknown> | null | undefined
}
export type Prepared = {
  compiled: Compiled
  /** As the schema has them: defaults filled in. */
  variables: Record<string, unknown>
  /** As the client gave them. */
  given: Record<string, unknown>
}

export const unanswerable = (message: string) =>
  new GraphQLError(message, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } })

/**
 * The compiled plan and the coerced variables of an operation, or why it cannot run.
 * @param kinds what may be asked here; `check` refuses more by throwing GraphQLError
 */
export async function prepare(
  { schema, suggests, operation: find, compiled }: Generation,
  { document, operationName, variables }: Asked,
  kinds: readonly `${OperationTypeNode}`[],
  check?: (operation: Operation) => void,
): Promise<Prepared | Refused> {
  try {
    const operation = find(document, operationName || undefined)
    if (!operation) throw unanswerable('There is no such operation')
    if (!schema.getRootType(operation.definition.operation) || !kinds.includes(operation.kind))
      throw unanswerable(`This graph answers no ${operation.kind}`)
    check?.(operation)
    const given = variables ?? {}
    const coerced = operation.coerce(given)
    if ('errors' in coerced) return { errors: coerced.errors.map((error) => badUserInput(error, suggests)) }
    return { compiled: await compiled(operation, coerced.values), variables: coerced.values, given }
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [error] }
    throw error
  }
}

const badUserInput = (error: GraphQLError, suggests: boolean) =>
  new GraphQLError(suggests ? error.message : withoutSuggestion(error.message), {
    nodes: error.nodes ?? null,
    originalError: error,
    extensions: { code: 'BAD_USER_INPUT' },
  })

/** An answer, and the same as JSON where that is there already. */
export type Result = ExecutionResult & { json?: string | undefined }

/**
 * Runs an operation; what has not answered within `deadlineMs` is null. Never throws.
 * @param event what the subgraph of a subscription has told
 */
export async function run(
  sources: Sources,
  { compiled, variables, given }: Prepared,
  { context, deadlineMs, event }: { context: unknown; deadlineMs: number; event?: SubgraphResponse },
): Promise<Result> {
  const deadline = deadlineIn(deadlineMs)
  const run: Run = {
    sources,
    variables,
    context,
    deadline,
    event,
    isFresh: compiled.kind !== 'query',
    data: {},
    failures: [],
    lost: new Set(),
    broken: new Set(),
  }
  try {
    const { passing } = compiled
    if (passing) {
      const { call, isExact } = passing
      const answer = await call.ask(run)
      if (!answer.errors && isExact(answer.data)) return { data: answer.data!, json: answer.json }
      call.take(run, answer)
    } else await compiled.step(run)
  } finally {
    deadline.clear()
  }
  const told = createTold(run.failures, compiled.asked, compiled.toClient)
  const introspect = compiled.introspect(given)
  const data = compiled.shape(run.data, { path: [], told, lost: run.lost, introspect })
  const errors = told.finish(data)
  return errors.length > 0 ? { data, errors } : { data }
}
