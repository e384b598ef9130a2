import { buildOperationContext, executeQueryPlan, type ServiceMap } from '@apollo/gateway'
import type { QueryPlan } from '@apollo/query-planner'
import { type ExecutionResult, GraphQLError, getVariableValues, type OperationTypeNode } from 'graphql'
import type { EngineRequest, TimedRequest } from './engine.ts'
import type { Generation } from './generation.ts'

export type Asked = Pick<EngineRequest, 'document' | 'queryHash'> & {
  operationName?: string | null | undefined
  variables?: Record<string, unknown> | null | undefined
}
type OperationContext = ReturnType<typeof buildOperationContext>
export type Prepared = {
  operationContext: OperationContext
  plan: QueryPlan
  variables: Record<string, unknown>
}

const maxVariableErrors = 20

export const unanswerable = (message: string) =>
  new GraphQLError(message, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } })

/**
 * The plan and the coerced variables of an operation, or why it cannot run.
 * @param kinds what may be asked here; `check` refuses more by throwing GraphQLError
 */
export function prepare(
  { schema, planOf }: Generation,
  { document, queryHash, operationName, variables }: Asked,
  kinds: readonly `${OperationTypeNode}`[],
  check?: (context: OperationContext) => void,
): Prepared | { errors: GraphQLError[] } {
  const name = operationName || undefined
  try {
    const operationContext = buildOperationContext({
      schema,
      operationDocument: document,
      ...(name ? { operationName: name } : {}),
    })
    const { operation } = operationContext
    if (!schema.getRootType(operation.operation) || !kinds.includes(operation.operation))
      throw unanswerable(`This graph answers no ${operation.operation}`)
    check?.(operationContext)
    const { coerced, errors } = getVariableValues(
      schema,
      operation.variableDefinitions ?? [],
      variables ?? {},
      { maxErrors: maxVariableErrors },
    )
    if (errors) return { errors: errors.map(badUserInput) }
    const plan = planOf(document, queryHash, name)
    return { operationContext, plan, variables: coerced as Record<string, unknown> }
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

/** Runs a plan; what has not answered within `deadlineMs` is null. */
export async function run(
  { supergraphSchema, apiSchema }: Generation,
  sources: ServiceMap,
  request: EngineRequest,
  { plan, operationContext, variables }: Prepared,
  deadlineMs: number,
): Promise<ExecutionResult> {
  const timer = new AbortController()
  const timeout = setTimeout(() => timer.abort(), deadlineMs)
  const timed: TimedRequest = {
    ...request,
    request: { ...request.request, variables },
    deadline: timer.signal,
  }
  try {
    return completed(
      await executeQueryPlan(plan, sources, timed, operationContext, supergraphSchema, apiSchema),
    )
  } finally {
    clearTimeout(timeout)
  }
}

/**
 * A null where none may be is an error for the client too. Apollo's executor files it under an extension
 * when no subgraph complained, where nobody looks.
 */
function completed({ data, errors, extensions }: ExecutionResult): ExecutionResult {
  const nulled = extensions?.valueCompletion as readonly GraphQLError[] | undefined
  if (errors || !nulled) return errors ? { data: data ?? null, errors } : { data: data ?? null }
  return {
    data: data ?? null,
    errors: nulled.map(({ message, path }) => new GraphQLError(message, { path: path ?? null })),
  }
}
