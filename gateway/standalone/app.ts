import type { FastifyInstance, FastifyRequest } from 'fastify'
import { createHttp } from '#kit/http.ts'
import type { Log } from '#kit/log.ts'
import { type HeadersOf, httpTransport } from '#kit/transport.ts'
import { httpDoor } from '../door.ts'
import { refuseGraphql, thrown } from '../errors.ts'
import { createPersisted } from '../federation/persisted.ts'
import { answersOf } from './answering.ts'
import { type OpenContext, serving } from './supergraph.ts'

export type StandaloneOptions = {
  supergraphSdl: string
  log: Log
  /** Headers, in small letters, that subgraphs get as the client sent them. Nothing else of a request is passed on. */
  forward?: readonly string[]
}
export type Standalone = {
  app: FastifyInstance
  /** Serves another supergraph from now on. Throws, and stays with the one before, when it does not load. */
  load(supergraphSdl: string): Promise<void>
}

/** What belongs to one connection, or to one body. */
const own = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const bodyLimit = 16 * 1024 * 1024
const answerMaxBytes = 64 * 1024 * 1024
/** How long those who are still asking are waited for while closing, in milliseconds. */
const drainMs = 500

/**
 * `/graphql` and `/health` for any supergraph, not yet listening: for whoever asks, with subgraphs where the
 * supergraph says. Throws one line when the supergraph does not load.
 */
export async function createStandalone({
  supergraphSdl,
  log,
  forward = [],
}: StandaloneOptions): Promise<Standalone> {
  const wrong = forward.find((name) => own.has(name))
  if (wrong)
    throw new Error(`The header ${wrong} is not passed on to subgraphs: it belongs to its connection`)
  const open = new Set<() => void>()
  const wayTo = (url: string) => {
    const transport = httpTransport(url, answerMaxBytes, headersOf)
    const close = () => {
      open.delete(close)
      void transport.close()
    }
    open.add(close)
    return { transport, close }
  }
  const { engine, apollo } = await serving({ supergraphSdl, wayTo, log })
  const answering = answersOf(engine, createPersisted())
  const app = createHttp({ log, bodyLimit })

  app.removeContentTypeParser('text/plain')
  app.setErrorHandler((error, request, reply) => refuseGraphql(reply, thrown(error, log, request.id)))
  app.addHook('preClose', async () => {
    setTimeout(() => app.server.closeAllConnections(), drainMs).unref()
  })
  app.addHook('onClose', async () => {
    await apollo.stop()
    // What subgraphs still answer is for nobody.
    for (const close of [...open]) close()
  })
  app.get('/health', async () => ({ status: 'ok' }))
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    handler: httpDoor(apollo, answering, (request) => contextOf(request, forward)),
  })
  return { app, load: engine.reload }
}

const headersOf: HeadersOf = ({ token: forwarded, requestId }) => ({
  accept: 'application/graphql-response+json, application/json',
  'x-request-id': requestId,
  ...JSON.parse(forwarded),
})

function contextOf({ id: requestId, headers }: FastifyRequest, forward: readonly string[]): OpenContext {
  const passed = forward.flatMap((name) => {
    const value = headers[name]
    return value === undefined ? [] : [[name, String(value)]]
  })
  return { requestId, forwarded: JSON.stringify(Object.fromEntries(passed)) }
}
