/** The whole house in one process: what `npm start`, `npm run dev` and the tests run. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createBlobs } from '#kit/blob.ts'
import { openCaches } from '#kit/cache.ts'
import type { Surroundings } from '#kit/context.ts'
import { type OnStatement, openDatabase, urlAs } from '#kit/database.ts'
import { type Environment, publicUrlOf } from '#kit/env.ts'
import { openErasures } from '#kit/erasures.ts'
import { type Events, openEvents } from '#kit/events.ts'
import { listen } from '#kit/http.ts'
import { checkpointsIn } from '#kit/journal/checkpoint.ts'
import { openRelay, type Relay } from '#kit/journal/relay.ts'
import { acquireLock } from '#kit/lock.ts'
import type { Log } from '#kit/log.ts'
import { createMetrics, serveMetrics } from '#kit/metrics.ts'
import { migrate } from '#kit/migration.ts'
import { createOutbound } from '#kit/outbound.ts'
import { openShared } from '#kit/redis.ts'
import { root } from '#kit/register.ts'
import { openSealing } from '#kit/sealing/open.ts'
import { type OpenSubgraph, openSubgraph, type Subgraph } from '#kit/subgraph.ts'
import { createKeys, internalSigner } from '#kit/tokens.ts'
import { openTracing, type Tracing } from '#kit/tracing.ts'
import type { Transport } from '#kit/transport.ts'
import { openWorker } from '#kit/worker.ts'
import { createGateway, type GatewayOptions } from '../gateway/app.ts'
import { registeredDocuments } from '../gateway/registered.ts'
import { loadSubgraphs } from '../subgraphs/load.ts'
import { openHouseDatabase } from './database.ts'
import { demoOf } from './demo.ts'
import { keptSecret } from './secrets.ts'

export type House = {
  url: string
  metricsUrl: string | null
  database: 'embedded' | 'external'
  databaseUrl: string
  shared: 'redis' | 'memory'
  demoPassword: string | null
  surroundings: Surroundings
  relay: Relay
  /** Goes the rounds of all subgraphs once, as they are gone every 15 s otherwise. */
  rounds(): Promise<void>
  /** Ends everything, PostgreSQL last. */
  close(): Promise<void>
}

export type HouseOptions = {
  env: Environment
  log: Log
  /** False gives up crash safety of the embedded database for speed. */
  durable?: boolean
  onStatement?: OnStatement
  /** False where only `rounds` goes them. */
  roundsByClock?: boolean
  /** Parts that are not as usual: for those who show that one of them is missed. */
  parts?: Pick<GatewayOptions, 'calls' | 'planning'> & {
    events?(usual: Events): Events
    clock?(): Date
    /** Where the environment names none. */
    tracer?: Tracing
  }
}

/** Opens the house and listens. Whatever was opened is closed again when a later step fails. */
export async function openHouse({
  env: given,
  log,
  durable = true,
  onStatement,
  roundsByClock = true,
  parts = {},
}: HouseOptions): Promise<House> {
  const env = { ...given, NEXUS_DATA_DIR: resolve(given.NEXUS_DATA_DIR) }
  const closers: (() => unknown)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse())
      await Promise.resolve(closer()).catch((error: unknown) => log.warn({ err: error }, 'closing failed'))
  }
  try {
    const lock = acquireLock(env.NEXUS_DATA_DIR)
    closers.push(() => lock.release())
    const secret = env.NEXUS_SECRET ?? keptSecret(env.NEXUS_DATA_DIR, 'secret')
    const keys = createKeys(secret, env.NEXUS_SECRET_PREVIOUS)
    const sealing = openSealing(env, secret)
    const database = await openHouseDatabase(env, log, { durable })
    closers.push(() => database.stop())
    const shared = openShared(env.REDIS_URL, log)
    closers.push(() => shared.close())
    const metrics = createMetrics()
    const tracer = (await openTracing(env, 'house', log)) ?? parts.tracer
    closers.push(() => tracer?.close())
    const usual = openEvents(env.REDIS_URL, log)
    closers.push(() => usual.close())
    const events = parts.events?.(usual) ?? usual
    const outbound = createOutbound({ shared, privateNetworks: env.NEXUS_PRIVATE_NETWORKS })
    // Known once it listens.
    let port = env.PORT
    const transports: Record<string, Transport> = {}
    const blobDir = join(env.NEXUS_DATA_DIR, 'uploads')
    const erasures = openErasures(env, keys)
    const reportDir = join(env.NEXUS_DATA_DIR, 'reports')

    const caches = openCaches({ store: shared.store, metrics, log })
    closers.push(() => caches.close())

    const common = {
      keys,
      log,
      transports,
      blobDir,
      reportDir,
      shared,
      metrics,
      events,
      tracer: tracer ?? null,
      outbound,
      clock: parts.clock ?? (() => new Date()),
      staleAfterDays: env.NEXUS_ASSET_STALE_DAYS,
      alertRetentionDays: env.NEXUS_ALERT_RETENTION_DAYS,
      publicUrl: () => publicUrlOf(env, port),
      sealing,
      erasures,
    }
    const around = (name: string): Surroundings => {
      const sign = internalSigner(keys, name)
      return { ...common, sign, cache: caches.of(name) }
    }
    const open = async (subgraph: Subgraph): Promise<OpenSubgraph & { url: string; of: Subgraph }> => {
      const { name: schema, migrations, jobs } = subgraph
      const { url } = await migrate({
        url: database.url,
        schema,
        migrations,
        jobs,
        passwordOf: keys.passwordOf,
        log,
      })
      await seed(subgraph, url)
      await forgetAgain(subgraph, url)
      const opened = openSubgraph(subgraph, { url, surroundings: around(schema), onStatement })
      closers.push(() => opened.close())
      return { ...opened, url, of: subgraph }
    }
    const forgetAgain = async (subgraph: Subgraph, url: string): Promise<void> => {
      if (!subgraph.forgetAgain || erasures.organizations().length === 0) return
      const db = openDatabase<never>({ url, schema: subgraph.name, log, connections: 1 })
      const count = await subgraph.forgetAgain(db, erasures).finally(() => db.destroy())
      if (count > 0) log.warn({ count }, 'people who had been erased were back, and are erased again')
    }
    const demo = demoOf(env)
    const seed = async (subgraph: Subgraph, url: string): Promise<void> => {
      if (!demo || !subgraph.seed) return
      const db = openDatabase<never>({ url, schema: subgraph.name, log, connections: 1 })
      await subgraph.seed(db, demo).finally(() => db.destroy())
    }

    const opening = await Promise.allSettled((await loadSubgraphs()).map(open))
    // Who fails waits for the others: what they have begun is closed with it.
    const subgraphs = opening.map((each) => {
      if (each.status === 'rejected') throw each.reason
      return each.value
    })
    for (const { name, answer } of subgraphs) transports[name] = answer
    const checks = [...subgraphs, { name: shared.kind, check: shared.check }]
    const app = await createGateway({
      supergraphSdl: readFileSync(`${root}schema/supergraph.graphql`, 'utf8'),
      transports,
      keys,
      rest: {
        uploads: {
          blobsOf: (organizationId) => createBlobs(join(blobDir, organizationId)),
          importMaxBytes: env.NEXUS_IMPORT_MAX_BYTES,
        },
        reports: createBlobs(reportDir),
      },
      log,
      metrics,
      tracer: tracer ?? null,
      ready: async () => {
        const answer = ({ check }: (typeof checks)[number]) =>
          check().then(
            () => 'ok',
            () => 'unavailable',
          )
        return Object.fromEntries(
          await Promise.all(checks.map(async (each) => [each.name, await answer(each)])),
        )
      },
      scim: true,
      documents: registeredDocuments(env),
      webFolder: `${root}web/dist`,
      production: env.NODE_ENV === 'production',
      trustedProxies: env.NEXUS_TRUSTED_PROXIES,
      shared,
      ...(parts.calls && { calls: parts.calls }),
      ...(parts.planning && { planning: parts.planning }),
    })
    closers.push(() => app.close())
    // Once everybody can be asked, and stopped before anybody is away.
    const working = subgraphs
      .filter((each) => each.of.jobs)
      .map(async ({ of, url }) => {
        const worker = await openWorker(of, { url, surroundings: around(of.name), roundsByClock })
        closers.push(() => worker.close())
        return worker
      })
    const workers = (await Promise.allSettled(working)).map((each) => {
      if (each.status === 'rejected') throw each.reason
      return each.value
    })
    const relay = openRelay({ databaseUrl: database.url, keys, log, folder: checkpointsIn(env) })
    closers.push(() => relay.close())
    const metricsUrl = await serveMetrics(env, { metrics, log }, (closer) => closers.push(closer))
    const url = await listen(app, env.HOST, env.PORT)
    port = Number(new URL(url).port)
    lock.publish({
      url,
      database: database.kind === 'embedded' ? urlAs(database.url, 'nobody', '') : undefined,
    })
    return {
      url,
      metricsUrl,
      database: database.kind,
      databaseUrl: database.url,
      shared: shared.kind,
      demoPassword: demo?.password ?? null,
      surroundings: around('test'),
      relay,
      rounds: async () => {
        for (const worker of workers) await worker.round()
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
