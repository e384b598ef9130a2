import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { httpTransport } from '#kit/transport.ts'
import { openGateway } from './gateway.ts'
import { compose } from './toy.ts'

const sdl = `type Query { item: Item items: [Item] total: Int! }
  type Item { id: ID! name: String size: Int price: Float good: Boolean tags: [String!] more: JSON } scalar JSON`
const query = '{ item { id name size price good tags more } items { id name } total }'

/** What a client gets where a subgraph answers so. */
async function answered(asked: string, texts: readonly string[], t: Parameters<typeof openGateway>[0]) {
  let text = ''
  const server = createServer((_request, response) => void response.end(text)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const transport = httpTransport(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.after(async () => {
    await transport.close()
    server.closeAllConnections()
    server.close()
  })
  const { supergraphSdl } = compose([{ name: 'items', sdl, resolvers: {} }])
  const { graphql } = await openGateway(t, { supergraphSdl, transports: { items: transport }, rest: null })
  const bodies: string[] = []
  for (text of texts) bodies.push((await graphql(asked)).reply.body)
  return bodies
}

const total = (text: string) => `{"data":{"total":${text}}}`
const lies: [what: string, text: string, body: string][] = [
  ['a name twice', '{"data":{"secret":"s"},"data":{"total":300}}', total('300')],
  ['a field twice', '{"data":{"total":"at db.internal","total":300}}', total('300')],
  ['a field that nobody asked for', '{"data":{"total":300,"secret":"s"}}', total('300')],
  ['spaces', ' { "data" : { "total" : 300 } } ', total('300')],
  ['a number with a point', total('300.0'), total('300')],
  ['a number with an exponent', total('3e2'), total('300')],
  [
    'a shorter number, and a field twice in its stead',
    '{"data":{"total":1,"total":1e12}}'.replace('1e12', '1e9'),
    total('1000000000'),
  ],
  ['minus nothing', total('-0'), total('0')],
  ['an escape', '{"data":{"to\\u0074al":300}}', total('300')],
  ['extensions', '{"data":{"total":300},"extensions":{"host":"db.internal"}}', total('300')],
]

test('what a subgraph writes otherwise is written anew', async (t) => {
  const bodies = await answered(
    '{ total }',
    lies.map(([, text]) => text),
    t,
  )
  for (const [index, [what, , body]] of lies.entries()) assert.equal(bodies[index], `${body}\n`, what)
})

test('what a subgraph answers comes out as JSON writes it, however it was written', async (t) => {
  const item = fc.record({
    id: fc.string({ unit: 'binary' }),
    name: fc.option(fc.string()),
    size: fc.option(fc.oneof(fc.integer(), fc.constantFrom(0, 1_000, 2_000_000))),
    price: fc.option(
      fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0.001, 1e21, 0.5)),
    ),
    good: fc.option(fc.boolean()),
    tags: fc.option(fc.array(fc.string())),
    more: fc.constantFrom(null, 'text', { a: [1] }),
  })
  const data = fc.record({ item: fc.option(item), items: fc.array(fc.option(item)), total: fc.integer() })
  const samples = fc.sample(data, { numRuns: 300, seed: 1301787 }).map((sample) => ({
    ...sample,
    items: sample.items.map((of) => of && { id: of.id, name: of.name }),
  }))
  const expected = samples.map((sample) => JSON.stringify({ data: sample }))
  const bodies = await answered(query, expected, t)
  assert.deepEqual(
    bodies.map((body) => JSON.parse(body)),
    expected.map((text) => JSON.parse(text)),
  )
  const indented = await answered(
    query,
    samples.map((sample) => JSON.stringify({ data: sample }, null, 1)),
    t,
  )
  assert.deepEqual(indented, bodies)
})
