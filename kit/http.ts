import type { Server as SecureServer } from 'node:https'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyServerOptions,
  LogController,
} from 'fastify'
import { countingIds } from './id.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Tls } from './tls.ts'

export type Http = FastifyInstance
type OnFrameworkError = NonNullable<FastifyServerOptions['frameworkErrors']>

/** What a server waits for, in milliseconds. A whole request is slow when it is a large upload. */
const waits = { idleConnection: 60_000, headers: 10_000, wholeRequest: 300_000, keepAlive: 65_000 }
/** While closing: how often idle connections are looked for, and when those still busy are cut. */
const drain = { look: 50, end: 6_000 }
const mebibyte = 1024 * 1024
const nextId = countingIds()
const requestIds = /^[A-Za-z0-9._-]{1,128}$/

/**
 * A server with every limit set: what Fastify leaves open by default, and nothing else. A request keeps the
 * id that its caller gave it, if that is one, and answers with it.
 * @param options.bodyLimit bytes of a body, 1 MiB unless said
 * @param options.onFrameworkError answers what fails before a route is found
 * @param options.metrics counts requests by route
 * @param options.tls how it serves over TLS; without it, it does not
 * @param options.trustedProxies addresses or networks that may say for whom they ask
 */
export function createHttp(options: {
  log: Log
  bodyLimit?: number
  onFrameworkError?: OnFrameworkError
  metrics?: Metrics
  tls?: Tls | null | undefined
  trustedProxies?: string[] | undefined
}): Http {
  const { onFrameworkError, log, metrics, tls } = options
  const app = Fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    // Each line of ours names its request itself.
    childLoggerFactory: (logger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimit ?? mebibyte,
    trustProxy: options.trustedProxies ?? false,
    connectionTimeout: waits.idleConnection,
    requestTimeout: waits.wholeRequest,
    keepAliveTimeout: waits.keepAlive,
    ...(tls
      ? { https: { ...tls.serving(), headersTimeout: waits.headers } }
      : { http: { headersTimeout: waits.headers } }),
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    return503OnClosing: true,
    requestIdHeader: false,
    genReqId: ({ headers }) => {
      const given = headers['x-request-id']
      return typeof given === 'string' && requestIds.test(given) ? given : nextId()
    },
    ...(onFrameworkError && { frameworkErrors: withRequestId(onFrameworkError) }),
  })
  // What every request passes waits for nobody: an async hook would cost it some promises more.
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { method, id: requestId } = request
    const route = request.routeOptions.url ?? 'none'
    const { statusCode: status, elapsedTime: ms } = reply
    metrics?.request({ method, route, status }, ms / 1_000)
    if (log.isLevelEnabled('info'))
      log.info({ requestId, method, route, status, ms: Math.round(ms) }, 'answered')
    done()
  })
  tls?.follow(app.server as unknown as SecureServer)
  drainOnClose(app)
  return app
}

// A connection that falls idle after closing has begun would keep the server open until its keep-alive ends.
function drainOnClose(app: Http) {
  const timers: NodeJS.Timeout[] = []
  app.addHook('preClose', async () => {
    timers.push(setInterval(() => app.server.closeIdleConnections(), drain.look))
    timers.push(setTimeout(() => app.server.closeAllConnections(), drain.end))
  })
  app.addHook('onClose', async () => {
    for (const timer of timers) clearTimeout(timer)
  })
}

// Hooks do not run for what fails before a route is found.
const withRequestId =
  (answer: OnFrameworkError): OnFrameworkError =>
  (error, request, reply) => {
    reply.header('x-request-id', request.id)
    return answer(error, request, reply)
  }

/** Listens, and tells the url. Throws with what to do when the port is taken. `port` 0 takes any. */
export async function listen(app: Http, host: string, port: number): Promise<string> {
  try {
    return await app.listen({ host, port })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new Error(`Port ${port} on ${host} is taken; free it, or set another port`, { cause: error })
  }
}
