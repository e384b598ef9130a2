import { buildSubgraphSchema } from '@apollo/subgraph'
import { execute, parse } from 'graphql'
import type { Transport } from '#kit/transport.ts'
import { subgraphs } from '../graph.ts'
import { serveAsPeer } from '../peer.ts'
import { serveOurs } from './serve-ours.ts'

/** The gateway with its subgraphs in the same process. Their answers are computed once, as those over HTTP are. */
await serveAsPeer(({ supergraphSdl }) => {
  const transports = subgraphs.map(({ name, sdl, resolvers }): [string, Transport] => {
    const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])'
    const schema = buildSubgraphSchema({ typeDefs: parse(`${link} ${sdl}`), resolvers: resolvers as never })
    const known = new Map<string, string>()
    return [
      name,
      async ({ query, variables: variableValues, body }) => {
        const key = body ?? query
        let answer = known.get(key)
        if (answer === undefined) {
          answer = JSON.stringify(await execute({ schema, document: parse(query), variableValues }))
          known.set(key, answer)
        }
        return JSON.parse(answer)
      },
    ]
  })
  return serveOurs(supergraphSdl, Object.fromEntries(transports))
})
