/** One subgraph alone: node subgraphs/main.ts <name> serve | migrate | sdl; or `all migrate`. */
import { join } from 'node:path'
import { printSubgraphSchema } from '@apollo/subgraph'
import { roleOf, urlAs } from '#kit/database.ts'
import { environment, readEnv } from '#kit/env.ts'
import { openEvents } from '#kit/events.ts'
import { listen } from '#kit/http.ts'
import { createLog } from '#kit/log.ts'
import { createMetrics, serveMetrics } from '#kit/metrics.ts'
import { migrate } from '#kit/migration.ts'
import { untilStopped } from '#kit/process.ts'
import { openShared } from '#kit/redis.ts'
import { type Registered, readRegister } from '#kit/register.ts'
import { serveSubgraph } from '#kit/serve.ts'
import { openSubgraph } from '#kit/subgraph.ts'
import { createKeys, internalSigner } from '#kit/tokens.ts'
import { httpTransport } from '#kit/transport.ts'
import { loadSubgraph } from './load.ts'

/** A process apart shares its database and its secret with the others, so both are given to it. */
function settings(name: string) {
  const env = readEnv(environment)
  const { DATABASE_URL: databaseUrl, NEXUS_SECRET: secret } = env
  if (!databaseUrl || !secret) throw new Error('A subgraph alone needs DATABASE_URL and NEXUS_SECRET')
  return {
    env,
    databaseUrl,
    keys: createKeys(secret, env.NEXUS_SECRET_PREVIOUS),
    log: createLog(name, env.LOG_LEVEL),
  }
}

const serve = (registered: Registered) =>
  untilStopped(async (closing) => {
    const { env, databaseUrl, keys, log } = settings(registered.name)
    const peers = readRegister().filter(({ name }) => name !== registered.name)
    const transports = Object.fromEntries(peers.map(({ name, url }) => [name, httpTransport(url)]))
    for (const transport of Object.values(transports)) closing(() => transport.close())
    const metrics = createMetrics()
    const shared = openShared(env.REDIS_URL, log)
    closing(() => shared.close())
    const events = openEvents(env.REDIS_URL, log)
    closing(() => events.close())
    const role = roleOf(databaseUrl, registered.name)
    const subgraph = openSubgraph(await loadSubgraph(registered), {
      url: urlAs(databaseUrl, role, keys.passwordOf(role)),
      surroundings: {
        keys,
        log,
        shared,
        metrics,
        events,
        transports,
        sign: internalSigner(keys, registered.name),
        blobDir: join(env.NEXUS_DATA_DIR, 'uploads'),
      },
    })
    closing(() => subgraph.close())
    const app = serveSubgraph(subgraph, log, metrics)
    closing(() => app.close())
    await serveMetrics(env, metrics, log, closing)
    const url = await listen(app, env.HOST, Number(new URL(registered.url).port))
    console.log(`${registered.name} serves on ${url}`)
  })

async function bringUpToDate(registered: Registered): Promise<void> {
  const { databaseUrl: url, keys, log } = settings(registered.name)
  const { name: schema, migrations } = await loadSubgraph(registered)
  const { applied } = await migrate({ url, schema, migrations, passwordOf: keys.passwordOf, log })
  console.log(`${schema}: ${applied.length > 0 ? `applied ${applied.join(', ')}` : 'up to date'}`)
}

const verbs: Record<string, (registered: Registered) => Promise<void>> = {
  serve,
  migrate: bringUpToDate,
  sdl: async (registered) => console.log(printSubgraphSchema((await loadSubgraph(registered)).schema)),
}

const [name, verb = ''] = process.argv.slice(2)
const all = name === 'all' && verb === 'migrate'
const chosen = readRegister().filter((each) => all || each.name === name)
const run = verbs[verb]
if (chosen.length > 0 && run) {
  try {
    for (const registered of chosen) await run(registered)
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
} else {
  const names = readRegister().map((each) => each.name)
  console.error(`node subgraphs/main.ts <${names.join(' | ')}> <${Object.keys(verbs).join(' | ')}>`)
  console.error('node subgraphs/main.ts all migrate')
  process.exitCode = 1
}
