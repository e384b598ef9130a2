/** One subgraph alone: node subgraphs/main.ts <name> serve | work | migrate | sdl; or `all migrate`, `all rewrap`, `all work`, `all relay`. */
import { printSubgraphSchema } from '@apollo/subgraph'
import { openDatabase } from '#kit/database.ts'
import { openErasures } from '#kit/erasures.ts'
import { listen } from '#kit/http.ts'
import { checkpointsIn } from '#kit/journal/checkpoint.ts'
import { openRelay } from '#kit/journal/relay.ts'
import { serveMetrics } from '#kit/metrics.ts'
import { migrate } from '#kit/migration.ts'
import { untilStopped } from '#kit/process.ts'
import { type Registered, readRegister } from '#kit/register.ts'
import { openMasterKey } from '#kit/sealing/open.ts'
import { rewrapKeys, toldOf } from '#kit/sealing/rewrap.ts'
import { followSecrets } from '#kit/secrets/follow.ts'
import { serveSubgraph } from '#kit/serve.ts'
import { openSubgraph } from '#kit/subgraph.ts'
import { openWorker, type Worker } from '#kit/worker.ts'
import { loadSubgraph } from './load.ts'
import { openSurroundings, settings, urlOf } from './surroundings.ts'

const serve = (registered: Registered) =>
  untilStopped(async (closing) => {
    const { name, url } = registered
    const given = await settings(name)
    const { env, log } = given
    const { metrics, tls, of } = await openSurroundings(given, closing)
    const subgraph = openSubgraph(await loadSubgraph(registered), {
      url: urlOf(name, given),
      surroundings: of(name),
    })
    closing(() => subgraph.close())
    const app = serveSubgraph(subgraph, log, metrics, tls)
    closing(() => app.close())
    await serveMetrics(env, { metrics, log, tls }, closing)
    const served = await listen(app, env.HOST, Number(new URL(url).port))
    console.log(`${name} serves on ${served}`)
  })

/** Carries out the jobs of subgraphs, which it reaches where they serve. */
const work = (chosen: readonly Registered[]) =>
  untilStopped(async (closing) => {
    const given = await settings('worker')
    const { env, log } = given
    const { metrics, tls, of } = await openSurroundings(given, closing)
    const workers: Worker[] = []
    for (const registered of chosen) {
      const { name } = registered
      const subgraph = await loadSubgraph(registered)
      if (!subgraph.jobs) continue
      const worker = await openWorker(subgraph, { url: urlOf(name, given), surroundings: of(name) })
      closing(() => worker.close())
      workers.push(worker)
    }
    if (chosen.length > 1) {
      const { databaseUrl, keys } = given
      const relay = openRelay({ databaseUrl, keys, log, folder: checkpointsIn(env) })
      closing(() => relay.close())
    }
    if (workers.length === 0) throw new Error(`${chosen.map(({ name }) => name).join(', ')} has no jobs`)
    const ready = async () => {
      for (const worker of workers) await worker.check()
    }
    await serveMetrics(env, { metrics, log, tls }, closing, ready)
    console.log(`${workers.map(({ name }) => name).join(', ')}: working`)
  })

async function bringUpToDate(registered: Registered): Promise<void> {
  const given = await settings(registered.name)
  const { databaseUrl: url, keys, log, env } = given
  const { name: schema, migrations, jobs, forgetAgain } = await loadSubgraph(registered)
  const { applied } = await migrate({ url, schema, migrations, jobs, passwordOf: keys.passwordOf, log })
  console.log(`${schema}: ${applied.length > 0 ? `applied ${applied.join(', ')}` : 'up to date'}`)
  const erasures = openErasures(env, keys)
  if (!forgetAgain || erasures.organizations().length === 0) return
  const db = openDatabase<never>({ url: urlOf(schema, given), schema, log, connections: 1 })
  const count = await forgetAgain(db, erasures).finally(() => db.destroy())
  if (count > 0) console.log(`${schema}: erased ${count} again who had come back`)
}

/** Puts what was written in the journal in order. The worker of all subgraphs does it too. */
const relay = () =>
  untilStopped(async (closing) => {
    const { env, log, databaseUrl, keys, secrets } = await settings('relay')
    const following = followSecrets(secrets, log)
    closing(() => following.close())
    const opened = openRelay({ databaseUrl, keys, log, folder: checkpointsIn(env) })
    closing(() => opened.close())
    console.log('the journal: relaying')
  })

/** Puts the data keys of all organizations under the present master key. */
async function rewrap(): Promise<void> {
  const { env, log, databaseUrl, secret } = await settings('rewrap')
  const outcome = await rewrapKeys({ databaseUrl, master: openMasterKey(env, secret), log })
  console.log(toldOf(outcome))
  if (outcome.closed.length > 0) process.exitCode = 1
}

const each = (run: (registered: Registered) => Promise<void>) => async (chosen: readonly Registered[]) => {
  for (const registered of chosen) await run(registered)
}
const verbs: Record<string, (chosen: readonly Registered[]) => Promise<void>> = {
  serve: each(serve),
  work,
  relay,
  migrate: each(bringUpToDate),
  rewrap,
  sdl: each(async (registered) => console.log(printSubgraphSchema((await loadSubgraph(registered)).schema))),
}

const [name, verb = ''] = process.argv.slice(2)
const all = name === 'all' && ['migrate', 'rewrap', 'work', 'relay'].includes(verb)
const chosen = readRegister().filter((of) => all || of.name === name)
const run = verbs[verb]
if (chosen.length > 0 && run) {
  try {
    await run(chosen)
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
} else {
  const names = readRegister().map((of) => of.name)
  console.error(`node subgraphs/main.ts <${names.join(' | ')}> <${Object.keys(verbs).join(' | ')}>`)
  console.error('node subgraphs/main.ts all <migrate | rewrap | work | relay>')
  process.exitCode = 1
}
