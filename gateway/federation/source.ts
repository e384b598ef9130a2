import type { OperationTypeNode } from 'graphql'
import { NexusError, unavailable } from '#kit/errors.ts'
import type { SubgraphResponse, Transport } from '#kit/transport.ts'

/** One call of a plan. `representations` are among the variables where it asks for entities. */
export type SourceRequest = {
  subgraph: string
  kind: `${OperationTypeNode}`
  query: string
  operationName?: string | undefined
  variables: Record<string, unknown>
  context: unknown
  /** Ends the whole operation. */
  deadline?: AbortSignal | undefined
}
/** What a source is asked to subscribe to, until `signal` aborts. */
export type StreamRequest = {
  query: string
  operationName?: string | undefined
  variables: Record<string, unknown>
  context: unknown
  signal: AbortSignal
}
/** A subgraph as the executor calls it. Neither throws: what fails is an answer with errors and without data. */
export type Source = {
  fetch(request: SourceRequest): Promise<SubgraphResponse>
  stream?(request: StreamRequest): Promise<SubgraphResponse | AsyncIterable<SubgraphResponse>>
}
export type Sources = Readonly<Record<string, Source>>

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

/** A subgraph behind a transport. What fails, is late or makes no sense answers SERVICE_UNAVAILABLE. */
export function createSource<Context extends { requestId: string }>(options: SourceOptions<Context>): Source {
  const { name, transport, tokenFor, deadlineMs = subgraphDeadlineMs } = options
  const failed = (error: unknown, requestId: string): SubgraphResponse => {
    options.onFailure?.({ subgraph: name, requestId, error })
    const { message, extensions } = error instanceof NexusError ? error : unavailable()
    return { errors: [{ message, extensions }] }
  }
  return {
    async fetch({ query, operationName, variables, context, deadline }) {
      const { requestId } = context as Context
      try {
        const answer = await within(deadlineMs, deadline, async (signal) => {
          const token = await tokenFor(context as Context, name)
          return transport({ query, variables, operationName, token, requestId, signal })
        })
        if (!isAnswer(answer)) throw unavailable()
        return answer
      } catch (error) {
        return failed(error, requestId)
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
        return failed(error, requestId)
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
