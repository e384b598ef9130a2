/** Keys for programs: what they open, for how long, from where, and never more than their maker may do. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answer, openTestHouse, password, type TestHouse, type Visitor } from '../test-house.ts'
import { listen, openSocket, subscription } from './listeners.ts'
import { type Owner, openOwner } from './owner.ts'
import { until } from './processes.ts'

let house: TestHouse
let owner: Owner
let admin: Visitor
let stranger: Visitor

before(async () => {
  // The proxy of these tests is the tests themselves.
  house = await openTestHouse({ NEXUS_TRUSTED_PROXIES: '127.0.0.1' })
  owner = await openOwner(house)
  admin = await house.as('admin@acme.example')
  stranger = await house.as('admin@globex.example')
})
after(() => house?.close())

const make = (visitor: Visitor, body: object = {}) =>
  visitor.rest('POST', '/api-keys', { name: 'Partner', scopes: ['assets:read', 'alerts:read'], ...body })
const made = async (visitor: Visitor, body?: object) => {
  const { status, body: answer } = await make(visitor, body)
  assert.equal(status, 201, JSON.stringify(answer))
  return { ...answer.data, visitor: house.visitor(answer.data.key) } as Record<string, string> & {
    visitor: Visitor
  }
}
const refusal = ({ status, body }: Answer) => [status, body.error?.code]
const assets = (visitor: Visitor, headers?: Record<string, string>) =>
  visitor.rest('GET', '/assets', undefined, headers)

test('a key is shown once, and opens every door to what it may do, for its organization alone', async () => {
  const { key, hint, tier, expires_at, visitor } = await made(admin)
  assert.match(key!, /^nxs_[\w-]{43}$/)
  assert.equal(hint, key!.slice(0, 8))
  assert.equal(tier, 'standard')
  const days = (Date.parse(expires_at!) - Date.now()) / 86_400_000
  assert.ok(days > 89.9 && days <= 90.1)
  const { body } = await assets(visitor)
  assert.equal(body.data.pagination.total, 5)
  assert.equal((await assets(house.anonymous, { 'x-api-key': key! })).body.data.pagination.total, 5)
  const graph = await visitor.graphql('{ assets { totalCount { count } } alerts { totalCount { count } } }')
  assert.equal(graph.body.data.alerts.totalCount.count, 5)
  const query = 'subscription { alertChanged { alert { id } } }'
  const socket = await subscription(house.url, key!, query)
  const stream = await listen(house.url, key!, query)
  socket.close()
  stream.close()
  const { body: refused } = await visitor.graphql('{ vulnerabilities { edges { cursor } } }')
  assert.equal(refused.errors[0].extensions.code, 'FORBIDDEN')
  assert.deepEqual(refusal(await visitor.rest('POST', '/integrations/imports', '{}')), [403, 'FORBIDDEN'])
  const tenant = (await stranger.rest('GET', '/auth/me')).body.data.organization.id
  assert.deepEqual(refusal(await assets(visitor, { 'x-tenant-id': tenant })), [403, 'FORBIDDEN'])
})

test('no list, no row and no log tells a key again', async () => {
  const { key, id } = await made(admin)
  for (const path of ['/api-keys', `/api-keys/${id}`]) {
    const { text, status } = await admin.rest('GET', path)
    assert.equal(status, 200)
    assert.ok(!text.includes(key!) && !text.includes('hash'))
  }
  const { rows } = await owner.query('select k::text from identity.api_keys k')
  assert.ok(!JSON.stringify(rows).includes(key!))
})

test('what is no key is refused alike, at every door', async () => {
  const { key } = await made(admin)
  const wrong = [
    `${key!.slice(0, -1)}${key!.endsWith('A') ? 'B' : 'A'}`,
    `nxs_${'A'.repeat(43)}`,
    'nxs_',
    `${key}A`,
  ]
  for (const text of [...wrong, key!.slice(4), key!.toUpperCase()]) {
    assert.deepEqual(refusal(await assets(house.visitor(text))), [401, 'UNAUTHENTICATED'], text)
    assert.deepEqual(
      refusal(await assets(house.anonymous, { 'x-api-key': text })),
      [401, 'UNAUTHENTICATED'],
      text,
    )
  }
  const { token } = admin
  assert.deepEqual(refusal(await assets(house.anonymous, { 'x-api-key': token! })), [401, 'UNAUTHENTICATED'])
  const socket = await openSocket(house.url, { authorization: `Bearer ${wrong[0]}` })
  assert.equal(await socket.closed, 4403)
  const { rows } = await owner.query("select encode(hash, 'hex') as hash from identity.api_keys limit 1")
  assert.equal((await assets(house.visitor(rows[0].hash))).status, 401)
})

test('a revoked key is refused within a second, and its socket within five', async () => {
  const { key, id, visitor } = await made(admin)
  assert.equal((await assets(visitor)).status, 200)
  const socket = await openSocket(house.url, { authorization: `Bearer ${key}` })
  const { body } = await admin.rest('DELETE', `/api-keys/${id}`)
  assert.ok(Date.parse(body.data.revoked_at) > 0)
  await until('it is refused', 1_200, async () => (await assets(visitor)).status === 401)
  assert.equal(await socket.closed, 4403)
  const again = await admin.rest('DELETE', `/api-keys/${id}`)
  assert.deepEqual([again.status, again.body.data], [200, body.data])
})

test('a key ends with its day, which comes within a year', async () => {
  for (const expires_in_days of [0, -1, 366, 1.5, '90', null])
    assert.deepEqual(refusal(await make(admin, { expires_in_days })), [400, 'VALIDATION_ERROR'])
  const { id, visitor } = await made(admin, { expires_in_days: 365 })
  assert.equal((await assets(visitor)).status, 200)
  await owner.query("update identity.api_keys set expires_at = now() - interval '1 s' where id = $1", [id])
  await until('it has ended', 1_200, async () => (await assets(visitor)).status === 401)
})

test('a key is used from its networks alone, whatever a header that nobody vouches for says', async () => {
  const { key, allowed_ips, visitor } = await made(admin, {
    allowed_ips: ['192.0.2.77/24', '2001:db8::/32', '127.0.0.1'],
  })
  assert.deepEqual(allowed_ips, ['192.0.2.0/24', '2001:db8::/32', '127.0.0.1/32'])
  const from = (ip: string) => assets(visitor, { 'x-forwarded-for': ip })
  for (const ip of ['192.0.2.1', '2001:db8::5', '::ffff:192.0.2.9', '127.0.0.1'])
    assert.equal((await from(ip)).status, 200, ip)
  for (const ip of ['192.0.3.1', '2001:db9::5', '10.0.0.1', 'nonsense', '192.0.2.1, 10.0.0.1'])
    assert.deepEqual(refusal(await from(ip)), [403, 'FORBIDDEN'], ip)
  const socket = await openSocket(
    house.url,
    { authorization: `Bearer ${key}` },
    { 'x-forwarded-for': '10.0.0.1' },
  )
  assert.equal(await socket.closed, 4403)
  for (const allowed_ips of [['x'], ['127.1'], ['010.0.0.1'], ['192.0.2.0/33'], ['192.0.2.0/24', '']])
    assert.deepEqual(
      refusal(await make(admin, { allowed_ips })),
      [400, 'VALIDATION_ERROR'],
      String(allowed_ips),
    )
  assert.deepEqual(refusal(await make(admin, { allowed_ips: Array(51).fill('192.0.2.1') })), [
    400,
    'VALIDATION_ERROR',
  ])
})

test('a key does no more than who made it, then and later', async () => {
  for (const scopes of [[], ['root'], ['__proto__'], ['assets:read', ''], 'assets:read'])
    assert.deepEqual(refusal(await make(admin, { scopes })), [400, 'VALIDATION_ERROR'])
  for (const who of ['analyst', 'viewer'])
    assert.deepEqual(refusal(await make(await house.as(`${who}@acme.example`))), [403, 'FORBIDDEN'])

  const email = 'second@acme.example'
  const user = (await admin.rest('POST', '/users', { email, name: 'Second', role: 'admin', password })).body
    .data
  const second = await house.as(email)
  const { visitor } = await made(second, { scopes: ['alerts:read', 'assets:read', 'users:write'] })
  assert.equal((await assets(visitor)).status, 200)
  const write = () => visitor.rest('PUT', `/users/${crypto.randomUUID()}`, {})
  assert.deepEqual(refusal(await write()), [404, 'NOT_FOUND'])
  await admin.rest('PUT', `/users/${user.id}`, { role: 'analyst' })
  await until('what its maker lost is lost', 1_200, async () => (await write()).status === 403)
  assert.equal((await assets(visitor)).status, 200, 'and the rest is not')
  await admin.rest('DELETE', `/users/${user.id}`)
  await until('it ends with its maker', 1_200, async () => (await assets(visitor)).status === 401)
})

test('a key governs only those who may do less, makes no keys, and has no sessions', async () => {
  const { visitor } = await made(admin, {
    scopes: [
      'users:read',
      'users:write',
      'apikeys:read',
      'apikeys:write',
      'organization:read',
      'organization:write',
    ],
  })
  const { items } = (await visitor.rest('GET', '/users')).body.data
  for (const { id, role } of items)
    if (role !== 'api')
      assert.deepEqual(refusal(await visitor.rest('PUT', `/users/${id}`, { name: 'x' })), [403, 'FORBIDDEN'])
  assert.deepEqual(refusal(await make(visitor, { scopes: ['users:read'] })), [403, 'FORBIDDEN'])
  assert.deepEqual(refusal(await visitor.rest('GET', '/auth/sessions')), [403, 'FORBIDDEN'])
  const { body } = await visitor.graphql('mutation { revokeOtherSessions { sessions { id } } }')
  assert.equal(body.errors[0].extensions.code, 'FORBIDDEN')
  const [session] = (await admin.rest('GET', '/auth/sessions')).body.data.items
  assert.deepEqual(refusal(await visitor.rest('DELETE', `/auth/sessions/${session.id}`)), [403, 'FORBIDDEN'])
  assert.equal((await visitor.rest('POST', '/auth/logout')).status, 200)
  assert.equal((await admin.rest('GET', '/auth/me')).status, 200, 'its maker is still there')
  const full = await made(admin, { scopes: await scopesOf(admin) })
  const other = items.find(({ role }: { role: string }) => role === 'viewer')
  assert.equal((await full.visitor.rest('PUT', `/users/${other.id}`, { name: 'By a key' })).status, 200)
})

/** All that an admin may do, as the words of a token. */
const scopesOf = async ({ token }: Visitor) =>
  JSON.parse(Buffer.from(token!.split('.')[1]!, 'base64url').toString()).scope.split(' ') as string[]

test('a manager has keys of their own, and knows of no others', async () => {
  const manager = await house.as('manager@acme.example')
  const own = await made(manager, { name: 'Of a manager', scopes: ['assets:read', 'vulnerabilities:import'] })
  assert.equal((await assets(own.visitor)).status, 200)
  for (const scope of ['apikeys:manage', 'organization:write', 'audit:read'])
    assert.deepEqual(refusal(await make(manager, { scopes: [scope] })), [403, 'FORBIDDEN'], scope)
  const { id } = await made(admin)
  const { items } = (await manager.rest('GET', '/api-keys?limit=100')).body.data
  assert.deepEqual(
    items.map((each: { id: string }) => each.id),
    [own.id],
  )
  const none = crypto.randomUUID()
  for (const method of ['GET', 'DELETE']) {
    const [one, other] = [id, none].map((each) => manager.rest(method, `/api-keys/${each}`))
    assert.deepEqual(refusal(await one!), [404, 'NOT_FOUND'])
    assert.deepEqual((await one!).body.error, (await other!).body.error)
  }
  assert.equal((await manager.rest('GET', `/api-keys/${own.id}`)).status, 200)
  assert.ok((await admin.rest('GET', '/api-keys?limit=100')).text.includes(own.id!))
  assert.ok((await manager.rest('DELETE', `/api-keys/${own.id}`)).body.data.revoked_at)
})

test('another organization’s key is none', async () => {
  const theirs = await made(stranger)
  const none = crypto.randomUUID()
  for (const method of ['GET', 'DELETE']) {
    const [one, other] = [theirs.id, none].map((id) => admin.rest(method, `/api-keys/${id}`))
    assert.deepEqual(refusal(await one!), [404, 'NOT_FOUND'])
    assert.deepEqual((await one!).body.error, (await other!).body.error)
  }
  const { text } = await admin.rest('GET', '/api-keys?limit=100')
  assert.ok(!text.includes(theirs.id!))
  assert.equal((await assets(theirs.visitor)).status, 200, 'it is as it was')
})

test('when a key was last used is known within a minute, and costs no write a request', async () => {
  const { id, visitor } = await made(admin)
  const used = async () => (await admin.rest('GET', `/api-keys/${id}`)).body.data.last_used_at
  assert.equal(await used(), null)
  await assets(visitor)
  const first = await used()
  assert.ok(Date.now() - Date.parse(first) < 10_000)
  const seen = await house.statements(async () => {
    for (let index = 0; index < 20; index++) await assets(visitor)
  })
  assert.ok(seen.filter(({ schema }) => schema === 'identity').length <= 6)
  assert.equal(await used(), first)
})
