import { type Dispatcher, Pool } from 'undici'
import { type Client, clientHeader, writeClient } from './client.ts'
import { unavailable } from './errors.ts'
import { eventStream, readEvents } from './event-stream.ts'

/** One GraphQL request to a subgraph. `token` is the internal token that the subgraph asks for. */
export type SubgraphRequest = {
  query: string
  variables?: Record<string, unknown> | undefined
  operationName?: string | undefined
  /** The three above as JSON, where they have been written already. */
  body?: string | undefined
  token: string
  requestId: string
  /** Where whoever is behind the request comes from; believed because of the token. */
  client?: Client | undefined
  signal?: AbortSignal | undefined
}
export type SubgraphError = {
  message: string
  path?: readonly (string | number)[]
  extensions?: Record<string, unknown>
}
export type SubgraphResponse = { data?: Record<string, unknown> | null; errors?: readonly SubgraphError[] }

/** How a subgraph is reached: over HTTP, or by a call when it lives in this process. */
export type Transport = ((request: SubgraphRequest) => Promise<SubgraphResponse>) & { stream?: Stream }
/**
 * Subscribes, until `signal` aborts: resolves with the answers when the subgraph listens, or with the one that
 * refuses. Without it the subgraph cannot be subscribed to.
 */
export type Stream = (request: SubgraphRequest) => Promise<SubgraphResponse | AsyncIterable<SubgraphResponse>>
export type Transports = Readonly<Record<string, Transport>>

const subgraphDeadlineMs = 5_000
const answerMaxBytes = 64 * 1024 * 1024

/** Which headers a subgraph gets of a request, beside those that say what its body is. */
export type HeadersOf = (request: SubgraphRequest) => Record<string, string>

const asNexus: HeadersOf = ({ token, requestId, client }) => ({
  authorization: `Bearer ${token}`,
  'x-request-id': requestId,
  ...(client && { [clientHeader]: writeClient(client) }),
})

/**
 * Throws SERVICE_UNAVAILABLE when the subgraph does not answer within 5 s, not in JSON, or more than is read.
 * `stream` answers so, too, when it breaks off.
 * @param largest bytes of one answer, 64 MiB unless said
 * @param headersOf the internal token and whom it is for, unless said
 */
export function httpTransport(
  url: string,
  largest = answerMaxBytes,
  headersOf: HeadersOf = asNexus,
): Transport & { stream: Stream; close(): Promise<void>; destroy(): Promise<void> } {
  const target = new URL(url)
  const pool = new Pool(target.origin, {
    connections: 64,
    headersTimeout: subgraphDeadlineMs,
  })
  const { origin } = target
  const path = `${target.pathname}${target.search}`
  const call: Transport = (request) => {
    const { query, variables, operationName, body, signal } = request
    return dispatched(pool, largest, {
      origin,
      path,
      method: 'POST',
      headers: { ...headersOf(request), 'content-type': 'application/json' },
      body: body ?? JSON.stringify({ query, variables, operationName }),
      signal: signal ?? AbortSignal.timeout(subgraphDeadlineMs),
    })
  }
  // Each subscription holds a connection of its own: questions must not wait for one of them to end.
  const streams = new Pool(target.origin, {
    connections: null,
    headersTimeout: subgraphDeadlineMs,
    bodyTimeout: 0,
  })
  const stream: Stream = async (request) => {
    const { query, variables, operationName, signal } = request
    try {
      const { headers, body } = await streams.request({
        method: 'POST',
        path,
        headers: { ...headersOf(request), 'content-type': 'application/json', accept: eventStream },
        body: JSON.stringify({ query, variables, operationName }),
        ...(signal && { signal }),
      })
      if (String(headers['content-type']).startsWith(eventStream)) return readEvents(body, signal)
      return (await body.json()) as SubgraphResponse
    } catch {
      throw unavailable()
    }
  }
  const close = async () => {
    await Promise.all([pool.close(), streams.destroy()])
  }
  const destroy = async () => {
    await Promise.all([pool.destroy(), streams.destroy()])
  }
  return Object.assign(call, { stream, close, destroy })
}

/**
 * One request, its answer read as JSON whatever its status says. Below undici's `request`: that makes a stream of
 * each body, which costs as much again as all the rest of a small call.
 */
function dispatched(
  pool: Pool,
  largest: number,
  { signal, ...request }: Dispatcher.DispatchOptions & { signal: AbortSignal },
): Promise<SubgraphResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<SubgraphResponse>()
  let abort: (() => void) | undefined
  const end = () => abort && signal.removeEventListener('abort', abort)
  const fail = () => {
    end()
    reject(unavailable())
  }
  const chunks: Buffer[] = []
  let size = 0
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(controller) {
      abort = () => controller.abort(unavailable())
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort)
    },
    onResponseStart() {},
    onResponseData(controller, chunk) {
      size += chunk.length
      if (size > largest) controller.abort(unavailable())
      else chunks.push(chunk)
    },
    onResponseEnd() {
      end()
      try {
        const [first] = chunks
        const body = chunks.length === 1 ? first! : Buffer.concat(chunks)
        resolve(JSON.parse(body.toString()))
      } catch {
        fail()
      }
    },
    onResponseError: fail,
  }
  if (signal.aborted) fail()
  else pool.dispatch(request, handler)
  return promise
}
