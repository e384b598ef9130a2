import type { FetchNode } from '@apollo/query-planner'
import { GraphQLError } from 'graphql'
import { isStream } from '#kit/stream.ts'
import type { SubgraphError, SubgraphResponse } from '#kit/transport.ts'
import { rejected } from '../authorize/answer.ts'
import type { Refused } from '../documents.ts'
import { failureOf } from '../execute/run.ts'
import type { Serving } from '../generations.ts'
import { type Asked, type Caller, type Prepared, prepare, unanswerable } from '../operation.ts'
import type { Source } from '../source.ts'
import { checkRoot } from './root.ts'

export type SubscribeRequest = Asked
/** A subscription as one supergraph has it: where its events come from, and how they are answered. */
export type Tap = {
  readonly serving: Serving
  readonly prepared: Prepared
  /** Who was asked for events, and what. */
  readonly source: Source | undefined
  readonly question: string
  readonly events: AsyncIterator<SubgraphResponse>
  /** Ends the events. */
  stop(): void
  /** Ends the use of the supergraph. */
  leave(): void
}

/**
 * A subscription at one supergraph, or why it cannot be. The events end with `signal`.
 * @param before the same subscription at another supergraph, whose events are taken over where they are the same
 */
export async function tapped(
  serving: Serving,
  request: SubscribeRequest,
  caller: Caller,
  signal: AbortSignal,
  before?: Tap,
): Promise<Tap | Refused> {
  const leave = serving.enter()
  const tap = await opened(serving, request, caller, signal, before).catch((error: unknown) => {
    leave()
    throw error
  })
  if (!('errors' in tap)) return { ...tap, serving, leave }
  leave()
  return tap
}

async function opened(
  { generation, sources }: Serving,
  request: SubscribeRequest,
  caller: Caller,
  signal: AbortSignal,
  before: Tap | undefined,
): Promise<Omit<Tap, 'serving' | 'leave'> | Refused> {
  const prepared = await prepare(generation, request, ['subscription'], caller, ({ definition, fragments }) =>
    checkRoot(definition.selectionSet.selections, fragments),
  )
  if ('errors' in prepared) return prepared
  const { primary, refusals } = prepared.compiled
  if (!primary && refusals.length > 0) return rejected(refusals, caller.authorization.errors)
  if (!primary) return { errors: [unanswerable('This subscription cannot be planned')] }
  const { operation: query, operationName, serviceName } = primary
  const asked = { query, operationName, variables: used(primary, prepared.variables) }
  const source = sources[serviceName]
  const question = JSON.stringify(asked)
  if (before && before.source === source && before.question === question) return { ...before, prepared }
  const controller = new AbortController()
  const upstream = (await source?.stream?.({
    ...asked,
    context: request.context,
    signal: AbortSignal.any([signal, controller.signal]),
  })) ?? { errors: [nobody] }
  if (!isStream<SubgraphResponse>(upstream))
    return { errors: (upstream.errors ?? [nobody]).map((error) => refusal(error, serviceName)) }
  return {
    prepared,
    source,
    question,
    events: upstream[Symbol.asyncIterator](),
    stop: () => controller.abort(),
  }
}

const nobody: SubgraphError = {
  message: 'Nobody can be subscribed to for this',
  extensions: { code: 'SERVICE_UNAVAILABLE' },
}

const used = ({ variableUsages = [] }: FetchNode, variables: Record<string, unknown>) =>
  Object.fromEntries(
    variableUsages.filter((name) => name in variables).map((name) => [name, variables[name]]),
  )

const refusal = (error: SubgraphError, subgraph: string) => {
  const { message, extensions } = failureOf(error, subgraph)
  return new GraphQLError(message, { extensions })
}
