import type { OperationTypeNode } from 'graphql'
import type { Client } from '#kit/client.ts'
import type { Deadline } from '#kit/deadline.ts'
import { NexusError, unavailable } from '#kit/errors.ts'
import type { FetchOutcome, GatewayMetrics } from '#kit/metrics-gateway.ts'
import type { Span } from '#kit/tracing.ts'
import {
  answerIn,
  foundIn,
  type SubgraphRequest,
  type SubgraphResponse,
  type Transport,
} from '#kit/transport.ts'
import { createAttempts, outcomeOf } from './calls/attempts.ts'
import { type Breaker, createBreaker } from './calls/breaker.ts'
import { inChunks } from './calls/chunks.ts'
import { createFlights, type Flights } from './calls/flights.ts'
import { opening } from './calls/opening.ts'
import type { Fields } from './compile/own.ts'

/** One call of a plan. `representations` are among the variables where it asks for entities. */
export type SourceRequest = {
  subgraph: string
  kind: `${OperationTypeNode}`
  query: string
  operationName?: string | undefined
  variables: Record<string, unknown>
  context: unknown
  /** The same as the JSON that is sent: the query, its name and its variables. */
  body?: string
  /** What tells it from other calls to the subgraph, where that is shorter than all that is sent. */
  question?: string | undefined
  /** Set where something has changed: no call that was made before may answer. */
  isFresh?: boolean
  /** Ends the whole operation. */
  deadline?: Deadline | undefined
  trace?: Span | undefined
  /** Finds in the text of the answer what is wanted of it; only where the source has `texts`. */
  read?: ((text: string) => unknown) | undefined
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
  /** Set where answers come as text, which may be read without making values of it; of so many entities at most. */
  texts?: { entities: number } | undefined
  /** No supergraph has it any more, and nobody waits for it. */
  close?(): void
}
export type Sources = Readonly<Record<string, Source>>

export type SourceOptions<Context> = {
  name: string
  transport: Transport
  /** The token that the subgraph asks to see; for the caller whom the context names. Who has one, may the same. */
  tokenFor(context: Context, subgraph: string): string | Promise<string>
  /** How long one call may take, retries included, in milliseconds. */
  deadlineMs?: number
  /** How many entities one call may ask for; more are asked in several. */
  entitiesPerCall?: number
  /** Told why a call failed; the client is not. */
  onFailure?(failure: { subgraph: string; requestId: string; error: unknown }): void
  breaker?: Breaker
  /** What makes those wait who would make the same call, where it is not as usual. */
  flights?: Flights<SubgraphResponse>
  /** Told of each call, to count it. */
  observe?: Pick<GatewayMetrics, 'fetched' | 'repeated' | 'shared'> | undefined
}

const defaults = { deadlineMs: 5_000, entitiesPerCall: 1_000 }

/**
 * A subgraph behind a transport. What fails, is late or makes no sense answers SERVICE_UNAVAILABLE. Queries that
 * are the same, for one caller at the same time, are made once; one that fails at once is made again while there
 * are few of them; and a subgraph that only fails is left alone for a while. Of mutations each is made, and once.
 */
export function createSource<Context extends { requestId: string; client?: Client }>(
  options: SourceOptions<Context>,
): Source {
  const { name, transport, tokenFor, deadlineMs, entitiesPerCall } = { ...defaults, ...options }
  const { breaker = createBreaker(), observe } = options
  const made = createAttempts({ transport, breaker, deadlineMs, onRepeat: () => observe?.repeated(name) })
  const { flights = createFlights(copyOf, () => observe?.shared(name)) } = options
  const failed = (error: unknown, requestId: string): SubgraphResponse => {
    options.onFailure?.({ subgraph: name, requestId, error })
    const { message, extensions } = error instanceof NexusError ? error : unavailable()
    return { errors: [{ message, extensions }] }
  }

  const textOf = ({ body, query, variables, operationName }: SubgraphRequest) =>
    body ?? JSON.stringify({ query, variables, operationName })
  const call = (request: SubgraphRequest, { kind, isFresh, question = textOf(request) }: SourceRequest) => {
    if (kind !== 'query') return made(request, false).finally(flights.close)
    if (isFresh) return made(request, true)
    return flights.share(request.token, question, () => made(request, true))
  }
  const ask = (of: SourceRequest, variables: Fields, body?: string): Promise<SubgraphResponse> => {
    const { query, operationName, context, deadline, trace, read } = of
    const { requestId, client } = context as Context
    const from = performance.now()
    return new Promise((resolve) => {
      let isOver = false
      const end = (outcome: FetchOutcome, answer: SubgraphResponse) => {
        isOver = true
        observe?.fetched(name, outcome, (performance.now() - from) / 1_000)
        resolve(answer)
      }
      const fail = (error: unknown) => {
        if (!isOver) end(deadline?.isOver ? 'late' : outcomeOf(error), failed(error, requestId))
      }
      const take = (given: SubgraphResponse) => {
        if (isOver) return
        const answer = opened(given, read)
        end(answer.errors ? 'errors' : 'ok', answer)
      }
      const begin = (token: string) => {
        // Who has been told that it was late must not find later that it was done.
        if (isOver) return
        const asked = { query, variables, operationName, body, token, requestId, client }
        const request = { ...asked, traceparent: trace?.traceparent, read, deadline: undefined }
        call(request, of).then(take).catch(fail)
      }
      deadline?.onOver(() => fail(unavailable()))
      try {
        if (deadline?.isOver) throw unavailable()
        const signing = tokenFor(context as Context, name)
        if (typeof signing === 'string') begin(signing)
        else signing.then(begin).catch(fail)
      } catch (error) {
        fail(error)
      }
    })
  }

  return {
    texts: transport.isText ? { entities: entitiesPerCall } : undefined,
    fetch(of) {
      const { kind, variables, body } = of
      const { representations } = variables
      if (kind !== 'query' || !Array.isArray(representations)) return ask(of, variables, body)
      if (representations.length <= entitiesPerCall) return ask(of, variables, body)
      const part = { ...of, question: undefined }
      return inChunks(representations, entitiesPerCall, (chunk) =>
        ask(part, { ...variables, representations: chunk }),
      )
    },
    async stream({ query, operationName, variables, context, signal }) {
      const { requestId } = context as Context
      try {
        return await opening(signal, deadlineMs, async (ends) => {
          if (!transport.stream) throw unavailable('This part of the platform has no live updates')
          const token = await tokenFor(context as Context, name)
          return transport.stream({ query, operationName, variables, token, requestId, signal: ends })
        })
      } catch (error) {
        return failed(error, requestId)
      }
    },
  }
}

/** What another caller who asked the same is given. What was found is for one way of reading alone. */
const copyOf = (answer: SubgraphResponse): SubgraphResponse =>
  answer.json === undefined ? structuredClone(answer) : { json: answer.json }

/** An answer that another caller's call brought, read as this one reads. */
function opened(answer: SubgraphResponse, read: SourceRequest['read']): SubgraphResponse {
  const { json, found } = answer
  if (json === undefined || found !== undefined) return answer
  return read ? foundIn(json, read) : answerIn(json)
}
