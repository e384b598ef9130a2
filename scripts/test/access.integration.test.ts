/** Grants over some assets: what they allow, of which objects, for how long, and who may make them. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { idOfName } from '#kit/id.ts'
import { type Answer, openTestHouse, password, type TestHouse, type Visitor } from '../test-house.ts'
import { openSocket } from './listeners.ts'
import { type Owner, openOwner } from './owner.ts'
import { until } from './processes.ts'

let house: TestHouse
let owner: Owner
let admin: Visitor
let manager: Visitor
let viewer: Visitor
let stranger: Visitor
let viewerId: string

const asset = (name: string, of = 'acme') => idOfName(of, 'asset', name)
const alert = (title: string) => idOfName('acme', 'alert', title)
const onWeb = alert('Shell spawned by the web server')
const onWebToo = alert('Port scan from the internet')
const onShop = alert('Sign-in from a country never seen before')

const meOf = async (visitor: Visitor) => (await visitor.rest('GET', '/auth/me')).body.data
const refusal = ({ status, body }: Answer) => [status, body.error?.code]
const acknowledge = (visitor: Visitor, id: string) => visitor.rest('POST', `/alerts/${id}/acknowledge`)
const byGraph = async (visitor: Visitor, id: string) => {
  const { body } = await visitor.graphql(
    'mutation ($input: AcknowledgeAlertInput!) { acknowledgeAlert(input: $input) { alert { id } } }',
    { input: { id } },
  )
  return body.errors?.[0].extensions.code ?? 'done'
}
const grant = (by: Visitor, body: object) => by.rest('POST', '/grants', { role: 'analyst', ...body })
const granted = async (body: object, by = admin): Promise<string> => {
  const answer = await grant(by, body)
  assert.equal(answer.status, 201, answer.text)
  return answer.body.data.id
}
const tags = (visitor: Visitor, name: string, ...of: string[]) =>
  visitor.rest('PUT', `/assets/${asset(name)}/tags`, { tags: of })
/** The door has looked again: what was granted is known to be there. */
const soonMs = 5_000
const mayWithin = (visitor: Visitor, id: string) =>
  until('the grant counts', soonMs, async () => (await byGraph(visitor, id)) !== 'FORBIDDEN')
// A second, which kit/test/permits.test.ts measures by a clock of its own; here the machine may be busy.
const mayNotWithin = (visitor: Visitor, id: string) =>
  until('the grant is over', soonMs, async () => (await byGraph(visitor, id)) === 'FORBIDDEN')

before(async () => {
  house = await openTestHouse()
  owner = await openOwner(house)
  admin = await house.as('admin@acme.example')
  manager = await house.as('manager@acme.example')
  viewer = await house.as('viewer@acme.example')
  stranger = await house.as('admin@globex.example')
  viewerId = (await meOf(viewer)).id
})
after(() => house?.close())
beforeEach(async () => {
  await owner.query(
    `update alerts.alerts set status = 'open', assignee_id = null where status = 'acknowledged'`,
  )
  await owner.query('update identity.grants set revoked_at = coalesce(revoked_at, now())')
  assert.equal((await tags(admin, 'web-01', 'team:payments')).status, 200)
  assert.equal((await tags(admin, 'shop-api', 'team:shop')).status, 200)
})

test('a grant on a tag allows with exactly those assets, by every door', async () => {
  assert.deepEqual(refusal(await acknowledge(viewer, onWeb)), [403, 'FORBIDDEN'])
  await granted({ user_id: viewerId, tag: ' Team : Payments ' })
  await until('the grant counts', soonMs, async () => (await acknowledge(viewer, onWeb)).status === 200)
  const refused = await acknowledge(viewer, onShop)
  assert.deepEqual(refusal(refused), [403, 'FORBIDDEN'])
  assert.equal(refused.body.error.message, 'This needs the permission alerts:write')
  assert.equal(await byGraph(viewer, onWebToo), 'done')
  assert.equal(await byGraph(viewer, onShop), 'FORBIDDEN')
  assert.equal(await byGraph(viewer, crypto.randomUUID()), 'NOT_FOUND')
  const rows = await owner.query('select id from alerts.alerts where id = any($1) and status = $2', [
    [onWeb, onWebToo, onShop],
    'acknowledged',
  ])
  assert.equal(rows.rowCount, 2)
})

test('what one grant gives does not count for what another selects', async () => {
  await granted({ user_id: viewerId, tag: 'team:payments' })
  await granted({ user_id: viewerId, tag: 'team:shop', role: 'viewer' })
  await mayWithin(viewer, onWeb)
  assert.equal(await byGraph(viewer, onShop), 'FORBIDDEN')
})

test('teams do not mix either: each gives its own role over its own assets', async () => {
  for (const [name, role, tag] of [
    ['Payments', 'analyst', 'team:payments'],
    ['Shop', 'viewer', 'team:shop'],
  ] as const) {
    const team = (await admin.rest('POST', '/teams', { name })).body.data.id
    await granted({ team_id: team, tag, role })
    assert.equal((await admin.rest('POST', `/teams/${team}/members`, { user_id: viewerId })).status, 200)
  }
  await mayWithin(viewer, onWeb)
  assert.equal(await byGraph(viewer, onShop), 'FORBIDDEN')
})

test('a group selects too, and an object without an asset is covered by none', async () => {
  const made = await manager.rest('POST', '/asset-groups', { name: 'Shop' })
  assert.equal(made.status, 201)
  const { id } = made.body.data
  const put = (...ids: string[]) => manager.rest('PUT', `/asset-groups/${id}/members`, { asset_ids: ids })
  assert.equal((await put(asset('shop-api'), asset('shop'))).body.data.asset_count, 2)
  assert.deepEqual(refusal(await put(asset('web-01', 'globex'))), [404, 'NOT_FOUND'])
  assert.deepEqual(refusal(await manager.rest('POST', '/asset-groups', { name: 'shop' })), [409, 'CONFLICT'])
  await granted({ user_id: viewerId, asset_group_id: id })
  await mayWithin(viewer, onShop)
  assert.equal(await byGraph(viewer, onWeb), 'FORBIDDEN')
  await owner.query('update alerts.alerts set asset_id = null, status = $2 where id = $1', [onShop, 'open'])
  assert.equal(await byGraph(viewer, onShop), 'FORBIDDEN')
  assert.equal(await byGraph(manager, onShop), 'done')
  const back = [onShop, asset('shop-api')]
  await owner.query(`update alerts.alerts set asset_id = $2, status = 'open' where id = $1`, back)
  assert.equal((await put(asset('shop'))).body.data.asset_count, 1)
  assert.equal(await byGraph(viewer, onShop), 'FORBIDDEN', 'what leaves the group is not covered at once')
})

test('revoking, leaving the team, and the end of its time each count soon', async () => {
  const id = await granted({ user_id: viewerId, tag: 'team:payments' })
  await mayWithin(viewer, onWeb)
  const revoked = await admin.rest('DELETE', `/grants/${id}`)
  assert.ok(revoked.body.data.revoked_at)
  assert.deepEqual(revoked.body.data.permissions, [])
  await mayNotWithin(viewer, onWeb)
  assert.equal((await admin.rest('DELETE', `/grants/${id}`)).status, 200, 'once more changes nothing')

  const team = (await admin.rest('POST', '/teams', { name: 'On call' })).body.data.id
  const path = `/teams/${team}/members`
  await granted({ team_id: team, tag: 'team:payments' })
  await admin.rest('POST', path, { user_id: viewerId })
  await mayWithin(viewer, onWeb)
  assert.equal((await admin.rest('DELETE', `${path}/${viewerId}`)).status, 200)
  await mayNotWithin(viewer, onWeb)
  await admin.rest('POST', path, { user_id: viewerId })
  await mayWithin(viewer, onWeb)
  assert.ok((await admin.rest('DELETE', `/teams/${team}`)).body.data.disabled_at)
  await mayNotWithin(viewer, onWeb)

  const expires_at = new Date(Date.now() + 3_600_000).toISOString()
  const short = await granted({ user_id: viewerId, tag: 'team:payments', expires_at })
  await mayWithin(viewer, onWeb)
  await owner.query(`update identity.grants set expires_at = now() where id = $1`, [short])
  await mayNotWithin(viewer, onWeb)
})

test('a socket that was open before knows of it: what was lost is refused, what was gained asks to connect again', async () => {
  const id = await granted({ user_id: viewerId, tag: 'team:payments' })
  await mayWithin(viewer, onWeb)
  await owner.query(`update alerts.alerts set status = 'open' where id = $1`, [onWeb])
  const socket = await openSocket(house.url, { authorization: `Bearer ${viewer.token}` })
  await admin.rest('DELETE', `/grants/${id}`)
  assert.equal(await socket.closed, 4403)
  await mayNotWithin(viewer, onWeb)
  const again = await openSocket(house.url, { authorization: `Bearer ${viewer.token}` })
  await granted({ user_id: viewerId, tag: 'team:payments' })
  assert.equal(await again.closed, 4403)
})

test('a grant is worth no more than who made it may, now', async () => {
  const second = { email: 'second@acme.example', name: 'Second', role: 'manager', password }
  const { id } = (await admin.rest('POST', '/users', second)).body.data
  const grantor = await house.as(second.email)
  const made = await granted({ user_id: viewerId, tag: 'team:payments' }, grantor)
  await mayWithin(viewer, onWeb)
  const worth = async () => (await admin.rest('GET', `/grants/${made}`)).body.data.permissions as string[]
  assert.ok((await worth()).includes('alerts:write'))
  await admin.rest('PUT', `/users/${id}`, { role: 'viewer' })
  await mayNotWithin(viewer, onWeb)
  assert.ok(!(await worth()).includes('alerts:write'))
  await admin.rest('PUT', `/users/${id}`, { role: 'manager' })
  await mayWithin(viewer, onWeb)
  await admin.rest('DELETE', `/users/${id}`)
  await mayNotWithin(viewer, onWeb)
  assert.deepEqual(await worth(), [])
})

test('nobody grants, joins others to, or tags what they do not hold', async () => {
  for (const email of ['analyst@acme.example', 'viewer@acme.example']) {
    const visitor = await house.as(email)
    for (const [method, path, body] of [
      ['POST', '/grants', { user_id: viewerId, role: 'viewer', tag: 'a:b' }],
      ['POST', '/teams', { name: 'Mine' }],
      ['PUT', `/assets/${asset('web-01')}/tags`, { tags: [] }],
      ['POST', '/asset-groups', { name: 'Mine' }],
    ] as const)
      assert.deepEqual(refusal(await visitor.rest(method, path, body)), [403, 'FORBIDDEN'], path)
  }
  const team = (await admin.rest('POST', '/teams', { name: 'Granted' })).body.data.id
  const id = await granted({ team_id: team, tag: 'team:payments' })
  const scopes = ['users:read', 'users:write', 'assets:read', 'assets:write', 'alerts:read']
  const { key } = (await manager.rest('POST', '/api-keys', { name: 'Half', scopes })).body.data
  const half = house.visitor(key)
  for (const [method, path, body] of [
    ['POST', '/grants', { user_id: viewerId, role: 'analyst', tag: 'a:b' }],
    ['DELETE', `/grants/${id}`],
    ['POST', `/teams/${team}/members`, { user_id: viewerId }],
    ['DELETE', `/teams/${team}`],
    ['PUT', `/assets/${asset('shop-api')}/tags`, { tags: ['team:shop', 'team:payments'] }],
    ['PUT', `/assets/${asset('web-01')}/tags`, { tags: [] }],
  ] as const)
    assert.deepEqual(refusal(await half.rest(method, path, body)), [403, 'FORBIDDEN'], path)
  const free = await half.rest('PUT', `/assets/${asset('shop-api')}/tags`, { tags: ['team:shop', 'tier:1'] })
  assert.deepEqual(free.body.data.tags, ['team:shop', 'tier:1'])
  assert.deepEqual(refusal(await grant(manager, { user_id: viewerId, tag: 'a:b', role: 'admin' })), [
    400,
    'VALIDATION_ERROR',
  ])
  assert.equal((await grant(manager, { user_id: viewerId, tag: 'a:b', role: 'manager' })).status, 201)
})

test('a key has none of its maker’s grants', async () => {
  const lesser = { email: 'lesser@acme.example', name: 'Lesser', role: 'manager', password }
  const { id } = (await admin.rest('POST', '/users', lesser)).body.data
  const scopes = ['alerts:read', 'alerts:write']
  const maker = await house.as(lesser.email)
  const { key } = (await maker.rest('POST', '/api-keys', { name: 'Key', scopes })).body.data
  await granted({ user_id: id, tag: 'team:payments' })
  await admin.rest('PUT', `/users/${id}`, { role: 'viewer' })
  await mayNotWithin(house.visitor(key), onWeb)
  assert.notEqual(await byGraph(maker, onWeb), 'FORBIDDEN', 'and they have them')
})

test('what is wrong with a grant is said', async () => {
  const soon = new Date(Date.now() + 60_000).toISOString()
  for (const [wrong, expected] of [
    [{ tag: 'a:b' }, 400],
    [{ user_id: viewerId }, 400],
    [{ user_id: viewerId, team_id: viewerId, tag: 'a:b' }, 400],
    [{ user_id: viewerId, tag: 'a:b', asset_group_id: viewerId }, 400],
    [{ user_id: viewerId, tag: 'no tag' }, 400],
    [{ user_id: viewerId, tag: 'a:b', expires_at: new Date().toISOString() }, 400],
    [{ user_id: viewerId, tag: 'a:b', expires_at: soon, granted_by: viewerId }, 400],
    [{ user_id: crypto.randomUUID(), tag: 'a:b' }, 404],
    [{ team_id: 'x', tag: 'a:b' }, 404],
    [{ user_id: viewerId, asset_group_id: crypto.randomUUID() }, 404],
  ] as const)
    assert.equal((await grant(admin, wrong)).status, expected, JSON.stringify(wrong))
})

test('another organization’s grants, groups and assets are none', async () => {
  const theirs = (await stranger.rest('POST', '/asset-groups', { name: 'Theirs' })).body.data.id
  const strangerId = (await meOf(stranger)).id
  const foreign = await granted({ user_id: strangerId, tag: 'team:payments' }, stranger)
  const none = crypto.randomUUID()
  const asks: [string, (id: string) => Promise<Answer>][] = [
    [foreign, (id) => admin.rest('GET', `/grants/${id}`)],
    [foreign, (id) => admin.rest('DELETE', `/grants/${id}`)],
    [theirs, (id) => admin.rest('GET', `/asset-groups/${id}`)],
    [theirs, (id) => admin.rest('PUT', `/asset-groups/${id}/members`, { asset_ids: [] })],
    [theirs, (id) => grant(admin, { user_id: viewerId, asset_group_id: id })],
    [strangerId, (id) => grant(admin, { user_id: id, tag: 'a:b' })],
    [asset('web-01', 'globex'), (id) => admin.rest('PUT', `/assets/${id}/tags`, { tags: [] })],
  ]
  for (const [id, ask] of asks) {
    const [one, other, strange] = await Promise.all([ask(id), ask(none), ask('x')])
    assert.deepEqual(refusal(one!), [404, 'NOT_FOUND'])
    assert.deepEqual(one!.body.error, other!.body.error)
    assert.deepEqual(one!.body.error, strange!.body.error)
  }
  const { text } = await admin.rest('GET', '/grants?limit=100')
  assert.ok(!text.includes(foreign))
  assert.equal(
    (await admin.rest('GET', `/grants?tag=team:payments&user_id=${strangerId}`)).body.data.items.length,
    0,
  )
})

test('no client asks what only subgraphs may', async () => {
  for (const field of [
    'heldGrants { tag }',
    'coveredAssets(assetIds: [], tags: [], assetGroupIds: [])',
    'memberStanding { role }',
  ])
    assert.equal(
      (await admin.graphql(`{ ${field} }`)).body.errors[0].extensions.code,
      'GRAPHQL_VALIDATION_FAILED',
    )
})
