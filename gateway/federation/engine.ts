import type { ApolloServerOptionsWithGateway } from '@apollo/server'
import type { GraphQLSchema } from 'graphql'
import type { Documents } from './documents.ts'
import { createGeneration, type PlannerOf } from './generation.ts'
import { type Limits, limits } from './limits.ts'
import { type Asked, type Operation, prepare, type Result, run } from './operation.ts'
import type { Source, Sources } from './source.ts'
import { type Subscribed, type SubscribeRequest, subscribe } from './subscribe.ts'

export type GatewayInterface = ApolloServerOptionsWithGateway<object>['gateway']
type Executor = NonNullable<Awaited<ReturnType<GatewayInterface['load']>>['executor']>

export type EngineOptions = {
  supergraphSdl: string
  /** How a subgraph is reached; asked once for each, with the name and url that the supergraph gives. */
  sourceFor(name: string, url: string): Source
  /** How long an operation may take, in milliseconds; what has not answered by then is null. */
  deadlineMs?: number
  /** How much one document may ask. */
  limits?: Limits
  /** Whether errors suggest names that the schema has. */
  suggests?: boolean
  /** Whether who asks may read the schema; throws GraphQLError why not. */
  introspection?(context: never): void
  /** Another planner than Apollo's. */
  plannerOf?: PlannerOf
}
export type ExecuteRequest = Asked & { context: object }
export type Engine = GatewayInterface & {
  /** What clients see. */
  readonly schema: GraphQLSchema
  /** A document of this graph, or why a text is none. */
  read: Documents['read']
  /** Answers a query or a mutation. Throws nothing: what fails is among the errors. */
  execute(request: ExecuteRequest): Promise<Result>
  /** Beside Apollo Server, which executes no subscriptions. */
  subscribe(request: SubscribeRequest): Promise<Subscribed>
}

const defaults = { deadlineMs: 10_000, limits, suggests: true }

/**
 * A federation gateway on any supergraph, by itself or under Apollo Server: plans with Apollo's planner, compiles
 * each plan once and runs it often, reports to nobody. Throws when the supergraph does not load.
 */
export function createEngine(options: EngineOptions): Engine {
  const { deadlineMs, ...reading } = { ...defaults, ...options }
  const generation = createGeneration(options.supergraphSdl, reading)
  const sources: Sources = Object.fromEntries(
    generation.subgraphs.map(({ name, url }) => [name, options.sourceFor(name, url)]),
  )
  const check = ({ introspects }: Operation, context: object) => {
    if (introspects) options.introspection?.(context as never)
  }
  const execute: Engine['execute'] = async ({ context, ...asked }) => {
    const prepared = await prepare(generation, asked, ['query', 'mutation'], (of) => check(of, context))
    return 'errors' in prepared ? prepared : run(sources, prepared, { context, deadlineMs })
  }
  const executor: Executor = async ({ source, request: { operationName, variables }, context }) => {
    const document = generation.read(source)
    if ('errors' in document) return document
    const { json: _, ...answer } = await execute({ document, operationName, variables, context })
    return answer
  }
  return {
    schema: generation.schema,
    read: generation.read,
    execute,
    subscribe: (request) => subscribe(generation, sources, request, deadlineMs),
    load: async () => ({ executor }),
    onSchemaLoadOrUpdate(listener) {
      listener({ apiSchema: generation.schema, coreSupergraphSdl: generation.supergraphSdl })
      return () => {}
    },
    stop: async () => {},
  }
}
