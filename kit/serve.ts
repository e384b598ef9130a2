import type { TLSSocket } from 'node:tls'
import type { FastifyReply, onRequestHookHandler } from 'fastify'
import { clientHeader, readClient } from './client.ts'
import { unauthenticated } from './errors.ts'
import { eventStream, writeEvents } from './event-stream.ts'
import { health } from './health.ts'
import { createHttp, type Http } from './http.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { isStream } from './stream.ts'
import type { OpenSubgraph } from './subgraph.ts'
import type { Tls } from './tls.ts'

const mebibyte = 1024 * 1024
// A batch of findings with their descriptions; only services send one, with a token.
const bodyLimit = 32 * mebibyte

type Body = { query?: unknown; variables?: Record<string, unknown>; operationName?: string }

/** Who shows no certificate of the authority is not even read. */
const peersOnly: onRequestHookHandler = (request, reply, done) => {
  if ((request.raw.socket as TLSSocket).authorized) return done()
  const { message, code } = unauthenticated('A certificate is needed')
  reply.code(401).send({ errors: [{ message, extensions: { code } }] })
}

/** A subgraph's own server: POST /graphql for those with an internal token, and its health. */
export function serveSubgraph(
  subgraph: OpenSubgraph,
  log: Log,
  metrics: Metrics,
  tls: Tls | null = null,
): Http {
  const app = createHttp({ log, bodyLimit, metrics, tls })
  const open = new Set<AbortController>()
  app.addHook('preClose', async () => {
    for (const each of open) each.abort()
  })
  /** Listens until whoever asked leaves, or the server closes. */
  const listened = <Answer>(reply: FastifyReply, listen: (signal: AbortSignal) => Answer): Answer => {
    const controller = new AbortController()
    open.add(controller)
    reply.raw.once('close', () => {
      open.delete(controller)
      controller.abort()
    })
    return listen(controller.signal)
  }
  health(app, () => subgraph.check())
  const onRequest = tls ? [peersOnly] : []
  app.post<{ Body: Body | null }>('/graphql', { onRequest }, async (request, reply) => {
    const { query, variables, operationName } = request.body ?? {}
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? ''
    const asked = {
      query: typeof query === 'string' ? query : '',
      variables,
      operationName,
      token,
      requestId: request.id,
      traceparent: request.headers.traceparent as string | undefined,
      client: readClient(request.headers[clientHeader]) ?? undefined,
    }
    const { stream } = subgraph.answer
    const answer = await (stream && request.headers.accept === eventStream
      ? listened(reply, (signal) => stream({ ...asked, signal }))
      : subgraph.answer(asked))
    if (isStream(answer)) {
      reply.hijack()
      return writeEvents(reply.raw, answer)
    }
    const refused = answer.errors?.[0]?.extensions?.code === 'UNAUTHENTICATED' && answer.data === undefined
    return reply.code(refused ? 401 : 200).send(answer)
  })
  return app
}
