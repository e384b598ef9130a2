import type { ApolloServerOptionsWithGateway } from '@apollo/server'
import type { GraphQLSchema } from 'graphql'
import { type Authorization, nobody } from './authorize/judge.ts'
import { createGeneration, type PlannerOf } from './generation.ts'
import { prepare, run } from './operation.ts'
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
  /** How many compiled plans are remembered. */
  plans?: number
  /** Who may see what; without, nobody sees what the supergraph's directives guard. */
  authorization?: Authorization
  /** Another planner than Apollo's. */
  plannerOf?: PlannerOf
}
export type Engine = GatewayInterface & {
  /** What clients see. */
  readonly schema: GraphQLSchema
  /** Beside Apollo Server, which executes no subscriptions. The document must be valid. */
  subscribe(request: SubscribeRequest): Promise<Subscribed>
}

const defaults = { deadlineMs: 10_000, plans: 1_000, authorization: nobody }

/**
 * A federation gateway for Apollo Server on any supergraph: plans with Apollo's planner, compiles each plan
 * once and runs it often, reports to nobody. Throws when the supergraph does not load.
 */
export function createEngine(options: EngineOptions): Engine {
  const { deadlineMs, plans, authorization } = { ...defaults, ...options }
  const generation = createGeneration(options.supergraphSdl, { plans, plannerOf: options.plannerOf })
  const sources: Sources = Object.fromEntries(
    generation.subgraphs.map(({ name, url }) => [name, options.sourceFor(name, url)]),
  )
  const execute: Executor = async ({ document, queryHash, request, context }) => {
    const { operationName, variables } = request
    const asked = { document, queryHash, operationName, variables }
    const caller = { context, authorization, deadlineMs }
    const prepared = await prepare(generation, asked, ['query', 'mutation'], caller)
    return 'errors' in prepared ? prepared : run(sources, prepared, caller)
  }
  return {
    schema: generation.schema,
    subscribe: (request) => subscribe(generation, sources, request, { authorization, deadlineMs }),
    load: async () => ({ executor: execute }),
    onSchemaLoadOrUpdate(listener) {
      listener({ apiSchema: generation.schema, coreSupergraphSdl: generation.supergraphSdl })
      return () => {}
    },
    stop: async () => {},
  }
}
