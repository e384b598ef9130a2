import type { ApolloServerOptionsWithGateway } from '@apollo/server'
import type { GraphQLSchema } from 'graphql'
import { createGenerations } from './generations.ts'
import { prepare, run } from './operation.ts'
import type { Planning } from './planner/planner.ts'
import { createThreads } from './planner/threads.ts'
import type { Source } from './source.ts'
import type { SubscribeRequest } from './subscribe/tap.ts'
import { type Subscribed, subscribe } from './subscribe.ts'

export type GatewayInterface = ApolloServerOptionsWithGateway<object>['gateway']
type Executor = NonNullable<Awaited<ReturnType<GatewayInterface['load']>>['executor']>

export type EngineOptions = {
  supergraphSdl: string
  /** How a subgraph is reached; asked once for each, with the name and url that the supergraph gives. */
  sourceFor(name: string, url: string): Source
  /** How long an operation may take, in milliseconds; what has not answered by then is null. */
  deadlineMs?: number
  /** How much memory compiled plans may take, about, in bytes. */
  planBytes?: number
  /** What plans; Apollo's planner on threads of its own, unless said. It is closed with the engine. */
  planning?: Planning
  /** Throws when the house cannot do with what clients would see; asked before a supergraph is taken. */
  check?(schema: GraphQLSchema): void
  /** Subscriptions that a new supergraph ends do so within so long, in milliseconds, not all at once. */
  jitterMs?: number
}
export type Engine = GatewayInterface & {
  /** What clients see. */
  readonly schema: GraphQLSchema
  /** Beside Apollo Server, which executes no subscriptions. The document must be valid. */
  subscribe(request: SubscribeRequest): Promise<Subscribed>
  /**
   * Takes another supergraph. What has begun ends as it began, and subscriptions go on where they are still valid.
   * Rejects when it does not load or does not fit: the one before stays.
   */
  reload(supergraphSdl: string): Promise<void>
}

const defaults = { deadlineMs: 10_000, planBytes: 64 * 1024 * 1024, jitterMs: 5_000 }

/**
 * A federation gateway for Apollo Server on any supergraph: plans with Apollo's planner, compiles each plan
 * once and runs it often, reports to nobody. Throws when the supergraph does not load.
 */
export function createEngine(options: EngineOptions): Engine {
  const { deadlineMs, planBytes, jitterMs } = { ...defaults, ...options }
  const { planning = createThreads(), sourceFor, check } = options
  const generations = createGenerations(options.supergraphSdl, { planning, planBytes, sourceFor, check })
  const execute: Executor = async ({ document, queryHash, request, context, schema }) => {
    const { operationName, variables } = request
    const asked = { document, queryHash, operationName, variables }
    const serving = generations.of(schema)
    const leave = serving.enter()
    try {
      const prepared = await prepare(serving.generation, asked, ['query', 'mutation'])
      return 'errors' in prepared ? prepared : await run(serving.sources, prepared, { context, deadlineMs })
    } finally {
      leave()
    }
  }
  return {
    get schema() {
      return generations.current.generation.schema
    },
    subscribe: (request) => subscribe(generations, request, { deadlineMs, jitterMs }),
    reload: generations.replace,
    async load() {
      generations.warm()
      return { executor: execute }
    },
    onSchemaLoadOrUpdate(listener) {
      const tell = ({ generation }: typeof generations.current) =>
        listener({ apiSchema: generation.schema, coreSupergraphSdl: generation.supergraphSdl })
      tell(generations.current)
      return generations.onReplaced(tell)
    },
    stop: () => planning.close(),
  }
}
