import type { GraphQLDataSource, ServiceMap } from '@apollo/gateway'
import type { FetchNode, QueryPlan } from '@apollo/query-planner'
import {
  type ExecutionResult,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionNode,
} from 'graphql'
import { cancellable, isStream } from '#kit/stream.ts'
import type { SubgraphError, SubgraphResponse } from '#kit/transport.ts'
import type { EngineRequest } from './engine.ts'
import type { Generation } from './generation.ts'
import { type Asked, prepare, run, unanswerable } from './operation.ts'

/** What a source is asked to subscribe to, until `signal` aborts. */
export type StreamRequest = {
  query: string
  operationName?: string | undefined
  variables: Record<string, unknown>
  context: unknown
  signal: AbortSignal
}
/** A data source that may be subscribed to, too. Neither throws. */
export type Source = GraphQLDataSource & {
  stream?(request: StreamRequest): Promise<SubgraphResponse | AsyncIterable<SubgraphResponse>>
}
export type Sources = Readonly<Record<string, Source>>
export type SubscribeRequest = Asked & { context: object }
export type Subscribed = ExecutionResult | AsyncIterableIterator<ExecutionResult, void>

/**
 * Subscribes to the one subgraph that owns the field, and fetches what each event points to from the others.
 * Resolves with the answers once the subgraph listens, or with errors that refuse it. The plan is made once;
 * `return` of the answers ends the upstream, also while they are waited for.
 * @param deadlineMs how long the fetches of one event may take
 */
export async function subscribe(
  generation: Generation,
  sources: Sources,
  request: SubscribeRequest,
  deadlineMs: number,
): Promise<Subscribed> {
  const prepared = prepare(generation, request, ['subscription'], ({ operation, fragments }) =>
    checkRoot(operation.selectionSet.selections, fragments),
  )
  if ('errors' in prepared) return prepared
  const { node } = prepared.plan
  if (node?.kind !== 'Subscription') return { errors: [unanswerable('This subscription cannot be planned')] }
  const { primary, rest } = node
  const plan: QueryPlan = {
    kind: 'QueryPlan',
    node: { kind: 'Sequence', nodes: rest ? [primary, rest] : [primary] },
  }
  const controller = new AbortController()
  const upstream = await open(sources[primary.serviceName], primary, {
    variables: used(primary, prepared.variables),
    context: request.context,
    signal: controller.signal,
  })
  if (!isStream<SubgraphResponse>(upstream))
    return { errors: (upstream.errors ?? [nobody]).map((error) => refusal(error, primary.serviceName)) }

  const answer = (event: SubgraphResponse) => {
    const replayed = replaying(sources, primary, event)
    return run(generation, replayed, engineRequest(request), { ...prepared, plan }, deadlineMs)
  }
  return cancellable(controller, answers(upstream, answer))
}

async function* answers(
  events: AsyncIterable<SubgraphResponse>,
  answer: (event: SubgraphResponse) => Promise<ExecutionResult>,
): AsyncGenerator<ExecutionResult, void> {
  for await (const event of events) yield await answer(event)
}

/** The sources, as if the subgraph of the subscription had just answered with the event. */
function replaying(sources: Sources, primary: FetchNode, event: SubgraphResponse): ServiceMap {
  const { serviceName, operation } = primary
  const real = sources[serviceName]!
  const process: GraphQLDataSource['process'] = (options) =>
    // The executor merges what it fetches into what it is given.
    options.request.query === operation
      ? Promise.resolve(structuredClone(event) as never)
      : real.process(options)
  return { ...sources, [serviceName]: { process } }
}

const nobody: SubgraphError = {
  message: 'Nobody can be subscribed to for this',
  extensions: { code: 'SERVICE_UNAVAILABLE' },
}

const open = async (
  source: Source | undefined,
  { operation, operationName }: FetchNode,
  request: Pick<StreamRequest, 'variables' | 'context' | 'signal'>,
) => source?.stream?.({ query: operation, operationName, ...request }) ?? { errors: [nobody] }

const used = ({ variableUsages = [] }: FetchNode, variables: Record<string, unknown>) =>
  Object.fromEntries(
    variableUsages.filter((name) => name in variables).map((name) => [name, variables[name]]),
  )

const refusal = ({ message, extensions }: SubgraphError, serviceName: string) =>
  new GraphQLError(message, { extensions: { ...extensions, serviceName } })

const engineRequest = ({ context, document, queryHash, operationName, variables }: SubscribeRequest) =>
  ({
    request: { ...(operationName && { operationName }), variables: variables ?? {} },
    context,
    document,
    queryHash,
    operationName: operationName ?? null,
    metrics: {},
  }) as unknown as EngineRequest

const invalid = (message: string) =>
  new GraphQLError(message, { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } })

// The planner does not refuse these itself: it throws, or plans nothing.
function checkRoot(
  selections: readonly SelectionNode[],
  fragments: Readonly<Record<string, FragmentDefinitionNode>>,
) {
  const keys = new Set<string>()
  const entered = new Set<string>()
  const visit = (selection: SelectionNode) => {
    if (selection.directives?.some(({ name }) => name.value === 'skip' || name.value === 'include'))
      throw invalid('A subscription’s root field may not have @skip or @include')
    if (selection.kind === Kind.FIELD) {
      if (selection.name.value.startsWith('__')) throw invalid('A subscription has one root field')
      keys.add((selection.alias ?? selection.name).value)
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      selection.selectionSet.selections.forEach(visit)
    } else if (!entered.has(selection.name.value)) {
      entered.add(selection.name.value)
      fragments[selection.name.value]?.selectionSet.selections.forEach(visit)
    }
  }
  selections.forEach(visit)
  if (keys.size !== 1) throw invalid('A subscription has one root field')
}
