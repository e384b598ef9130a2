import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { createLog } from '#kit/log.ts'
import { createMetrics } from '#kit/metrics.ts'
import { httpTransport } from '#kit/transport.ts'
import { createGateway, type GatewayOptions } from '../../app.ts'
import { type GraphqlAnswer, keys } from '../gateway.ts'
import { compose } from '../toy.ts'
import { type Answer, type Call, http, listening, openServer, type Test } from './server.ts'

const inventory = `
  type Query { assets: [Asset!]! owner: String }
  type Mutation { touch: String }
  type Asset @key(fields: "id") { id: ID! name: String! weight: Int }
`
const scoring = `
  enum Level { LOW HIGH }
  scalar JSON
  interface Thing { id: ID! }
  type Part implements Thing { id: ID! size: Int! }
  type Lone implements Thing { id: ID! note: String }
  union Any = Part | Lone
  type Report { count: Int ratio: Float title: String done: Boolean key: ID level: Level any: JSON tags: [String!]
    names: [String] parts: [Part!] part: Part thing: Thing either: Any grid: [[Int]] sure: Int! }
  type Query { total: Int report: Report firm: Report! }
  type Mutation { rescore: Int }
  type Asset @key(fields: "id") { id: ID! score: Int grade: Int! weight: Int @external
    risk: Int @requires(fields: "weight") part: Part }
`
const assets = [
  { id: '1', name: 'web', weight: 10 },
  { id: '2', name: 'db', weight: 20 },
]
const scored = { score: ({ id }: { id: string }) => Number(id) * 100 }

const house = compose([
  {
    name: 'inventory',
    sdl: inventory,
    resolvers: {
      Query: { assets: () => assets, owner: () => 'ops' },
      Mutation: { touch: () => 'touched' },
      Asset: { __resolveReference: ({ id }: { id: string }) => assets.find((asset) => asset.id === id) },
    },
  },
  {
    name: 'scoring',
    sdl: scoring,
    resolvers: {
      Query: { total: () => 300, report: () => ({ count: 1, sure: 1 }) },
      Mutation: { rescore: () => 300 },
      Asset: { __resolveReference: (asset: object) => asset, ...scored },
    },
  },
])

/** What a subgraph that is well would have answered. */
async function wellOf(
  name: string,
  { query, variables }: Pick<Call, 'query' | 'variables'>,
): Promise<string> {
  return JSON.stringify(await house.transports[name]!({ query, variables, token: '', requestId: '' }))
}
export const well: Answer = async (call) => void call.socket.write(http(await wellOf('scoring', call)))

async function openInventory(t: Test): Promise<number> {
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    response.end(await wellOf('inventory', JSON.parse(text)))
  })
  const port = await listening(server)
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return port
}

export type Faulty = Awaited<ReturnType<typeof openFaulty>>

/**
 * A gateway over two subgraphs, both behind real sockets: `inventory`, which is well, and `scoring`, whose bytes
 * the test writes.
 * @param largest bytes that an answer of `scoring` may have
 */
export async function openFaulty(
  t: Test,
  {
    answer = well,
    port,
    largest,
    ...options
  }: { answer?: Answer; port?: number; largest?: number } & Partial<
    Pick<GatewayOptions, 'calls' | 'metrics' | 'production' | 'tracer'>
  > = {},
) {
  const bad = await openServer(t, answer)
  const good = await openInventory(t)
  const transports = {
    inventory: httpTransport(`http://127.0.0.1:${good}/graphql`),
    scoring: httpTransport(port ? `http://127.0.0.1:${port}/graphql` : bad.url, largest),
  }
  const app = await createGateway({
    supergraphSdl: house.supergraphSdl,
    transports,
    keys,
    rest: null,
    log: createLog('gateway', 'silent'),
    metrics: createMetrics(),
    ready: async () => ({}),
    webFolder: `${tmpdir()}/no-page`,
    production: true,
    standing: { session: async (of) => of, key: () => Promise.reject(new Error('no keys here')) },
    origins: { allows: async () => false },
    ...options,
  })
  t.after(async () => {
    await app.close()
    for (const socket of bad.sockets) socket.destroy()
    await Promise.all(Object.values(transports).map((transport) => transport.close()))
  })
  const ask = async (query: string, headers: Record<string, string> = {}) => {
    const reply = await app.inject({ method: 'POST', url: '/graphql', headers, payload: { query } })
    return { status: reply.statusCode, text: reply.body, reply, ...reply.json<GraphqlAnswer>() }
  }
  return { app, ask, ...bad, ports: [bad.port, good, ...(port ? [port] : [])] }
}
