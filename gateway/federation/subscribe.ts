import type { FetchNode } from '@apollo/query-planner'
import { type ExecutionResult, GraphQLError, Kind, type SelectionNode } from 'graphql'
import { cancellable, isStream } from '#kit/stream.ts'
import type { SubgraphError, SubgraphResponse } from '#kit/transport.ts'
import type { Fragments } from './compile/branches.ts'
import { failureOf } from './execute/run.ts'
import type { Generation } from './generation.ts'
import { type Asked, prepare, run, unanswerable } from './operation.ts'
import type { Source, Sources, StreamRequest } from './source.ts'

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
  const prepared = await prepare(generation, request, ['subscription'], ({ definition, fragments }) =>
    checkRoot(definition.selectionSet.selections, fragments),
  )
  if ('errors' in prepared) return prepared
  const { primary } = prepared.compiled
  if (!primary) return { errors: [unanswerable('This subscription cannot be planned')] }
  const controller = new AbortController()
  const { context } = request
  const upstream = await open(sources[primary.serviceName], primary, {
    variables: used(primary, prepared.variables),
    context,
    signal: controller.signal,
  })
  if (!isStream<SubgraphResponse>(upstream))
    return { errors: (upstream.errors ?? [nobody]).map((error) => refusal(error, primary.serviceName)) }

  const answer = (event: SubgraphResponse) => run(sources, prepared, { context, deadlineMs, event })
  return cancellable(controller, answers(upstream, answer))
}

async function* answers(
  events: AsyncIterable<SubgraphResponse>,
  answer: (event: SubgraphResponse) => Promise<ExecutionResult>,
): AsyncGenerator<ExecutionResult, void> {
  for await (const event of events) yield await answer(event)
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

const refusal = (error: SubgraphError, subgraph: string) => {
  const { message, extensions } = failureOf(error, subgraph)
  return new GraphQLError(message, { extensions })
}

const invalid = (message: string) =>
  new GraphQLError(message, { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } })

// The planner does not refuse these itself: it throws, or plans nothing.
function checkRoot(selections: readonly SelectionNode[], fragments: Fragments) {
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
      fragments.get(selection.name.value)?.selectionSet.selections.forEach(visit)
    }
  }
  selections.forEach(visit)
  if (keys.size !== 1) throw invalid('A subscription has one root field')
}
