import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { startBackend } from './backend.ts'
import { type Goal, goal, median } from './goals.ts'
import { answerOf, load, type Round } from './load.ts'
import { type Peer, startPeer, type Used } from './peer.ts'

type Options = {
  bodies: readonly string[]
  rounds: number
  load: { connections: number; ms: number }
  warm(peer: Peer): Promise<void>
}
type Row = { operation: string; peer: string } & Round

/**
 * What an answer costs in all, subgraphs included: the gateway with its subgraphs in one process, beside the server
 * stitched by hand and the process of the subgraphs that it asks over HTTP. Both compute each answer.
 */
export async function compareOneProcess(options: Options): Promise<{ rows: Row[]; goals: Goal[] }> {
  const { backend, urls, supergraphSdl } = await startBackend(true)
  const file = (name: string) => join(import.meta.dirname, 'peers', `${name}.ts`)
  const hand = await startPeer('hand and its subgraphs', file('hand'), { supergraphSdl, urls })
  const systems: Peer[] = [
    await startPeer('one process', file('inprocess'), { supergraphSdl, urls }),
    { ...hand, used: async () => sum(await hand.used(), await backend.used()) },
  ]
  const rows: Row[] = []
  try {
    const [one, other] = await Promise.all(systems.map(({ url }) => answerOf(url, options.bodies[7]!)))
    if (!isDeepStrictEqual(one, other)) throw new Error('One process does not answer as several do')
    for (const peer of systems) await options.warm(peer)
    for (let round = 0; round < options.rounds; round++)
      for (const peer of systems) {
        const measured = await load(peer.url, options.bodies, options.load, peer.used)
        rows.push({ operation: 'list3, subgraphs included', peer: peer.name, ...measured })
      }
  } finally {
    await Promise.all([...systems, backend].map((peer) => peer.close()))
  }
  const [ours, theirs] = systems.map(({ name }) =>
    median(rows.filter(({ peer }) => peer === name).map(({ cpuMs }) => cpuMs)),
  ) as [number, number]
  return { rows, goals: [goal('inprocess.list3.vs_hand', theirs / ours, 1.5, 'higher')] }
}

const sum = (one: Used, other: Used): Used => ({
  cpuMs: one.cpuMs + other.cpuMs,
  rss: one.rss + other.rss,
  heap: one.heap + other.heap,
})
