import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { composeServices } from '@apollo/composition'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { execute, GraphQLError, parse } from 'graphql'

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])\n'
const program = fileURLToPath(new URL('../standalone.ts', import.meta.url))

/** Two subgraphs on sockets of their own, and what they were asked with. */
export async function openSubgraphs(t: TestContext) {
  const heard: IncomingHttpHeaders[] = []
  const held = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const serve = async (sdl: string, resolvers: object) => {
    const schema = buildSubgraphSchema({ typeDefs: parse(link + sdl), resolvers: resolvers as never })
    const server = createServer(async (request, response) => {
      heard.push(request.headers)
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const { query, variables } = JSON.parse(Buffer.concat(chunks).toString())
      if (query.includes('slow')) {
        held.resolve()
        await released.promise
      }
      const answer = await execute({ schema, document: parse(query), variableValues: variables })
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
    }).listen(0, '127.0.0.1')
    // Whoever ends a connection is the gateway.
    server.keepAliveTimeout = 60_000
    await once(server, 'listening')
    t.after(() => {
      released.resolve()
      server.closeAllConnections()
      server.close()
    })
    const connections = () => promisify(server.getConnections.bind(server))()
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql?part=1`, connections }
  }
  const hosts = 'type Query { hosts: [Host!]! slow: Int wrong: Int } type Host @key(fields: "id") { id: ID! }'
  const names = 'type Host @key(fields: "id") { id: ID! name: String }'
  const wrong = () => {
    throw new GraphQLError('No such thing', { extensions: { code: 'OWN_CODE', stacktrace: ['at x'] } })
  }
  const at = {
    hosts: await serve(hosts, { Query: { hosts: () => [{ id: '1' }], slow: () => 1, wrong } }),
    names: await serve(names, {
      Host: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `host ${id}` }) },
    }),
  }
  const compose = (more = '', moved = '') =>
    composeServices([
      { name: 'hosts', url: at.hosts.url, typeDefs: parse(link + hosts) },
      { name: 'names', url: at.names.url + moved, typeDefs: parse(link + names + more) },
    ]).supergraphSdl!
  return { heard, compose, held: held.promise, connections: at.names.connections }
}

/** The program itself, with its lines as they come. */
export function start(t: TestContext, env: Record<string, string>) {
  const child: ChildProcess = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit') as Promise<[number | null]>
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const faults = createInterface({ input: child.stderr! })[Symbol.asyncIterator]()
  const line = async () => String((await lines.next()).value)
  const fault = async () => String((await faults.next()).value)
  return { child, ended, line, fault }
}
