import { Pool } from 'undici'
import { type Client, clientHeader, writeClient } from './client.ts'
import { type Deadline, deadlineIn } from './deadline.ts'
import { unavailable } from './errors.ts'
import { eventStream, readEvents } from './event-stream.ts'
import type { Registered } from './register.ts'
import type { Tls } from './tls.ts'
import { createTlsWire } from './wire/tls.ts'
import { createWire } from './wire/wire.ts'

/** One GraphQL request to a subgraph. `token` is the internal token that the subgraph asks for. */
export type SubgraphRequest = {
  query: string
  variables?: Record<string, unknown> | undefined
  operationName?: string | undefined
  /** The three above as JSON, where they have been written already. */
  body?: string | undefined
  token: string
  requestId: string
  /** By which the subgraph goes on with a trace, where there is one. */
  traceparent?: string | undefined
  /** Where whoever is behind the request comes from; believed because of the token. */
  client?: Client | undefined
  /** Until when it may be answered; for questions. */
  deadline?: Deadline | undefined
  /** Ends a subscription. */
  signal?: AbortSignal | undefined
  /** Finds in the text of the answer what is wanted of it; undefined where that is not all there is. */
  read?: ((text: string) => unknown) | undefined
}
export type SubgraphError = {
  message: string
  path?: readonly (string | number)[]
  extensions?: Record<string, unknown>
}
export type SubgraphResponse = {
  data?: Record<string, unknown> | null
  errors?: readonly SubgraphError[]
  /** All of it as it came, where it was read by `read`; there is no data then. */
  json?: string | undefined
  /** What was found in it. */
  found?: unknown
}

/** How a subgraph is reached: over HTTP, or by a call when it lives in this process. */
export type Transport = ((request: SubgraphRequest) => Promise<SubgraphResponse>) & {
  stream?: Stream
  /** Whether answers come as text, for `read`. */
  isText?: boolean
  /** Whether it waits itself no longer than until the deadline. */
  isTimely?: boolean
}
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

// Tokens are long, and the same for many requests: one text of them is known at sight.
const last = { token: '', bearer: '' }
function bearerOf(token: string): string {
  if (last.token !== token) Object.assign(last, { token, bearer: `Bearer ${token}` })
  return last.bearer
}

const asNexus: HeadersOf = ({ token, requestId, client, traceparent }) => {
  const headers: Record<string, string> = { authorization: bearerOf(token), 'x-request-id': requestId }
  if (client) headers[clientHeader] = writeClient(client)
  if (traceparent) headers.traceparent = traceparent
  return headers
}

/**
 * Throws SERVICE_UNAVAILABLE when the subgraph does not answer within 5 s, not in JSON, or more than is read.
 * `stream` answers so, too, when it breaks off.
 * @param largest bytes of one answer, 64 MiB unless said
 * @param tls by what the two know each other, where that is not what the machine believes in
 * @param headersOf the internal token and whom it is for, unless said
 */
export function httpTransport(
  url: string,
  largest = answerMaxBytes,
  headersOf: HeadersOf = asNexus,
  tls: Tls | null = null,
): Transport & { stream: Stream; close(): Promise<void>; isText: boolean; isTimely: boolean } {
  const target = new URL(url)
  const wire =
    target.protocol === 'http:' ? createWire(target, largest) : createTlsWire(target, largest, tls?.connect)
  const call: Transport = async (request) => {
    const { query, variables, operationName, deadline: given } = request
    const headers = headersOf(request)
    headers['content-type'] = 'application/json'
    const deadline = given ?? deadlineIn(subgraphDeadlineMs)
    try {
      const body = request.body ?? JSON.stringify({ query, variables, operationName })
      const text = await wire.post(headers, body, deadline)
      return request.read ? foundIn(text, request.read) : answerIn(text)
    } catch {
      throw unavailable()
    } finally {
      if (!given) deadline.clear()
    }
  }
  // Each subscription holds a connection of its own: questions must not wait for one of them to end.
  const streams = new Pool(target.origin, {
    connections: null,
    headersTimeout: subgraphDeadlineMs,
    bodyTimeout: 0,
    ...(tls && { connect: tls.connect }),
  })
  const stream: Stream = async (request) => {
    const { query, variables, operationName, signal } = request
    try {
      const { headers, body } = await streams.request({
        method: 'POST',
        path: `${target.pathname}${target.search}`,
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
    await Promise.all([wire.close(), streams.destroy()])
  }
  return Object.assign(call, { stream, close, isText: true, isTimely: true })
}

/** Where a subgraph is: over TLS where the processes have certificates, whatever its address says. */
export const addressOf = ({ url }: Registered, tls: Tls | null): string =>
  tls ? url.replace(/^http:/, 'https:') : url

/** How each subgraph of a register is reached, from a process apart. */
export function openTransports(
  register: readonly Registered[],
  tls: Tls | null,
  closing: (closer: () => unknown) => void,
): Transports {
  const opened = register.map((each) => {
    const transport = httpTransport(addressOf(each, tls), answerMaxBytes, asNexus, tls)
    closing(() => transport.close())
    return [each.name, transport] as const
  })
  return Object.fromEntries(opened)
}

/** An answer from its text. Throws where it is no JSON. */
export function answerIn(json: string): SubgraphResponse {
  const { data, errors } = JSON.parse(json)
  return { data, errors }
}

/** An answer by what was found in its text, or as values where that is not what was looked for. */
export function foundIn(json: string, read: (text: string) => unknown): SubgraphResponse {
  const found = read(json)
  return found === undefined ? answerIn(json) : { json, found }
}
