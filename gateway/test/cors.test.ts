import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openSocket, upgrade } from '../../scripts/test/listeners.ts'
import { bearer, member, openGateway } from './gateway.ts'

const friend = 'https://dashboards.example'
const ours = member()
const theirs = member()
const preflight = {
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization',
}
const read = { query: '{ assetStats { total } }' }

/** A gateway whose first organization lets one origin in; `asked` are the origins that it was asked about. */
async function opened(t: TestContext) {
  const asked: string[] = []
  const origins = {
    allows: async (viewer: { kind: string; organizationId?: string }, origin: string) => {
      asked.push(origin)
      return (
        origin === friend && (viewer.kind === 'anonymous' || viewer.organizationId === ours.organizationId)
      )
    },
  }
  return { asked, ...(await openGateway(t, { origins })) }
}
const corsIn = (headers: object) => Object.keys(headers).filter((name) => name.startsWith('access-control-'))

test('a preflight is answered for an origin that somebody allows, and for no other', async (t) => {
  const { app } = await opened(t)
  for (const url of ['/graphql', '/graphql/stream', '/api/v1/assets', '/api/v1/auth/login']) {
    const ask = (origin: string) => app.inject({ method: 'OPTIONS', url, headers: { origin, ...preflight } })
    const { statusCode, headers, body } = await ask(friend)
    assert.deepEqual([statusCode, body], [204, ''], url)
    assert.equal(headers['access-control-allow-origin'], friend)
    assert.match(String(headers['access-control-allow-headers']), /authorization/)
    assert.match(String(headers['access-control-allow-methods']), /DELETE/)
    assert.equal(headers['access-control-allow-credentials'], undefined)
    assert.equal(headers.vary, 'origin')
    for (const origin of ['https://evil.example', 'null', `${friend}.evil.example`]) {
      const refused = await ask(origin)
      assert.equal(refused.statusCode, 404)
      assert.deepEqual(corsIn(refused.headers), [], origin)
    }
  }
  const elsewhere = await app.inject({
    method: 'OPTIONS',
    url: '/scim/v2/Users',
    headers: { origin: friend, ...preflight },
  })
  assert.deepEqual(corsIn(elsewhere.headers), [])
})

test('an answer may be read where the own organization of who asks allows it', async (t) => {
  const { app } = await opened(t)
  const asks = [
    { method: 'POST', url: '/graphql', payload: read },
    { method: 'GET', url: '/api/v1/assets/stats' },
    { method: 'GET', url: '/api/v1/assets?nothing=1' },
  ] as const
  for (const ask of asks)
    for (const [who, origin, mayRead] of [
      [ours, friend, true],
      [theirs, friend, false],
      [ours, 'https://evil.example', false],
    ] as const) {
      const { headers } = await app.inject({ ...ask, headers: { origin, ...(await bearer(who)) } })
      assert.equal(headers['access-control-allow-origin'], mayRead ? friend : undefined)
      assert.equal(headers['access-control-allow-credentials'], undefined)
      assert.equal(headers.vary, 'origin')
      assert.equal(headers['cross-origin-resource-policy'], mayRead ? 'cross-origin' : 'same-origin')
      if (mayRead) assert.match(String(headers['access-control-expose-headers']), /x-request-id.*ratelimit/)
    }
})

test('before anybody is known, an origin that some organization allows may read', async (t) => {
  const { app } = await opened(t)
  const login = {
    method: 'POST',
    url: '/api/v1/auth/login',
    payload: { email: 'a@b.example', password: 'right' },
  } as const
  const from = (origin: string) => ({ ...login, headers: { origin } })
  const entered = await app.inject(from(friend))
  assert.deepEqual([entered.statusCode, entered.headers['access-control-allow-origin']], [200, friend])
  const refused = await app.inject(from('https://evil.example'))
  assert.deepEqual([refused.statusCode, corsIn(refused.headers)], [403, []])
  for (const [url, status] of [
    ['/api/v1/auth/me', 401],
    ['/graphql/stream', 401],
    ['/api/v1/nowhere', 404],
  ] as const) {
    const headers = { origin: friend, authorization: 'Bearer nonsense' }
    const { statusCode, headers: told } = await app.inject({ url, headers })
    assert.deepEqual([statusCode, told['access-control-allow-origin']], [status, friend], url)
  }
})

test('no cookie is read from another page, or given to it', async (t) => {
  const { app } = await opened(t)
  const { authorization } = await bearer(ours)
  const headers = { origin: friend, cookie: `__Host-nexus=${authorization.slice(7)}` }
  assert.equal((await app.inject({ url: '/graphql/stream', headers })).statusCode, 401)
  const login = {
    method: 'POST',
    url: '/api/v1/auth/session',
    payload: { email: 'a@b.example', password: 'right' },
  } as const
  assert.ok((await app.inject(login)).headers['set-cookie'])
  const { statusCode, headers: told } = await app.inject({ ...login, headers })
  assert.deepEqual([statusCode, told['set-cookie']], [200, undefined])
})

test('nobody is asked about who has no origin, or comes from this very host', async (t) => {
  const { app, asked } = await opened(t)
  const own = { host: 'nexus.example', origin: 'http://nexus.example' }
  for (const headers of [await bearer(ours), { ...own, ...(await bearer(ours)) }]) {
    const answer = await app.inject({ method: 'POST', url: '/graphql', headers, payload: read })
    assert.equal(answer.statusCode, 200)
    assert.deepEqual(corsIn(answer.headers), [])
    assert.equal(answer.headers.vary, undefined)
  }
  assert.deepEqual(asked, [])
})

test('a page opens a socket for who belongs to an organization that allows it', async (t) => {
  const { app } = await opened(t)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  assert.equal(await upgrade(url, { origin: 'https://evil.example' }), 403)
  assert.equal(await upgrade(url, { origin: friend }), 101)
  assert.equal(await upgrade(url, { origin: friend, ...(await bearer(theirs)) }), 403)
  const socket = await openSocket(url, await bearer(ours), { origin: friend })
  assert.deepEqual(await socket.ask(read.query), [{ data: { assetStats: { total: 3 } } }])
  socket.close()
  assert.equal(await (await openSocket(url, await bearer(theirs), { origin: friend })).closed, 4403)
  const { authorization } = await bearer(ours)
  const cookie = `__Host-nexus=${authorization.slice(7)}`
  assert.equal(await (await openSocket(url, undefined, { origin: friend, cookie })).closed, 4401)
})
