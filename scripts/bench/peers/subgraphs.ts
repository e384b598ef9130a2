import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { execute, type GraphQLSchema, parse } from 'graphql'
import { LRUCache } from 'lru-cache'
import { subgraphs } from '../graph.ts'
import { serveAsPeer } from '../peer.ts'

/** Answers are computed once for each question: what is measured is the gateway. */
async function listen(schema: GraphQLSchema): Promise<string> {
  const known = new LRUCache<string, Buffer>({ max: 10_000 })
  const answerTo = async (text: string) => {
    const { query, variables } = JSON.parse(text)
    const answer = await execute({ schema, document: parse(query), variableValues: variables })
    return Buffer.from(JSON.stringify(answer))
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    const answer = known.get(text) ?? (await answerTo(text))
    known.set(text, answer)
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length })
    response.end(answer)
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
}

await serveAsPeer(async () => {
  const urls = await Promise.all(
    subgraphs.map(async ({ name, sdl, resolvers }) => {
      const typeDefs = parse(
        `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"]) ${sdl}`,
      )
      return [name, await listen(buildSubgraphSchema({ typeDefs, resolvers: resolvers as never }))]
    }),
  )
  return JSON.stringify(Object.fromEntries(urls))
})
