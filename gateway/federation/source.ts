import { type DocumentNode, Kind, parse, type SelectionSetNode } from 'graphql'
import type { Client } from '#kit/client.ts'
import { NexusError, unavailable } from '#kit/errors.ts'
import type { SubgraphError, SubgraphResponse, Transport } from '#kit/transport.ts'
import type { TimedRequest } from './engine.ts'
import type { Source } from './subscribe.ts'

export type SourceOptions<Context> = {
  name: string
  transport: Transport
  /** The token that the subgraph asks to see; for the caller whom the context names. */
  tokenFor(context: Context, subgraph: string): Promise<string>
  /** How long one call may take, in milliseconds. */
  deadlineMs?: number
  /** Told why a call failed; the client is not. */
  onFailure?(failure: { subgraph: string; requestId: string; error: unknown }): void
}

const subgraphDeadlineMs = 5_000
const maxErrors = 100

type Representation = { __typename?: string }
type Entity = Record<string, unknown> | null

/**
 * A subgraph as the executor calls it. An entity that occurs often in the answer is asked for once. A call
 * that fails or is late leaves nulls, each with a SERVICE_UNAVAILABLE error at its path: it never throws. `stream` keeps
 * to the same rule: what cannot be subscribed to answers SERVICE_UNAVAILABLE.
 */
export function createSource<Context extends { requestId: string; client?: Client }>(
  options: SourceOptions<Context>,
): Source {
  const { name, transport, tokenFor, deadlineMs = subgraphDeadlineMs } = options
  return {
    async process({ request, context, ...rest }) {
      const query = request.query!
      const { requestId, client } = context as Context
      const asked = request.variables?.representations as Representation[] | undefined
      const once = asked && distinct(asked)
      try {
        const variables = once ? { ...request.variables, representations: once.items } : request.variables
        const edge = 'incomingRequestContext' in rest ? (rest.incomingRequestContext as TimedRequest) : null
        const answer = await within(deadlineMs, edge?.deadline, async (signal) => {
          const token = await tokenFor(context as Context, name)
          return transport({
            query,
            variables,
            operationName: request.operationName,
            token,
            requestId,
            client,
            signal,
          })
        })
        if (!isAnswer(answer)) throw unavailable()
        return (once ? fanOut(answer, once.places) : answer) as never
      } catch (error) {
        options.onFailure?.({ subgraph: name, requestId, error })
        const told = error instanceof NexusError ? error : unavailable()
        const paths = failedPaths(parse(query, { noLocation: true }), asked).slice(0, maxErrors)
        return {
          errors: paths.map((path) => ({ message: told.message, path, extensions: told.extensions })),
        }
      }
    },
    async stream({ query, operationName, variables, context, signal }) {
      const { requestId } = context as Context
      try {
        return await within(deadlineMs, signal, async (given) => {
          if (!transport.stream) throw unavailable('This part of the platform has no live updates')
          const token = await tokenFor(context as Context, name)
          const ends = AbortSignal.any([signal, given])
          return transport.stream({ query, operationName, variables, token, requestId, signal: ends })
        })
      } catch (error) {
        options.onFailure?.({ subgraph: name, requestId, error })
        const told = error instanceof NexusError ? error : unavailable()
        return { errors: [{ message: told.message, extensions: told.extensions }] }
      }
    },
  }
}

/** Runs a call until it answers, is late, or the whole operation is. Throws SERVICE_UNAVAILABLE then. */
async function within<Result>(
  ms: number,
  edge: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  const late = Promise.withResolvers<never>()
  const end = () => {
    controller.abort()
    late.reject(unavailable())
  }
  const timeout = setTimeout(end, ms)
  edge?.addEventListener('abort', end)
  try {
    if (edge?.aborted) end()
    return await Promise.race([late.promise, call(controller.signal)])
  } finally {
    clearTimeout(timeout)
    edge?.removeEventListener('abort', end)
  }
}

function isAnswer(answer: unknown): answer is SubgraphResponse {
  if (typeof answer !== 'object' || answer === null) return false
  const { data, errors } = answer as Record<string, unknown>
  return (data === null || typeof data === 'object' || Array.isArray(errors)) && !Array.isArray(data)
}

/** The distinct representations, and for each of those asked the place of its equal. */
function distinct(asked: Representation[]): { items: Representation[]; places: number[] } {
  const seen = new Map<string, number>()
  const items: Representation[] = []
  const places = asked.map((representation) => {
    const key = JSON.stringify(representation)
    const known = seen.get(key)
    if (known !== undefined) return known
    seen.set(key, items.push(representation) - 1)
    return items.length - 1
  })
  return { items, places }
}

function fanOut({ data, errors }: SubgraphResponse, places: number[]): SubgraphResponse {
  const entities = data?._entities as Entity[] | undefined
  const used = new Set<number>()
  const fannedErrors = errors?.flatMap((error): SubgraphError[] => {
    const [field, place, ...rest] = error.path ?? []
    if (field !== '_entities' || typeof place !== 'number') return [error]
    return places.flatMap((of, index) => (of === place ? [{ ...error, path: [field, index, ...rest] }] : []))
  })
  if (!Array.isArray(entities)) return fannedErrors ? { data, errors: fannedErrors } : { data }
  const fanned = places.map((place) => {
    const entity = entities[place] ?? null
    // The executor merges into what it is given, so that nothing may be given twice.
    if (used.has(place)) return structuredClone(entity)
    used.add(place)
    return entity
  })
  const answer = { data: { ...data, _entities: fanned } }
  return fannedErrors ? { ...answer, errors: fannedErrors } : answer
}

/** Where the fields of a call that failed would have been. */
function failedPaths(document: DocumentNode, asked?: Representation[]): (string | number)[][] {
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  if (!operation) return [[]]
  if (!asked) return fieldsOf(operation.selectionSet).map((field) => [field])
  const [entities] = operation.selectionSet.selections
  const set = entities?.kind === Kind.FIELD ? entities.selectionSet : undefined
  return asked.flatMap(({ __typename }, index) =>
    fieldsOf(set, __typename).map((field) => ['_entities', index, field]),
  )
}

function fieldsOf(set: SelectionSetNode | undefined, typename?: string): string[] {
  const fields = set?.selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [(selection.alias ?? selection.name).value]
    if (selection.kind === Kind.FRAGMENT_SPREAD) return []
    const condition = selection.typeCondition?.name.value
    return !typename || !condition || condition === typename ? fieldsOf(selection.selectionSet, typename) : []
  })
  return [...new Set(fields)].filter((field) => field !== '__typename')
}
