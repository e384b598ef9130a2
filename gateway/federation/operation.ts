import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  getVariableValues,
  type OperationDefinitionNode,
  type OperationTypeNode,
} from 'graphql'
import type { SubgraphResponse } from '#kit/transport.ts'
import type { Fragments } from './compile/branches.ts'
import { operationIn } from './compile/names.ts'
import { type Compiled, fragmentsOf } from './compile/operation.ts'
import type { Run } from './execute/run.ts'
import type { Generation } from './generation.ts'
import { createTold } from './shape/told.ts'
import type { Sources } from './source.ts'

export type Asked = {
  document: DocumentNode
  /** Must identify the document: what is planned for one is used for all of the same. */
  queryHash: string
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

const maxVariableErrors = 20

export const unanswerable = (message: string) =>
  new GraphQLError(message, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } })

/**
 * The compiled plan and the coerced variables of an operation, or why it cannot run.
 * @param kinds what may be asked here; `check` refuses more by throwing GraphQLError
 */
export async function prepare(
  { schema, compiled }: Generation,
  { document, queryHash, operationName, variables }: Asked,
  kinds: readonly `${OperationTypeNode}`[],
  check?: (operation: OperationDefinitionNode, fragments: Fragments) => void,
): Promise<Prepared | { errors: readonly GraphQLError[] }> {
  const name = operationName || undefined
  try {
    const operation = operationIn(document, name)
    if (!operation) throw unanswerable('There is no such operation')
    if (!schema.getRootType(operation.operation) || !kinds.includes(operation.operation))
      throw unanswerable(`This graph answers no ${operation.operation}`)
    check?.(operation, fragmentsOf(document))
    const given = variables ?? {}
    const definitions = operation.variableDefinitions ?? []
    const { coerced, errors } = getVariableValues(schema, definitions, given, {
      maxErrors: maxVariableErrors,
    })
    if (errors) return { errors: errors.map(badUserInput) }
    return { compiled: await compiled(document, queryHash, name, coerced), variables: coerced, given }
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [error] }
    throw error
  }
}

const badUserInput = (error: GraphQLError) =>
  new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    originalError: error,
    extensions: { code: 'BAD_USER_INPUT' },
  })

/**
 * Runs an operation; what has not answered within `deadlineMs` is null. Never throws.
 * @param event what the subgraph of a subscription has told
 */
export async function run(
  sources: Sources,
  { compiled, variables, given }: Prepared,
  { context, deadlineMs, event }: { context: unknown; deadlineMs: number; event?: SubgraphResponse },
): Promise<ExecutionResult> {
  const timer = new AbortController()
  const timeout = setTimeout(() => timer.abort(), deadlineMs)
  const { signal: deadline } = timer
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
    await compiled.step(run)
  } finally {
    clearTimeout(timeout)
  }
  const told = createTold(run.failures, compiled.asked, compiled.toClient)
  const introspect = compiled.introspect(given)
  const data = compiled.shape(run.data, { path: [], told, lost: run.lost, introspect })
  const errors = told.finish(data)
  return errors.length > 0 ? { data, errors } : { data }
}
