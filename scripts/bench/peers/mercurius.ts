import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { subgraphs } from '../graph.ts'
import { packagesOf } from '../install.ts'
import { serveAsPeer } from '../peer.ts'

const load = packagesOf('mercurius')
const Fastify = load('fastify') as () => FastifyInstance
const gateway = load('@mercuriusjs/gateway') as FastifyPluginAsync<{ jit: number; gateway: object }>

/** Says the graph in the words of Federation 1: the first that resolves an entity has it, all others extend it. */
function inFederation1(): { name: string; schema: string }[] {
  const owned = new Set<string>()
  return subgraphs.map(({ name, sdl }) => ({
    name,
    schema: sdl
      .replaceAll(
        /type (\w+) @key\(fields: "id"(, resolvable: false)?\) \{ id: ID!/g,
        (text, type: string, stub?: string) => {
          if (stub || owned.has(type)) return `extend type ${type} @key(fields: "id") { id: ID! @external`
          owned.add(type)
          return text
        },
      )
      .replaceAll(/type (?=Query|Mutation)/g, 'extend type '),
  }))
}

/**
 * Mercurius' gateway: it knows no supergraph, so each service is named with its schema. Its graphql is older than ours:
 * it hands the printer types where names belong, which 16.15 refuses.
 */
await serveAsPeer(async ({ urls }) => {
  const app = Fastify()
  const services = inFederation1().map((service) => ({
    ...service,
    url: urls[service.name],
    mandatory: true,
    connections: 64,
  }))
  await app.register(gateway, { jit: 1, gateway: { services } })
  return `${await app.listen({ host: '127.0.0.1', port: 0 })}/graphql`
})
