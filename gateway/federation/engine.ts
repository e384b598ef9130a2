import {
  buildOperationContext,
  executeQueryPlan,
  type GraphQLDataSource,
  type ServiceMap,
} from '@apollo/gateway'
import type { ApolloServerOptionsWithGateway } from '@apollo/server'
import { type ExecutionResult, GraphQLError, type GraphQLSchema, getVariableValues } from 'graphql'
import { createGeneration, type Generation, type PlannerOf } from './generation.ts'

export type GatewayInterface = ApolloServerOptionsWithGateway<object>['gateway']
type Executor = NonNullable<Awaited<ReturnType<GatewayInterface['load']>>['executor']>
export type EngineRequest = Parameters<Executor>[0]
/** What a data source is handed: `deadline` ends the whole operation. */
export type TimedRequest = EngineRequest & { readonly deadline: AbortSignal }

export type EngineOptions = {
  supergraphSdl: string
  /** How a subgraph is reached; asked once for each, with the name and url that the supergraph gives. */
  sourceFor(name: string, url: string): GraphQLDataSource
  /** How long an operation may take, in milliseconds; what has not answered by then is null. */
  deadlineMs?: number
  /** How many query plans are remembered. */
  plans?: number
  /** Another planner than Apollo's. */
  plannerOf?: PlannerOf
}
/** `schema` is what clients see. */
export type Engine = GatewayInterface & { readonly schema: GraphQLSchema }

const defaults = { deadlineMs: 10_000, plans: 1_000 }
const maxVariableErrors = 20

/**
 * A federation gateway for Apollo Server on any supergraph: plans with Apollo's planner, executes with its
 * executor, reports to nobody. Throws when the supergraph does not load.
 */
export function createEngine(options: EngineOptions): Engine {
  const { deadlineMs, plans } = { ...defaults, ...options }
  const generation = createGeneration(options.supergraphSdl, { plans, plannerOf: options.plannerOf })
  const sources: ServiceMap = Object.fromEntries(
    generation.subgraphs.map(({ name, url }) => [name, options.sourceFor(name, url)]),
  )
  return {
    schema: generation.schema,
    load: async () => ({ executor: (request) => execute(generation, sources, request, deadlineMs) }),
    onSchemaLoadOrUpdate(listener) {
      listener({ apiSchema: generation.schema, coreSupergraphSdl: generation.supergraphSdl })
      return () => {}
    },
    stop: async () => {},
  }
}

async function execute(
  generation: Generation,
  sources: ServiceMap,
  request: EngineRequest,
  deadlineMs: number,
): Promise<ExecutionResult> {
  const prepared = prepare(generation, request)
  if ('errors' in prepared) return prepared
  const { operationContext, plan, variables } = prepared
  const timer = new AbortController()
  const timeout = setTimeout(() => timer.abort(), deadlineMs)
  const timed: TimedRequest = {
    ...request,
    request: { ...request.request, variables },
    deadline: timer.signal,
  }
  try {
    const { supergraphSchema, apiSchema } = generation
    return completed(
      await executeQueryPlan(plan, sources, timed, operationContext, supergraphSchema, apiSchema),
    )
  } finally {
    clearTimeout(timeout)
  }
}

function prepare({ schema, planOf }: Generation, { request, document, queryHash }: EngineRequest) {
  const { operationName } = request
  try {
    const operationContext = buildOperationContext({
      schema,
      operationDocument: document,
      ...(operationName ? { operationName } : {}),
    })
    const { operation } = operationContext
    if (!schema.getRootType(operation.operation) || operation.operation === 'subscription')
      throw new GraphQLError(`This graph answers no ${operation.operation}`, {
        extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
      })
    const { coerced, errors } = getVariableValues(
      schema,
      operation.variableDefinitions ?? [],
      request.variables ?? {},
      { maxErrors: maxVariableErrors },
    )
    if (errors) return { errors: errors.map(badUserInput) }
    const plan = planOf(document, queryHash, operationName)
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
