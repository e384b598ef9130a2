/** Pages of other hosts, as each organization allows them, and keys that are counted at every door. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { listen, upgrade } from './listeners.ts'

const friend = 'https://dashboards.example'
const local = 'http://localhost:5173'

let house: TestHouse
let admin: Visitor
let stranger: Visitor
let organization: string

before(async () => {
  house = await openTestHouse()
  admin = await house.as('admin@acme.example')
  stranger = await house.as('admin@globex.example')
  organization = (await admin.rest('GET', '/auth/me')).body.data.organization.id
})
after(() => house?.close())

const allow = (visitor: Visitor, origins: unknown) =>
  visitor.rest('PUT', `/organizations/${organization}`, { settings: { allowed_origins: origins } })
const allowedFor = async ({ token }: { token: string | null }, origin: string, path = '/api/v1/assets') => {
  const authorization = token ? { authorization: `Bearer ${token}` } : {}
  const { headers } = await fetch(`${house.url}${path}`, { headers: { origin, ...authorization } })
  return headers.get('access-control-allow-origin')
}
const preflight = async (origin: string, path = '/graphql') => {
  const headers = { origin, 'access-control-request-method': 'POST' }
  const { status, headers: told } = await fetch(`${house.url}${path}`, { method: 'OPTIONS', headers })
  return [status, told.get('access-control-allow-origin')]
}

test('origins are written as browsers write them, and no pattern or plain HTTP is one', async () => {
  const long = `https://${'a'.repeat(250)}.example`
  for (const wrong of [
    ...[
      '*',
      'null',
      'https://*.example',
      'https://a.example/',
      'https://a.example/path',
      'https://A.example',
    ],
    ...['http://a.example', 'http://127.0.0.1:5173', 'https://a.example:443', 'https://u:p@a.example'],
    ...['a.example', 'file:///etc', 'https://ä.example', 'javascript:alert(1)', ' https://a.example', long],
  ]) {
    const { status, body } = await allow(admin, [wrong])
    assert.deepEqual([status, body.error?.code], [400, 'VALIDATION_ERROR'], wrong)
    assert.equal(body.error.details[0].field, 'settings.allowedOrigins.0', wrong)
  }
  const many = Array.from({ length: 21 }, (_, index) => `https://a${index}.example`)
  assert.equal((await allow(admin, many)).status, 400)
  const { status, body } = await allow(admin, many.slice(1))
  assert.deepEqual([status, body.data.settings.allowed_origins], [200, many.slice(1)])
  const manager = await house.as('manager@acme.example')
  assert.equal((await allow(manager, [friend])).status, 403)
  assert.equal((await allow(stranger, [friend])).status, 404)
})

test('pages may read what is answered to members and keys of the organization that allows them', async () => {
  const { body } = await allow(admin, [friend, local, friend])
  assert.deepEqual(body.data.settings.allowed_origins, [friend, local])
  const { settings } = (await admin.rest('GET', `/organizations/${organization}`)).body.data
  assert.deepEqual(settings.allowed_origins, [friend, local])
  const { data } = (await admin.rest('POST', '/api-keys', { name: 'Page', scopes: ['assets:read'] })).body
  const key = { token: data.key as string }
  for (const origin of [friend, local])
    for (const [who, told] of [
      [admin, origin],
      [key, origin],
      [stranger, null],
      [house.anonymous, origin],
      [{ token: 'nonsense' }, origin],
    ] as const)
      assert.equal(await allowedFor(who, origin), told)
  for (const origin of ['https://evil.example', 'null', `${friend}:8443`, 'http://localhost']) {
    for (const who of [admin, key, stranger, house.anonymous])
      assert.equal(await allowedFor(who, origin), null, origin)
    assert.deepEqual(await preflight(origin), [404, null], origin)
  }
  for (const path of ['/graphql', '/graphql/stream', '/api/v1/assets', '/api/v1/auth/login'])
    assert.deepEqual(await preflight(friend, path), [204, friend], path)
  for (const path of ['/scim/v2/Users', '/health/live', '/.well-known/jwks.json'])
    assert.equal((await preflight(friend, path))[1], null, path)
  assert.equal(await allowedFor(admin, friend, '/scim/v2/Users'), null)
  const bearer = ({ token }: Visitor) => ({ origin: friend, authorization: `Bearer ${token}` })
  assert.equal(await upgrade(house.url, bearer(admin)), 101)
  assert.equal(await upgrade(house.url, bearer(stranger)), 403)
})

test('a page changes what it may read, by a token and never by a cookie', async () => {
  const login = (origin: string, path: string) =>
    house.anonymous.rest('POST', path, { email: 'viewer@acme.example', password: 'wrong' }, { origin })
  assert.equal((await login(friend, '/auth/login')).status, 401)
  assert.equal((await login('https://evil.example', '/auth/login')).status, 403)
  const body = { settings: { session_idle_minutes: 61 } }
  const change = (visitor: Visitor, headers: Record<string, string>) =>
    visitor.rest('PUT', `/organizations/${organization}`, body, headers)
  assert.equal((await change(admin, { origin: friend })).status, 200)
  assert.equal((await change(admin, { origin: 'https://evil.example' })).status, 403)
  assert.equal((await change(stranger, { origin: friend })).status, 403)
  const cookie = `__Host-nexus=${admin.token}`
  assert.equal((await change(house.anonymous, { origin: friend, cookie })).status, 401)
})

test('one key is counted once over the graph, REST, SCIM and streams; people are not', async () => {
  const scopes = ['assets:read', 'alerts:read']
  const { body } = await admin.rest('POST', '/api-keys', { name: 'Counted', scopes })
  const token = body.data.key as string
  const visitor = house.visitor(token)
  const left = (headers: Headers) => {
    assert.equal(headers.get('ratelimit-policy'), '"default";q=1000;w=60, "burst";q=100;w=1')
    return Number(/^"default";r=(\d+);t=\d+$/.exec(headers.get('ratelimit') ?? '')?.[1])
  }
  const scim = () =>
    fetch(`${house.url}/scim/v2/ServiceProviderConfig`, { headers: { authorization: `Bearer ${token}` } })
  const seen = [
    left((await visitor.graphql('{ __typename }')).headers),
    left((await visitor.rest('GET', '/assets/stats')).headers),
    left((await scim()).headers),
  ]
  assert.deepEqual(seen, [999, 998, 997])
  const stream = await listen(house.url, token, 'subscription { alertChanged { alert { id } } }')
  stream.close()
  assert.ok(left((await visitor.graphql('{ __typename }')).headers) <= 995)
  assert.equal((await admin.rest('GET', '/assets/stats')).headers.get('ratelimit'), null)
})
