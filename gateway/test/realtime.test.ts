import assert from 'node:assert/strict'
import { get, type IncomingMessage } from 'node:http'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { decodeJwt, SignJWT } from 'jose'
import { signAccessToken } from '#kit/tokens.ts'
import type { SubgraphResponse, Transport } from '#kit/transport.ts'
import { listen, openSocket } from '../../scripts/test/listeners.ts'
import { keys, member, openGateway } from './gateway.ts'

const query = 'subscription { alertChanged { alert { title } } }'
const event = (title: string): SubgraphResponse => ({ data: { alertChanged: { alert: { title } } } })

/** A gateway whose alerts tell what `source` yields, until they are left. */
async function open(t: TestContext, source: (left: Promise<void>) => AsyncIterable<SubgraphResponse>) {
  const stream: Transport['stream'] = async ({ signal }) =>
    source(new Promise((resolve) => signal!.addEventListener('abort', () => resolve())))
  const alerts: Transport = Object.assign(async () => ({}), { stream })
  const { app } = await openGateway(t, { transports: { alerts } })
  return app.listen({ host: '127.0.0.1', port: 0 })
}

const silent = (left: Promise<void>): AsyncIterable<SubgraphResponse> => ({
  [Symbol.asyncIterator]: () => ({ next: () => left.then(() => ({ done: true, value: undefined })) }),
})
const codesOf = (events: unknown[]) =>
  (events as { errors?: { extensions: { code: string } }[] }[]).map(
    ({ errors }) => errors?.[0]?.extensions.code,
  )

async function shortToken(seconds: number): Promise<string> {
  const claims = decodeJwt(await signAccessToken(keys, member()))
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: keys.access.id })
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(keys.access.privateKey)
}

test('sockets and streams end with their token', async (t) => {
  const url = await open(t, silent)
  const token = await shortToken(2)
  const socket = await openSocket(url, { authorization: `Bearer ${token}` })
  const stream = await listen(url, token, query)
  assert.equal(await socket.closed, 4403)
  await stream.ended
  assert.deepEqual(codesOf(stream.events), ['UNAUTHENTICATED'])
})

test('a source that throws ends its operation with a masked error, and nothing else', async (t) => {
  const url = await open(t, async function* () {
    yield event('one')
    throw new Error('select * from secrets')
  })
  const token = await signAccessToken(keys, member())
  const socket = await openSocket(url, { authorization: `Bearer ${token}` })
  const stream = await listen(url, token, query)
  await stream.ended
  for (const events of [stream.events, await socket.ask(query)]) {
    assert.deepEqual(codesOf(events), [undefined, 'INTERNAL_SERVER_ERROR'])
    assert.doesNotMatch(JSON.stringify(events), /secrets/)
  }
  assert.deepEqual(await socket.ask('{ __typename }'), [{ data: { __typename: 'Query' } }])
  socket.close()
})

test('one socket carries a hundred operations, and refuses the next one alone', async (t) => {
  const url = await open(t, silent)
  const token = await signAccessToken(keys, member())
  const socket = await openSocket(url, { authorization: `Bearer ${token}` })
  for (let index = 0; index < 100; index++) socket.subscribe(query, () => {})
  const [error] = (await socket.ask('{ __typename }')) as { extensions: { code: string } }[]
  assert.equal(error!.extensions.code, 'RATE_LIMITED')
  socket.close()
})

test('a reader that does not read is sent no more than its connection holds', async (t) => {
  let pulled = 0
  const url = await open(t, async function* (left) {
    let isLeft = false
    left.then(() => {
      isLeft = true
    })
    while (!isLeft) {
      pulled += 1
      yield event('x'.repeat(100_000))
    }
  })
  const token = await signAccessToken(keys, member())
  const headers = { accept: 'text/event-stream', authorization: `Bearer ${token}` }
  const response = await new Promise<IncomingMessage>((resolve) => {
    get(`${url}/graphql/stream?query=${encodeURIComponent(query)}`, { headers }, resolve)
  })
  let before = -1
  while (pulled !== before) {
    before = pulled
    await pause(300)
  }
  assert.ok(pulled > 0 && pulled < 1_000, `${pulled} answers of 100 kB wait`)
  response.destroy()
})

test('a stream says what it wants of a request', async (t) => {
  const url = await open(t, silent)
  const token = await signAccessToken(keys, member())
  const ask = async (path: string, accept: string) => {
    const headers = { accept, authorization: `Bearer ${token}` }
    return (await fetch(`${url}/graphql/stream${path}`, { headers })).status
  }
  assert.equal(await ask(`?query=${encodeURIComponent(query)}`, 'application/json'), 400)
  assert.equal(await ask('', 'text/event-stream'), 400)
  const mutation = encodeURIComponent('mutation { acknowledgeAlert(input: { id: "1" }) { alert { id } } }')
  assert.equal(await ask(`?query=${mutation}`, 'text/event-stream'), 400)
})
