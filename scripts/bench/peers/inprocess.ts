import type { Transport } from '#kit/transport.ts'
import { answering } from '../answers.ts'
import { subgraphs } from '../graph.ts'
import { serveAsPeer } from '../peer.ts'
import { serveOurs } from './serve-ours.ts'

/** The gateway with its subgraphs in the same process, which compute each answer. */
await serveAsPeer((start) => {
  const transports = subgraphs.map((subgraph) => [subgraph.name, answering(subgraph) as Transport])
  return serveOurs(start, Object.fromEntries(transports))
})
