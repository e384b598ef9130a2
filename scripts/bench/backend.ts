import { join } from 'node:path'
import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'
import { subgraphs } from './graph.ts'
import { type Peer, startPeer } from './peer.ts'

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])'

/** The supergraph of the benchmarks; `more` is added to a subgraph's SDL. */
export function supergraphOf(
  urls: Readonly<Record<string, string>>,
  more: Record<string, string> = {},
): string {
  const { supergraphSdl, errors } = composeServices(
    subgraphs.map(({ name, sdl }) => ({
      name,
      url: urls[name]!,
      typeDefs: parse(`${link} ${sdl} ${more[name] ?? ''}`),
    })),
  )
  if (!supergraphSdl) throw new Error(errors?.join('\n'))
  return supergraphSdl
}

/** Starts the subgraphs, in a process of their own. */
export async function startBackend(): Promise<{
  backend: Peer
  urls: Record<string, string>
  supergraphSdl: string
}> {
  const file = join(import.meta.dirname, 'peers', 'subgraphs.ts')
  const backend = await startPeer('subgraphs', file, { supergraphSdl: '', urls: {} })
  const urls = JSON.parse(backend.url) as Record<string, string>
  return { backend, urls, supergraphSdl: supergraphOf(urls) }
}
