/** One subgraph alone: node subgraphs/main.ts <name> serve | migrate | sdl */
import { join } from 'node:path'
import { printSubgraphSchema } from '@apollo/subgraph'
import { roleOf, urlAs } from '#kit/database.ts'
import { environment, readEnv } from '#kit/env.ts'
import { openEvents } from '#kit/events.ts'
import { listen } from '#kit/http.ts'
import { createLog } from '#kit/log.ts'
import { migrate } from '#kit/migration.ts'
import { openShared } from '#kit/redis.ts'
import { type Registered, readRegister } from '#kit/register.ts'
import { serveSubgraph } from '#kit/serve.ts'
import { openSubgraph } from '#kit/subgraph.ts'
import { createKeys, internalSigner } from '#kit/tokens.ts'
import { httpTransport } from '#kit/transport.ts'
import { loadSubgraph } from './load.ts'

/** A process apart shares its database and its secret with the others, so both are given to it. */
function settings() {
  const env = readEnv(environment)
  const { DATABASE_URL: databaseUrl, NEXUS_SECRET: secret } = env
  if (!databaseUrl || !secret) throw new Error('A subgraph alone needs DATABASE_URL and NEXUS_SECRET')
  return { env, databaseUrl, keys: createKeys(secret), log: createLog('nexus', env.LOG_LEVEL) }
}

async function serve(registered: Registered): Promise<void> {
  const { env, databaseUrl, keys, log } = settings()
  const others = readRegister().filter(({ name }) => name !== registered.name)
  const role = roleOf(databaseUrl, registered.name)
  const shared = openShared(env.REDIS_URL, log)
  const events = openEvents(env.REDIS_URL, log)
  const subgraph = openSubgraph(await loadSubgraph(registered), {
    url: urlAs(databaseUrl, role, keys.passwordOf(role)),
    surroundings: {
      keys,
      log,
      shared,
      events,
      sign: internalSigner(keys, registered.name),
      transports: Object.fromEntries(others.map(({ name, url }) => [name, httpTransport(url)])),
      blobDir: join(env.NEXUS_DATA_DIR, 'uploads'),
    },
  })
  const app = serveSubgraph(subgraph, log)
  const url = await listen(app, env.HOST, Number(new URL(registered.url).port))
  console.log(`${registered.name} serves on ${url}`)
  const stop = async () => {
    await app.close()
    await subgraph.close()
    await shared.close()
    await events.close()
    process.exit(0)
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

const verbs: Record<string, (registered: Registered) => Promise<void>> = {
  serve,
  migrate: async (registered) => {
    const { databaseUrl, keys, log } = settings()
    const { name: schema, migrations } = await loadSubgraph(registered)
    const { passwordOf } = keys
    const { applied } = await migrate({ url: databaseUrl, schema, migrations, passwordOf, log })
    console.log(`${schema}: ${applied.length > 0 ? `applied ${applied.join(', ')}` : 'up to date'}`)
  },
  sdl: async (registered) => console.log(printSubgraphSchema((await loadSubgraph(registered)).schema)),
}

const [name, verb = ''] = process.argv.slice(2)
const registered = readRegister().find((each) => each.name === name)
const run = verbs[verb]
if (registered && run) {
  await run(registered).catch((error: Error) => {
    console.error(error.message)
    process.exitCode = 1
  })
} else {
  const names = readRegister().map((each) => each.name)
  console.error(`node subgraphs/main.ts <${names.join(' | ')}> <${Object.keys(verbs).join(' | ')}>`)
  process.exitCode = 1
}
