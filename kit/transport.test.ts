import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Deadline, deadlineIn } from './deadline.ts'
import { httpTransport } from './transport.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

async function open(t: TestContext, handler: Handler, largest?: number) {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const transport = httpTransport(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    largest,
  )
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    await transport.close()
  })
  return (over: { deadline?: Deadline; body?: string } = {}) =>
    transport({ query: '{ me }', variables: { a: 1 }, token: 'token', requestId: 'r', ...over })
}
const unavailable = { code: 'SERVICE_UNAVAILABLE' }

test('a question goes out with its token and id, and its answer is read in pieces', async (t) => {
  const heard: unknown[] = []
  const ask = await open(t, async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    heard.push([
      request.url,
      request.headers.authorization,
      request.headers['x-request-id'],
      JSON.parse(text),
    ])
    const bytes = Buffer.from('{"data":{"me":"ünï"}}')
    response.write(bytes.subarray(0, 15))
    setTimeout(() => response.end(bytes.subarray(15)), 5)
  })
  assert.deepEqual((await ask()).data, { me: 'ünï' })
  assert.deepEqual((await ask({ body: '{"query":"{ you }"}' })).data, { me: 'ünï' })
  assert.deepEqual(heard, [
    ['/graphql', 'Bearer token', 'r', { query: '{ me }', variables: { a: 1 } }],
    ['/graphql', 'Bearer token', 'r', { query: '{ you }' }],
  ])
})

test('more than may be read, no JSON, nothing, and a broken connection are failures', async (t) => {
  const answers: Handler[] = [
    (_request, response) => response.end(JSON.stringify({ data: 'x'.repeat(2_000) })),
    (_request, response) => response.end('<html>'),
    (_request, response) => response.end(),
    (_request, response) => response.destroy(),
  ]
  const ask = await open(t, (request, response) => answers.shift()!(request, response), 1_000)
  for (let left = answers.length; left > 0; left--) await assert.rejects(ask(), unavailable)
  answers.push((_request, response) => response.end('{"data":null}'))
  assert.deepEqual((await ask()).data, null)
})

test('a deadline that is over ends the call, before it goes out and while it is waited for', async (t) => {
  const closed = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const ask = await open(t, (request) => {
    request.on('close', closed.resolve)
    asked.resolve()
  })
  const deadline = deadlineIn(60_000)
  const waiting = ask({ deadline })
  await asked.promise
  deadline.end()
  await assert.rejects(waiting, unavailable)
  await closed.promise
  await assert.rejects(ask({ deadline }), unavailable)
})

test('a subgraph that is not there is a failure', async () => {
  const transport = httpTransport('http://127.0.0.1:1/graphql')
  await assert.rejects(transport({ query: '{ me }', token: 't', requestId: 'r' }), unavailable)
  await transport.close()
})
