/**
 * `npm run bench:gateway`: what one request costs the process of the gateway, beside what it costs other gateways and
 * a server that is stitched by hand. Writes `.bench/gateway.json`. `rounds=9 ms=3000 only=list3 without=hive,mercurius`.
 */
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { root } from '#kit/register.ts'
import { startBackend } from './backend.ts'
import { goal, keep, median, settings } from './goals.ts'
import { type OperationName, operations, pages } from './graph.ts'
import { install } from './install.ts'
import { answerOf, load, type Round } from './load.ts'
import { compareOneProcess } from './one-process.ts'
import { type Peer, startPeer } from './peer.ts'

const rounds = Number(settings.rounds ?? 5)
const ms = Number(settings.ms ?? 2_000)
const connections = 16
const warmUp = { requests: 20_000, ms: 15_000 }
const names = (settings.only?.split(',') ?? Object.keys(operations)) as OperationName[]
const peers = ['ours', 'stock', 'hand']
for (const name of ['hive', 'mercurius']) {
  if (settings.without?.split(',').includes(name)) continue
  if (await install(name)) peers.push(name)
  else console.log(`${name} is left out, its rows and goals too: its packages could not be installed`)
}
const file = (name: string) => join(import.meta.dirname, 'peers', `${name}.ts`)

const { backend, urls, supergraphSdl } = await startBackend()

const started: Peer[] = []
for (const name of peers) {
  const profile = settings.profile === name ? ['--cpu-prof', `--cpu-prof-dir=${join(root, '.bench')}`] : []
  started.push(await startPeer(name, file(name), { supergraphSdl, urls }, profile))
}

const bodies = (name: OperationName) =>
  Array.from({ length: pages }, (_, page) => JSON.stringify({ query: operations[name], variables: { page } }))

/** Until what is hot is compiled: by requests, for a busy machine makes fewer of them in the same time; as long as it is worth. */
async function warm({ url, used }: Peer, name: OperationName) {
  const from = performance.now()
  for (let done = 0; done < warmUp.requests && performance.now() - from < warmUp.ms; )
    done += (await load(url, bodies(name), { connections, ms: 500 }, used)).requests
}

/** How much memory operations cost that nobody has asked before, once as many as are remembered were asked. */
async function growthMb({ url, used }: Peer): Promise<number> {
  const ask = async (from: number, to: number) => {
    for (let index = from; index < to; index++)
      await answerOf(
        url,
        JSON.stringify({
          query: `query Q${index} { alerts(first: 1, page: 1) { id asset { a${index}: name } } }`,
        }),
      )
  }
  await ask(0, 2_000)
  const before = await used()
  await ask(2_000, 5_000)
  return ((await used()).rss - before.rss) / 2 ** 20
}

let grown = 0
const rows: ({ operation: string; peer: string } & Round)[] = []
try {
  for (const name of names) {
    const answers = await Promise.all(started.map(({ url }) => answerOf(url, bodies(name)[7]!)))
    for (const [index, answer] of answers.entries())
      if (!isDeepStrictEqual(answer, answers[0]))
        throw new Error(`${name}: ${peers[index]} does not answer as ${peers[0]} does`)
    for (const peer of started) await warm(peer, name)
    for (let round = 0; round < rounds; round++)
      for (const peer of started) {
        const measured = await load(peer.url, bodies(name), { connections, ms }, peer.used)
        rows.push({ operation: name, peer: peer.name, ...measured })
      }
  }
  grown = await growthMb(started[0]!)
} finally {
  await Promise.all([...started, backend].map((peer) => peer.close()))
}

const figure = (operation: string, peer: string, of: (round: Round) => number) =>
  median(rows.filter((row) => row.operation === operation && row.peer === peer).map(of))
const goals = names.flatMap((name) => {
  const [ours, stock, hand, hive] = ['ours', 'stock', 'hand', 'hive'].map((peer) =>
    figure(name, peer, ({ cpuMs }) => cpuMs),
  ) as [number, number, number, number]
  const [p99, handP99] = ['ours', 'hand'].map((peer) => figure(name, peer, ({ p99Ms }) => p99Ms)) as [
    number,
    number,
  ]
  return [
    goal(`${name}.vs_hand`, hand / ours, 1, 'higher'),
    // Where even the hand-stitched server is no 8 times as fast as stock, it is the measure.
    goal(`${name}.vs_stock`, stock / ours, Math.min(8, stock / hand), 'higher'),
    ...(peers.includes('hive')
      ? [goal(`${name}.vs_hive`, hive / ours, Math.min(8, hive / hand), 'higher')]
      : []),
    goal(`${name}.p99_vs_hand`, p99 / handP99, 1.3, 'lower'),
  ]
})
if (names.includes('list3')) {
  const compared = await compareOneProcess({
    ...{ bodies: bodies('list3'), rounds, load: { connections, ms } },
    warm: (peer) => warm(peer, 'list3'),
  })
  rows.push(...compared.rows)
  goals.push(...compared.goals)
}
goals.push(goal('plan_cache.rss_growth_mb', grown, 50, 'lower'))
const measured = new Map(rows.map(({ operation, peer }) => [`${operation} ${peer}`, { operation, peer }]))
console.table(
  Array.from(measured.values(), ({ operation, peer }) => ({
    operation,
    peer,
    'CPU ms/request': Number(figure(operation, peer, ({ cpuMs }) => cpuMs).toFixed(3)),
    'requests/s': Math.round(figure(operation, peer, ({ requests, seconds }) => requests / seconds)),
    'p99 ms': Number(figure(operation, peer, ({ p99Ms }) => p99Ms).toFixed(1)),
  })),
)
keep('gateway', { rounds, rows, goals })
