import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer, member, openGateway } from './gateway.ts'

type Ask = { method?: 'POST'; url: string; headers?: Record<string, string>; payload?: object | string }

const expected = {
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

test('every answer has the headers, whatever becomes of the request', async (t) => {
  const { app } = await openGateway(t)
  const authorized = await bearer(member())
  const asks: [status: number, ask: Ask][] = [
    [200, { url: '/health/live' }],
    [200, { url: '/api/v1/auth/me', headers: authorized }],
    [200, { method: 'POST', url: '/graphql', payload: { query: '{ __typename }' } }],
    [
      200,
      { method: 'POST', url: '/api/v1/auth/login', payload: { email: 'a@b.example', password: 'right' } },
    ],
    [400, { method: 'POST', url: '/graphql', payload: { query: '{' } }],
    [400, { url: '/api/v1/assets/%' }],
    [400, { method: 'POST', url: '/api/v1/auth/login', payload: {} }],
    [401, { url: '/api/v1/auth/me', headers: { authorization: 'Bearer x' } }],
    [401, { url: '/graphql/stream' }],
    [403, { method: 'POST', url: '/api/v1/auth/logout', headers: { origin: 'https://evil.example' } }],
    [404, { url: '/nowhere' }],
    [415, { method: 'POST', url: '/graphql', headers: { 'content-type': 'text/plain' }, payload: '{' }],
  ]
  for (const [status, ask] of asks) {
    const { statusCode, headers } = await app.inject(ask)
    const name = JSON.stringify(ask)
    assert.equal(statusCode, status, name)
    for (const [header, value] of Object.entries(expected))
      assert.equal(headers[header], value, `${name}: ${header}`)
    assert.equal(headers['strict-transport-security'], undefined, 'nobody pins what came without TLS')
    assert.equal(headers['x-powered-by'], undefined)
    assert.equal(headers.server, undefined)
  }
})

test('who came over TLS, by a trusted proxy’s word, is to come so again', async (t) => {
  const headers = { 'x-forwarded-proto': 'https' }
  for (const [trustedProxies, told] of [
    [undefined, undefined],
    [['127.0.0.1'], 'max-age=31536000; includeSubDomains'],
  ] as const) {
    const { app } = await openGateway(t, { trustedProxies: trustedProxies && [...trustedProxies] })
    for (const url of ['/health/live', '/nowhere'])
      assert.equal((await app.inject({ url, headers })).headers['strict-transport-security'], told, url)
  }
})

test('pages of other hosts are told nothing, and may ask for nothing beforehand', async (t) => {
  const { app } = await openGateway(t)
  for (const method of ['OPTIONS', 'GET', 'POST'] as const) {
    for (const url of ['/graphql', '/graphql/stream', '/api/v1/auth/me', '/api/v1/auth/refresh']) {
      const { statusCode, headers } = await app.inject({
        method,
        url,
        headers: {
          origin: 'https://evil.example',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization, content-type',
        },
      })
      if (method === 'OPTIONS') assert.equal(statusCode, 404, url)
      const cors = Object.keys(headers).filter((name) => name.startsWith('access-control-'))
      assert.deepEqual(cors, [], `${method} ${url}`)
    }
  }
})
