import type { FastifyInstance } from 'fastify'
import { GraphQLError } from 'graphql'
import { forbidden } from '#kit/errors.ts'
import { createHttp } from '#kit/http.ts'
import type { Log } from '#kit/log.ts'
import type { Metrics } from '#kit/metrics.ts'
import { internalSigner, type Keys } from '#kit/tokens.ts'
import type { Transports } from '#kit/transport.ts'
import { createAccess } from './access.ts'
import { startApollo } from './apollo.ts'
import type { GatewayContext } from './context.ts'
import { answerFailures, refuse, thrown } from './errors.ts'
import { createEngine } from './federation/engine.ts'
import { createPersisted, type Registered } from './federation/persisted.ts'
import { createSource } from './federation/source.ts'
import { createOperations } from './operations.ts'
import { graphiql } from './plugins/graphiql.ts'
import { graphql } from './plugins/graphql.ts'
import { health, type Ready } from './plugins/health.ts'
import { publicKeys } from './plugins/public-keys.ts'
import { type Doors, rest } from './plugins/rest.ts'
import { headersFor, securityHeaders } from './plugins/security-headers.ts'
import { viewer } from './plugins/viewer.ts'
import { web } from './plugins/web.ts'
import { createLive } from './realtime/live.ts'
import { socketHandler, sockets } from './realtime/socket.ts'
import { stream } from './realtime/stream.ts'
import { createStanding, type Standing } from './standing.ts'

export type GatewayOptions = {
  supergraphSdl: string
  /** How each subgraph of the supergraph is reached. */
  transports: Transports
  keys: Keys
  log: Log
  metrics: Metrics
  ready: Ready
  /** Who knows whether a session goes on, where it is not identity. */
  standing?: Standing
  /** Addresses or networks that may say for whom they ask. */
  trustedProxies?: string[] | undefined
  /** The REST doors; null where there are none. */
  rest: Doors | null
  /** Operations that are known before anybody asks, and whether somebody may ask those only. */
  documents?: { registered: readonly Registered[]; only?(context: GatewayContext): boolean } | undefined
  /** Where the built page lies. */
  webFolder: string
  production: boolean
}

/** The gateway, not yet listening. Throws when the supergraph, or a route over it, does not fit. */
export async function createGateway(options: GatewayOptions): Promise<FastifyInstance> {
  const { log, metrics, keys, ready, production } = options
  const engine = engineOf(options)
  const { registered, only = () => false } = options.documents ?? {}
  const operations = createOperations({ engine, persisted: createPersisted(registered), only, log, metrics })
  const apollo = await startApollo({ gateway: engine, log, metrics, production })
  const app = createHttp({
    log,
    metrics,
    trustedProxies: options.trustedProxies,
    onFrameworkError: (error, request, reply) =>
      refuse(request, reply.headers(headersFor(request)), thrown(error, log, request.id)),
  })
  app.removeContentTypeParser('text/plain')
  answerFailures(app, log)
  app.addHook('onClose', () => apollo.stop())

  const access = createAccess(keys, options.standing ?? standingOf(options))
  const live = createLive({ engine, operations })
  await app.register(securityHeaders)
  await app.register(sockets)
  await app.register(health, { ready, log })
  await app.register(publicKeys, { keys })
  if (!production) await app.register(graphiql)
  await app.register(async (api) => {
    await api.register(viewer, { access })
    await api.register(graphql, { apollo, operations, socket: socketHandler({ live, access, log }), log })
    await api.register(stream, { live, access, log })
    const graph = { schema: engine.schema, operations }
    if (options.rest) await api.register(rest, { prefix: '/api/v1', graph, ...options.rest })
  })
  await app.register(web, { folder: options.webFolder })
  return app
}

function standingOf({ transports, keys, log }: GatewayOptions): Standing {
  const { identity } = transports
  if (!identity) throw new Error('Nobody said how to reach the subgraph identity')
  return createStanding({ identity, keys, log })
}

/** The schema is for those who have signed in. */
function forMembers({ viewer }: GatewayContext): void {
  if (viewer.kind === 'member') return
  const { message, code } = forbidden('Sign in to read the schema')
  throw new GraphQLError(message, { extensions: { code, http: { status: 403 } } })
}

function engineOf({ supergraphSdl, transports, keys, log, production }: GatewayOptions) {
  const sign = internalSigner(keys, 'gateway')
  return createEngine({
    supergraphSdl,
    suggests: !production,
    ...(production && { introspection: forMembers }),
    sourceFor(name) {
      const transport = transports[name]
      if (!transport) throw new Error(`Nobody said how to reach the subgraph ${name}`)
      return createSource<GatewayContext>({
        name,
        transport,
        tokenFor: (context, subgraph) => sign(context.viewer, subgraph),
        onFailure: ({ error, ...of }) => log.warn({ ...of, err: error }, 'a subgraph did not answer'),
      })
    },
  })
}
