import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { openGateway } from './gateway.ts'

test('health: alive, ready or not, and no reason told', async (t) => {
  const { app } = await openGateway(t)
  assert.equal((await app.inject('/health/live')).statusCode, 200)
  const ready = await app.inject('/health/ready')
  assert.deepEqual([ready.statusCode, ready.json()], [200, { status: 'ready', checks: { database: 'ok' } }])
  const broken = await openGateway(t, {
    ready: async () => ({ database: 'connect ECONNREFUSED db.internal:5432', redis: 'ok' }),
  })
  const unready = await broken.app.inject('/health/ready')
  assert.equal(unready.statusCode, 503)
  assert.deepEqual(unready.json(), { status: 'unready', checks: { database: 'failing', redis: 'ok' } })
  const throwing = await openGateway(t, { ready: () => Promise.reject(new Error('db.internal')) })
  assert.equal((await throwing.app.inject('/health/ready')).statusCode, 503)
})

test('health asks for no token and judges none', async (t) => {
  const { app } = await openGateway(t)
  const { statusCode } = await app.inject({
    url: '/health/ready',
    headers: { authorization: 'Bearer nonsense' },
  })
  assert.equal(statusCode, 200)
})

test('a request keeps its id when that is one, and always has one', async (t) => {
  const { app } = await openGateway(t)
  const idOf = async (given?: string, url = '/health/live') => {
    const { headers } = await app.inject({
      url,
      headers: given === undefined ? {} : { 'x-request-id': given },
    })
    return String(headers['x-request-id'])
  }
  assert.equal(await idOf('Trace-1.a_b'), 'Trace-1.a_b')
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
  for (const given of [undefined, '', 'a b', 'a\tb', '<script>', 'x'.repeat(129)])
    assert.match(await idOf(given), uuid)
  for (const url of ['/nowhere', '/api/v1/%zz', '/graphql'])
    assert.equal(await idOf('mine', url), 'mine', url)
})

test('every answer carries the security headers', async (t) => {
  const { app } = await openGateway(t)
  for (const url of ['/health/live', '/nowhere', '/%zz', '/graphql?query={__typename}', '/api/v1/auth/me']) {
    const { headers } = await app.inject({ url })
    assert.equal(headers['x-content-type-options'], 'nosniff', url)
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/)
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.equal(headers['cache-control'], 'no-store', url)
  }
})

test('what Fastify refuses has the form of its door', async (t) => {
  const { app } = await openGateway(t)
  const json = { 'content-type': 'application/json' }
  const codes = async (url: string, payload: string, headers: Record<string, string> = json) => {
    const { statusCode, body } = await app.inject({ method: 'POST', url, payload, headers })
    const { error, errors } = JSON.parse(body)
    return [statusCode, error?.code ?? errors?.[0].extensions.code]
  }
  for (const url of ['/graphql', '/api/v1/auth/login']) {
    assert.deepEqual(await codes(url, '{"a":'), [400, 'BAD_REQUEST'])
    assert.deepEqual(await codes(url, '{"__proto__":{"a":1}}'), [400, 'BAD_REQUEST'])
    assert.deepEqual(await codes(url, '{"constructor":{"prototype":{"a":1}}}'), [400, 'BAD_REQUEST'])
    assert.deepEqual(await codes(url, 'x'.repeat(1024 * 1024 + 1)), [413, 'PAYLOAD_TOO_LARGE'])
    assert.deepEqual(await codes(url, 'a=b', { 'content-type': 'text/plain' }), [
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ])
  }
  assert.deepEqual(await codes('/nowhere', '{}'), [404, 'NOT_FOUND'])
  assert.deepEqual(await codes('/api/v1/nowhere', '{}'), [404, 'NOT_FOUND'])
  assert.deepEqual(await codes('/api/v1/%zz', '{}'), [400, 'BAD_REQUEST'])
})

test('a page of another site cannot have an operation run', async (t) => {
  const { app, house } = await openGateway(t)
  const get = await app.inject({ url: '/graphql?query={me{id}}' })
  assert.equal(get.statusCode, 400)
  assert.equal(get.json().errors[0].extensions.code, 'BAD_REQUEST')
  assert.equal(house.asked.identity!.length, 0)
  const header = { 'apollo-require-preflight': '1' }
  assert.equal((await app.inject({ url: '/graphql?query={me{id}}', headers: header })).statusCode, 200)
  const mutation = 'mutation{signIn(input:{email:"a",password:"b"}){expiresIn}}'
  const { statusCode } = await app.inject({ url: '/graphql', query: { query: mutation }, headers: header })
  assert.equal(statusCode, 405)
})

test('a request in flight is answered while the gateway closes', async (t) => {
  let arrived = () => {}
  const inside = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const { app } = await openGateway(t, {
    transports: {
      identity: async () => {
        arrived()
        await new Promise((resolve) => setTimeout(resolve, 100))
        return { data: { me: { id: 'user-1' } } }
      },
    },
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const answer = fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ me { id } }' }),
  })
  await inside
  const closed = app.close()
  assert.deepEqual(await (await answer).json(), { data: { me: { id: 'user-1' } } })
  await closed
  const { port } = new URL(url)
  await assert.rejects(
    new Promise((resolve, reject) =>
      connect(Number(port), '127.0.0.1').on('connect', resolve).on('error', reject),
    ),
  )
})
