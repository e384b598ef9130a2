import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { listen } from '../http.ts'
import { createLog } from '../log.ts'
import { createMetrics } from '../metrics.ts'
import { serveSubgraph } from '../serve.ts'
import { createQueue, isStream } from '../stream.ts'
import { httpTransport, type Stream, type SubgraphResponse } from '../transport.ts'

async function open(t: TestContext, stream: Stream) {
  const answer = Object.assign(async () => ({ data: { one: 1 } }), { stream })
  const subgraph = { name: 'toy', answer, check: async () => {}, close: async () => {} }
  const app = serveSubgraph(subgraph, createLog('toy', 'silent'), createMetrics())
  const url = await listen(app, '127.0.0.1', 0)
  const transport = httpTransport(`${url}/graphql`)
  t.after(async () => {
    await transport.close()
    await app.close()
  })
  const ask = (signal?: AbortSignal) =>
    transport.stream({ query: 'subscription { one }', token: 't', requestId: 'r', signal })
  return { app, transport, ask }
}
const one = { data: { one: 'a\n\nb' } }

test('answers cross the wire as they come, and leaving ends them', async (t) => {
  const queue = createQueue<SubgraphResponse>()
  let left = false
  const { ask } = await open(t, async ({ signal }) => {
    signal!.addEventListener('abort', () => {
      left = true
      void queue.return()
    })
    return queue
  })
  const controller = new AbortController()
  const answers = await ask(controller.signal)
  assert.ok(isStream<SubgraphResponse>(answers))
  const iterator = answers[Symbol.asyncIterator]()
  queue.push(one)
  assert.deepEqual(await iterator.next(), { done: false, value: one })
  controller.abort()
  assert.equal((await iterator.next()).done, true)
  for (let times = 0; times < 100 && !left; times++) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.equal(left, true)
})

test('a refusal is an answer, an end is an end, and a subgraph that breaks off is told', async (t) => {
  const refused = { errors: [{ message: 'No', extensions: { code: 'FORBIDDEN' } }] }
  const refusing = await open(t, async () => refused)
  assert.deepEqual(await refusing.ask(), refused)

  const ending = await open(t, async () =>
    (async function* () {
      yield one
    })(),
  )
  const found: unknown[] = []
  for await (const answer of (await ending.ask()) as AsyncIterable<unknown>) found.push(answer)
  assert.deepEqual(found.splice(0), [one])

  const dying = await open(t, async () => createQueue<SubgraphResponse>())
  const answers = (await dying.ask()) as AsyncIterable<SubgraphResponse>
  dying.app.server.closeAllConnections()
  for await (const { errors } of answers) found.push(errors?.[0]?.extensions?.code)
  assert.deepEqual(found, ['SERVICE_UNAVAILABLE'])
})
