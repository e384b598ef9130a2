import { join } from 'node:path'
import { openCaches } from '#kit/cache.ts'
import type { Surroundings } from '#kit/context.ts'
import { roleOf, urlAs } from '#kit/database.ts'
import { type Environment, openEnvironment, publicUrlOf } from '#kit/env.ts'
import { openErasures } from '#kit/erasures.ts'
import { openEvents } from '#kit/events.ts'
import { createLog, type Log } from '#kit/log.ts'
import { createMetrics, type Metrics } from '#kit/metrics.ts'
import { createOutbound } from '#kit/outbound.ts'
import { openShared } from '#kit/redis.ts'
import { readRegister } from '#kit/register.ts'
import { openSealing } from '#kit/sealing/open.ts'
import type { Sealing } from '#kit/sealing/sealing.ts'
import { followSecrets } from '#kit/secrets/follow.ts'
import type { Secrets } from '#kit/secrets/vault.ts'
import { openTls, type Tls } from '#kit/tls.ts'
import { createKeys, internalSigner, type Keys } from '#kit/tokens.ts'
import { openTracing } from '#kit/tracing.ts'
import { openTransports } from '#kit/transport.ts'

export type Settings = {
  name: string
  env: Environment
  databaseUrl: string
  secret: string
  keys: Keys
  sealing: Sealing
  secrets: Secrets | null
  log: Log
}

/** A process apart shares its database and its secret with the others, so both are given to it. */
export async function settings(name: string): Promise<Settings> {
  const { env, secrets } = await openEnvironment()
  const { DATABASE_URL: databaseUrl, NEXUS_SECRET: secret } = env
  if (!databaseUrl || !secret) throw new Error('A subgraph alone needs DATABASE_URL and NEXUS_SECRET')
  const keys = createKeys(secret, env.NEXUS_SECRET_PREVIOUS)
  const sealing = openSealing(env, secret)
  return { name, env, databaseUrl, secret, keys, sealing, secrets, log: createLog(name, env.LOG_LEVEL) }
}

/** The database as a subgraph's own role. */
export function urlOf(name: string, { databaseUrl, keys }: Settings): string {
  const role = roleOf(databaseUrl, name)
  return urlAs(databaseUrl, role, keys.passwordOf(role))
}

/** What subgraphs of a process apart find around them; `of` tells it for one of them. */
export async function openSurroundings(
  { env, keys, sealing, secrets, log, name }: Settings,
  closing: (closer: () => unknown) => void,
): Promise<{ metrics: Metrics; tls: Tls | null; of(name: string): Surroundings }> {
  const following = followSecrets(secrets, log)
  closing(() => following.close())
  const tls = openTls(env.NEXUS_TLS_DIR, log)
  closing(() => tls?.close())
  const transports = openTransports(readRegister(), tls, closing)
  const metrics = createMetrics()
  const shared = openShared(env.REDIS_URL, log)
  closing(() => shared.close())
  const events = openEvents(env.REDIS_URL, log)
  closing(() => events.close())
  const tracer = await openTracing(env, name, log)
  closing(() => tracer?.close())
  // What others write, a process learns by Redis alone.
  const caches = openCaches({ store: shared.kind === 'redis' ? shared.store : null, metrics, log })
  closing(() => caches.close())
  const common = {
    ...{ keys, sealing, log, transports, shared, metrics, events, tracer },
    blobDir: join(env.NEXUS_DATA_DIR, 'uploads'),
    erasures: openErasures(env, keys),
    reportDir: join(env.NEXUS_DATA_DIR, 'reports'),
    outbound: createOutbound({ shared, privateNetworks: env.NEXUS_PRIVATE_NETWORKS }),
    clock: () => new Date(),
    staleAfterDays: env.NEXUS_ASSET_STALE_DAYS,
    alertRetentionDays: env.NEXUS_ALERT_RETENTION_DAYS,
    publicUrl: () => publicUrlOf(env),
  }
  return {
    metrics,
    tls,
    of: (name) => ({ ...common, sign: internalSigner(keys, name), cache: caches.of(name) }),
  }
}
