import { join } from 'node:path'
import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'
import { link } from './answers.ts'
import { subgraphs } from './graph.ts'
import { type Peer, startPeer } from './peer.ts'

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

/**
 * Starts the subgraphs, in a process of their own.
 * @param computes whether each answer is computed each time it is asked for
 */
export async function startBackend(computes = false): Promise<{
  backend: Peer
  urls: Record<string, string>
  supergraphSdl: string
}> {
  const file = join(import.meta.dirname, 'peers', 'subgraphs.ts')
  const backend = await startPeer('subgraphs', file, { supergraphSdl: '', urls: {} }, [], {
    NODE_ENV: 'production',
    ...(computes && { COMPUTES: '1' }),
  })
  const urls = JSON.parse(backend.url) as Record<string, string>
  return { backend, urls, supergraphSdl: supergraphOf(urls) }
}
