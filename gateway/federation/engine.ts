import type { QueryPlan } from '@apollo/query-planner'
import type { ApolloServerOptionsWithGateway } from '@apollo/server'
import type { GraphQLSchema } from 'graphql'
import { type Authorization, nobody } from './authorize/judge.ts'
import type { CostOptions } from './cost/demand.ts'
import type { Documents } from './documents.ts'
import type { Generation, ObservePlans } from './generation.ts'
import { createGenerations, type Serving } from './generations.ts'
import { type Limits, limits } from './limits.ts'
import { type Asked, type Operation, prepare, type Result, run } from './operation.ts'
import type { Planning } from './planner/planner.ts'
import { createWorkers } from './planner/workers.ts'
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
  /** How much one document may ask. */
  limits?: Limits
  /** Mutations of which one document may ask for `limits.once`. */
  once?: ReadonlySet<string>
  /** What operations may cost; nothing is estimated without. */
  cost?: CostOptions
  /** Whether errors suggest names that the schema has. */
  suggests?: boolean
  /** Whether who asks may read the schema; throws GraphQLError why not. */
  introspection?(context: never): void
  /** Who may see what; without, nobody sees what the supergraph's directives guard. */
  authorization?: Authorization
  /** How much memory documents and their plans may take, about, in bytes. */
  rememberedBytes?: number
  /** What plans; Apollo's planner in processes of its own, unless said. It is closed with the engine. */
  planning?: Planning
  /** Throws when the house cannot do with what clients would see; asked before a supergraph is taken. */
  check?(schema: GraphQLSchema): void
  /** Subscriptions that a new supergraph ends do so within so long, in milliseconds, not all at once. */
  jitterMs?: number
  /** Whether whoever asks for the plan of an operation is shown it: it tells of subgraphs. */
  explains?: boolean
  observe?: ObservePlans
}
export type ExecuteRequest = Asked & {
  /** Asks for the plan beside the answer, as `extensions.queryPlan`. */
  asksForPlan?: boolean | undefined
  /** Whether JSON's text will do as well: it costs less, where it can be had. */
  asText?: boolean | undefined
}
export type Engine = GatewayInterface & {
  /** What clients see. */
  readonly schema: GraphQLSchema
  /** A document of this graph, or why a text is none. */
  read: Documents['read']
  remembered: Generation['remembered']
  /** Answers a query or a mutation. Throws nothing: what fails is among the errors. */
  execute(request: ExecuteRequest): Promise<Result>
  /** Beside Apollo Server, which executes no subscriptions. */
  subscribe(request: SubscribeRequest): Promise<Subscribed>
  /**
   * Takes another supergraph. What has begun ends as it began, and subscriptions go on where they are still valid.
   * Rejects when it does not load or does not fit: the one before stays.
   */
  reload(supergraphSdl: string): Promise<void>
}

const defaults = {
  deadlineMs: 10_000,
  limits,
  suggests: true,
  explains: false,
  authorization: nobody,
  rememberedBytes: 24 * 1024 * 1024,
  jitterMs: 5_000,
}

/**
 * A federation gateway on any supergraph, by itself or under Apollo Server: plans with Apollo's planner, compiles
 * each plan once and runs it often, reports to nobody. Throws when the supergraph does not load.
 */
export function createEngine(options: EngineOptions): Engine {
  const { supergraphSdl, planning = createWorkers(), ...given } = { ...defaults, ...options }
  const { deadlineMs, jitterMs, authorization, explains } = given
  const generations = createGenerations(supergraphSdl, { planning, keepsPlans: explains, ...given })
  const check = ({ introspects }: Operation, context: object) => {
    if (introspects) options.introspection?.(context as never)
  }
  const execute: Engine['execute'] = async (asked) => {
    const { context } = asked
    const serving = generations.of(asked.document.schema)
    const leave = serving.enter()
    try {
      const caller = { context, authorization, deadlineMs }
      const allowed = (of: Operation) => check(of, context)
      const prepared = await prepare(serving.generation, asked, ['query', 'mutation'], caller, allowed)
      if ('errors' in prepared) return prepared
      const { asksForPlan, trace } = asked
      const tellsCost = prepared.cost && options.cost?.expose?.(context)
      const asText = asked.asText && !asksForPlan && !tellsCost
      const result = await run(serving.sources, prepared, { ...caller, trace, asText })
      if (asText) return result
      return beside(result, {
        cost: tellsCost ? prepared.cost : undefined,
        queryPlan: asksForPlan ? await shown(prepared.compiled.plan) : undefined,
      })
    } finally {
      leave()
    }
  }
  const executor: Executor = async ({ source, schema, request, context }) => {
    const { operationName, variables } = request
    const document = generations.of(schema).generation.read(source)
    if ('errors' in document) return document
    return execute({ document, operationName, variables, context })
  }
  return {
    get schema() {
      return generations.current.generation.schema
    },
    read: (text, trace) => generations.current.generation.read(text, trace),
    remembered: () => generations.current.generation.remembered(),
    execute,
    subscribe: (request) => subscribe(generations, request, { authorization, deadlineMs, jitterMs }),
    reload: generations.replace,
    async load() {
      generations.warm()
      return { executor }
    },
    onSchemaLoadOrUpdate(listener) {
      const tell = ({ generation: { schema, supergraphSdl } }: Serving) =>
        listener({ apiSchema: schema, coreSupergraphSdl: supergraphSdl })
      tell(generations.current)
      return generations.onReplaced(tell)
    },
    stop: () => planning.close(),
  }
}

/** A result with what else it tells, where that is anything. */
function beside(answer: Result, told: Record<string, unknown>): Result {
  const extensions = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined))
  if (Object.keys(extensions).length === 0) return answer
  return { ...answer, extensions: { ...answer.extensions, ...extensions } }
}

/** Loaded where somebody develops: whoever only serves leaves the planner to others. */
async function shown(plan: QueryPlan | undefined): Promise<string | undefined> {
  if (!plan) return undefined
  const { prettyFormatQueryPlan } = await import('@apollo/query-planner')
  return prettyFormatQueryPlan(plan)
}
