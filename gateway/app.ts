import type { FastifyInstance } from 'fastify'
import { GraphQLError, type GraphQLSchema } from 'graphql'
import { forbidden } from '#kit/errors.ts'
import { createHttp } from '#kit/http.ts'
import type { Log } from '#kit/log.ts'
import type { Metrics } from '#kit/metrics.ts'
import type { Tls } from '#kit/tls.ts'
import { internalSigner, type Keys } from '#kit/tokens.ts'
import type { Tracer } from '#kit/tracing.ts'
import type { Transports } from '#kit/transport.ts'
import { createAccess } from './access.ts'
import { startApollo } from './apollo.ts'
import type { GatewayContext } from './context.ts'
import { answerFailures, refuse, thrown } from './errors.ts'
import { type Breaker, createBreaker } from './federation/calls/breaker.ts'
import { createEngine, type Engine } from './federation/engine.ts'
import { createPersisted, type Registered } from './federation/persisted.ts'
import type { Planning } from './federation/planner/planner.ts'
import { createWorkers } from './federation/planner/workers.ts'
import { createSource, type SourceOptions } from './federation/source.ts'
import { createOperations } from './operations.ts'
import { graphiql } from './plugins/graphiql.ts'
import { graphql } from './plugins/graphql.ts'
import { health, type Ready } from './plugins/health.ts'
import { publicKeys } from './plugins/public-keys.ts'
import { type Doors, rest } from './plugins/rest.ts'
import { scim } from './plugins/scim.ts'
import { headersFor, securityHeaders } from './plugins/security-headers.ts'
import { viewer } from './plugins/viewer.ts'
import { web } from './plugins/web.ts'
import { createLive } from './realtime/live.ts'
import { socketHandler, sockets } from './realtime/socket.ts'
import { stream } from './realtime/stream.ts'
import type { Graph } from './rest/route.ts'
import { createStanding, type Standing } from './standing.ts'
import { mostCostOf, oncePerDocument } from './tiers.ts'

export type GatewayOptions = {
  supergraphSdl: string
  /** Tells of supergraphs that come after the first, until the returned function is called. */
  supergraphs?(take: (supergraphSdl: string) => Promise<void>): () => void
  /** How each subgraph of the supergraph is reached. */
  transports: Transports
  keys: Keys
  log: Log
  metrics: Metrics
  tracer?: Tracer | null
  ready: Ready
  /** Who knows whether a session goes on, where it is not identity. */
  standing?: Standing
  /** How it serves over TLS; without it, something before it does. */
  tls?: Tls | null
  /** Addresses or networks that may say for whom they ask. */
  trustedProxies?: string[] | undefined
  /** What plans operations, where that is not processes of the gateway's own. */
  planning?: Planning
  /** How each subgraph is called, where it is not as usual. */
  calls?: (subgraph: string) => Pick<SourceOptions<GatewayContext>, 'deadlineMs' | 'breaker' | 'flights'>
  /** The REST doors; null where there are none. */
  rest: Doors | null
  /** Whether identity providers may provision. */
  scim?: boolean
  /** Operations that are known before anybody asks, and whether somebody may ask those only. */
  documents?: { registered: readonly Registered[]; only?(context: GatewayContext): boolean } | undefined
  /** Where the built page lies. */
  webFolder: string
  production: boolean
}

/** The gateway, not yet listening. Throws when the supergraph, or a route over it, does not fit. */
export async function createGateway(options: GatewayOptions): Promise<FastifyInstance> {
  const { log, metrics, keys, ready, production } = options
  const checks: Check[] = []
  const engine = engineOf(options, checks)
  const { registered, only = () => false } = options.documents ?? {}
  const persisted = createPersisted(registered)
  const operations = createOperations({ engine, persisted, only, log, metrics, tracer: options.tracer })
  const apollo = await startApollo({ gateway: engine, log, metrics, production })
  const app = createHttp({
    log,
    metrics,
    tls: options.tls,
    trustedProxies: options.trustedProxies,
    onFrameworkError: (error, request, reply) =>
      refuse(request, reply.headers(headersFor(request)), thrown(error, log, request.id)),
  })
  app.removeContentTypeParser('text/plain')
  answerFailures(app, log)
  app.addHook('onClose', () => apollo.stop())
  const unfollow = options.supergraphs?.(taking(engine, log))
  if (unfollow) app.addHook('preClose', async () => unfollow())

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
    const graph: Graph = {
      operations,
      get schema() {
        return engine.schema
      },
      fits: (check) => checks.push(check),
    }
    if (options.rest) await api.register(rest, { prefix: '/api/v1', graph, ...options.rest })
    if (options.scim) await api.register(scim, { prefix: '/scim/v2', graph, log })
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

/** What the graph's authorization directives ask of: permissions are scopes. */
const claimsOf = ({ viewer }: GatewayContext) =>
  viewer.kind === 'member' ? { scopes: new Set<string>(viewer.permissions) } : null

type Check = (schema: GraphQLSchema) => void

/** Takes a supergraph where it fits; else all stays as it was, and the log says why. */
const taking = (engine: Engine, log: Log) => async (supergraphSdl: string) => {
  try {
    await engine.reload(supergraphSdl)
    log.info('another supergraph is served')
  } catch (error) {
    log.error({ err: error }, 'a supergraph was not taken: the one before is served')
  }
}

function engineOf(
  { supergraphSdl, transports, keys, log, metrics, production, planning, calls }: GatewayOptions,
  checks: readonly Check[],
) {
  const sign = internalSigner(keys, 'gateway')
  const breakers: Record<string, Breaker> = {}
  const engine = createEngine({
    supergraphSdl,
    explains: !production,
    observe: metrics.gateway,
    suggests: !production,
    planning:
      planning ??
      createWorkers({
        onFailure: ({ error, ...of }) => log.warn({ ...of, err: error }, 'an operation could not be planned'),
      }),
    check: (schema) => {
      for (const check of checks) check(schema)
    },
    once: oncePerDocument,
    cost: {
      mode: 'enforce',
      maxCostOf: (context) => mostCostOf((context as GatewayContext).viewer),
      onEstimate: ({ estimated }, outcome) => metrics.cost(estimated, outcome),
      expose: (context) => (context as GatewayContext).tellsCost === true,
    },
    ...(production && { introspection: forMembers }),
    authorization: {
      claimsOf,
      onRefused: ({ context, ...of }) =>
        log.info(
          { ...of, requestId: (context as GatewayContext).requestId },
          'an operation was not answered as a whole',
        ),
    },
    sourceFor(name) {
      const transport = transports[name]
      if (!transport) throw new Error(`Nobody said how to reach the subgraph ${name}`)
      const { breaker = createBreaker(), ...of } = calls?.(name) ?? {}
      breakers[name] = breaker
      return createSource<GatewayContext>({
        name,
        transport,
        breaker,
        observe: metrics.gateway,
        ...of,
        tokenFor: (context, subgraph) => sign(context.viewer, subgraph),
        onFailure: ({ error, ...of }) => log.warn({ ...of, err: error }, 'a subgraph did not answer'),
      })
    },
  })
  metrics.gateway.standing(() => ({
    ...engine.remembered(),
    breakers: Object.fromEntries(Object.entries(breakers).map(([name, { state }]) => [name, state()])),
  }))
  return engine
}
