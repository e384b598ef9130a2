import { Pool } from 'undici'
import { unavailable } from './errors.ts'

/** One GraphQL request to a subgraph. `token` is the internal token that the subgraph asks for. */
export type SubgraphRequest = {
  query: string
  variables?: Record<string, unknown> | undefined
  operationName?: string | undefined
  token: string
  requestId: string
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

/** Throws SERVICE_UNAVAILABLE when the subgraph does not answer within 5 s, or not in JSON. */
export function httpTransport(url: string): Transport & { close(): Promise<void> } {
  const target = new URL(url)
  const pool = new Pool(target.origin, { connections: 64, headersTimeout: subgraphDeadlineMs })
  const call: Transport = async ({ query, variables, operationName, token, requestId, signal }) => {
    try {
      const { body } = await pool.request({
        method: 'POST',
        path: target.pathname,
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${token}`,
          'x-request-id': requestId,
        },
        body: JSON.stringify({ query, variables, operationName }),
        signal: signal ?? AbortSignal.timeout(subgraphDeadlineMs),
      })
      return (await body.json()) as SubgraphResponse
    } catch {
      throw unavailable()
    }
  }
  return Object.assign(call, { close: () => pool.close() })
}
