/** The gateway alone: the subgraphs are where rover.yaml, or NEXUS_<NAME>_URL, says. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, fetch } from 'undici'
import { createBlobs } from '#kit/blob.ts'
import { openEnvironment } from '#kit/env.ts'
import { listen } from '#kit/http.ts'
import { createLog } from '#kit/log.ts'
import { createMetrics, serveMetrics } from '#kit/metrics.ts'
import { untilStopped } from '#kit/process.ts'
import { openShared } from '#kit/redis.ts'
import { type Registered, readRegister, root } from '#kit/register.ts'
import { followSecrets } from '#kit/secrets/follow.ts'
import { openTls, type Tls } from '#kit/tls.ts'
import { createKeys } from '#kit/tokens.ts'
import { openTracing } from '#kit/tracing.ts'
import { addressOf, openTransports } from '#kit/transport.ts'
import { createGateway } from './app.ts'
import { watchFile } from './federation/watch.ts'
import { registeredDocuments } from './registered.ts'

const readyWithinMs = 2_000

/** Asks subgraphs whether they are ready. */
function asking(tls: Tls | null, closing: (closer: () => unknown) => void) {
  const dispatcher = new Agent(tls ? { connect: tls.connect } : {})
  closing(() => dispatcher.destroy())
  return async (registered: Registered): Promise<string> => {
    const signal = AbortSignal.timeout(readyWithinMs)
    const response = await fetch(new URL('/health/ready', addressOf(registered, tls)), {
      signal,
      dispatcher,
    }).catch(() => null)
    return response?.ok ? 'ok' : 'unavailable'
  }
}

await untilStopped(async (closing) => {
  const { env, secrets } = await openEnvironment()
  if (!env.NEXUS_SECRET)
    throw new Error('The gateway alone needs NEXUS_SECRET, the same as the subgraphs have')
  const log = createLog('gateway', env.LOG_LEVEL)
  const following = followSecrets(secrets, log)
  closing(() => following.close())
  const metrics = createMetrics()
  const tracer = await openTracing(env, 'gateway', log)
  closing(() => tracer?.close())
  const shared = openShared(env.REDIS_URL, log)
  closing(() => shared.close())
  const register = readRegister()
  const tls = openTls(env.NEXUS_TLS_DIR, log)
  closing(() => tls?.close())
  const transports = openTransports(register, tls, closing)
  const check = asking(tls, closing)
  const path = `${root}schema/supergraph.graphql`
  const supergraphSdl = readFileSync(path, 'utf8')
  const failed = (error: unknown) => log.error({ err: error }, 'the supergraph cannot be watched')
  const app = await createGateway({
    supergraphSdl,
    supergraphs: (take) => watchFile(path, supergraphSdl, { changed: take, failed }),
    transports,
    keys: createKeys(env.NEXUS_SECRET, env.NEXUS_SECRET_PREVIOUS),
    rest: {
      uploads: {
        blobsOf: (organizationId) => createBlobs(join(env.NEXUS_DATA_DIR, 'uploads', organizationId)),
        importMaxBytes: env.NEXUS_IMPORT_MAX_BYTES,
      },
      reports: createBlobs(join(env.NEXUS_DATA_DIR, 'reports')),
    },
    log,
    metrics,
    tracer,
    ready: async () =>
      Object.fromEntries(await Promise.all(register.map(async (each) => [each.name, await check(each)]))),
    scim: true,
    documents: registeredDocuments(env),
    webFolder: `${root}web/dist`,
    production: env.NODE_ENV === 'production',
    tls,
    trustedProxies: env.NEXUS_TRUSTED_PROXIES,
    shared,
  })
  closing(() => app.close())
  await serveMetrics(env, { metrics, log, tls }, closing)
  console.log(`gateway serves on ${await listen(app, env.HOST, env.PORT)}`)
})
