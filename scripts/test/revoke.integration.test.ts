/** What an admin, or somebody themselves, takes away is gone: within a second by HTTP, within five where it is open. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import { idOfName } from '#kit/id.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { listen, openSocket, subscription } from './listeners.ts'
import { type Owner, openOwner } from './owner.ts'
import { until } from './processes.ts'

let house: TestHouse
let owner: Owner

before(async () => {
  house = await openTestHouse()
  owner = await openOwner(house)
})
after(() => house?.close())

const query = 'subscription { alertChanged { alert { title } } }'
const sessionOf = ({ token }: Visitor) => decodeJwt(token!).sid as string
const revoke = (visitor: Visitor, id: string) =>
  visitor.graphql(
    'mutation ($input: RevokeSessionInput!) { revokeSession(input: $input) { session { id endedAt } } }',
    { input: { id } },
  )
const codeOf = ({ body }: Awaited<ReturnType<Visitor['graphql']>>) => body.errors?.[0]?.extensions.code
const status = async (visitor: Visitor) => (await visitor.rest('GET', '/assets/stats')).status
const goneWithin = (ms: number, visitor: Visitor) =>
  until('the session is refused', ms, async () => (await status(visitor)) === 401)

test('one’s sessions are listed with where they were used, and the asking one is named', async () => {
  const first = await house.as('analyst@globex.example')
  const agent = { 'user-agent': 'Nexus test/1.0' }
  const { body } = await house.anonymous.rest(
    'POST',
    '/auth/login',
    { email: 'analyst@globex.example', password: 'correct-horse-battery' },
    agent,
  )
  const second = house.visitor(body.data.accessToken)
  const listed = (await second.rest('GET', '/auth/sessions')).body.data.items
  assert.deepEqual(
    listed.map((each: Record<string, unknown>) => [each.id, each.current, each.ip]),
    [
      [sessionOf(second), true, '127.0.0.1'],
      [sessionOf(first), false, '127.0.0.1'],
    ],
  )
  assert.equal(listed[0].user_agent, 'Nexus test/1.0')
  for (const time of ['created_at', 'last_used_at'])
    assert.ok(Date.now() - Date.parse(listed[0][time]) < 10_000, time)
  await second.graphql('mutation { revokeOtherSessions { sessions { id } } }')
  await goneWithin(1_500, first)
  assert.equal(await status(second), 200)
})

test('a revoked session is refused within a second by HTTP, and its socket and stream end within five', async () => {
  const watched = await house.as('analyst@acme.example')
  const admin = await house.as('admin@acme.example')
  const socket = await subscription(house.url, watched.token!, query)
  const stream = await listen(house.url, watched.token!, query)
  assert.equal(await status(watched), 200)
  const from = Date.now()
  const { body } = await revoke(admin, sessionOf(watched))
  assert.ok(body.data.revokeSession.session.endedAt)
  assert.ok((await goneWithin(1_200, watched)) <= 1_200)
  assert.equal(await socket.ended, 4403)
  await stream.ended
  assert.ok(Date.now() - from < 5_000, `${Date.now() - from} ms`)
  const [told] = stream.events as { errors: { extensions: { code: string } }[] }[]
  assert.equal(told!.errors[0]!.extensions.code, 'UNAUTHENTICATED')
  await admin.rest(
    'POST',
    `/alerts/${idOfName('acme', 'alert', 'Shell spawned by the web server')}/acknowledge`,
  )
  await pause(100)
  assert.deepEqual([socket.events.length, stream.events.length], [0, 1], 'nothing is told afterwards')
  const again = await openSocket(house.url, { authorization: `Bearer ${watched.token}` })
  assert.equal(await again.closed, 4403)
})

test('a changed role counts within a second, with the token that was given before', async () => {
  const analyst = await house.as('analyst@acme.example')
  const live = await subscription(house.url, analyst.token!, query)
  const write = () =>
    analyst.graphql('mutation { acknowledgeAlert(input: { id: "x" }) { alert { id } } }').then(codeOf)
  assert.equal(await write(), 'NOT_FOUND')
  const become = (role: string) =>
    owner.query("update identity.users set role = $1 where email = 'analyst@acme.example'", [role])
  await become('viewer')
  await until('what they may not do any more is refused', 1_200, async () => (await write()) === 'FORBIDDEN')
  assert.equal(await live.ended, 4403, 'and who listens begins again')
  await become('analyst')
  await until('and back', 1_200, async () => (await write()) === 'NOT_FOUND')
})

test('a disabled user is out within a second, and comes in by no door', async () => {
  const viewer = await house.as('viewer@acme.example')
  const { body } = await house.anonymous.rest('POST', '/auth/login', {
    email: 'viewer@acme.example',
    password: 'correct-horse-battery',
  })
  await owner.query("update identity.users set disabled_at = now() where email = 'viewer@acme.example'")
  await goneWithin(1_200, viewer)
  const { refreshToken } = body.data
  assert.equal((await house.anonymous.rest('POST', '/auth/refresh', { refreshToken })).status, 401)
  const again = { email: 'viewer@acme.example', password: 'correct-horse-battery' }
  const refused = await house.anonymous.rest('POST', '/auth/login', again)
  const wrong = await house.anonymous.rest('POST', '/auth/login', { ...again, password: 'x' })
  assert.deepEqual([refused.status, refused.body.error], [401, wrong.body.error])
  await owner.query("update identity.users set disabled_at = null where email = 'viewer@acme.example'")
})

test('who may end whose session: one’s own, and those of members whom one may manage', async () => {
  const [admin, manager, analyst, other, stranger] = await Promise.all(
    ['admin@acme', 'manager@acme', 'analyst@acme', 'analyst@acme', 'admin@globex'].map((who) =>
      house.as(`${who}.example`),
    ),
  )
  assert.equal(codeOf(await revoke(analyst!, sessionOf(manager!))), 'NOT_FOUND')
  assert.equal(codeOf(await revoke(manager!, sessionOf(admin!))), 'FORBIDDEN')
  const none = await revoke(admin!, crypto.randomUUID())
  const theirs = await revoke(admin!, sessionOf(stranger!))
  assert.deepEqual(theirs.body, none.body)
  assert.equal(codeOf(theirs), 'NOT_FOUND')
  assert.equal(codeOf(await revoke(admin!, 'x')), 'NOT_FOUND')
  assert.equal((await analyst!.rest('DELETE', `/auth/sessions/${sessionOf(other!)}`)).status, 200)
  await goneWithin(1_200, other!)
  const all = (visitor: Visitor, userId: string) =>
    visitor.graphql(
      'mutation ($input: RevokeUserSessionsInput!) { revokeUserSessions(input: $input) { sessions { id } } }',
      { input: { userId } },
    )
  const idOf = async (visitor: Visitor) => (await visitor.rest('GET', '/auth/me')).body.data.id as string
  assert.equal(codeOf(await all(analyst!, await idOf(manager!))), 'FORBIDDEN')
  assert.equal(codeOf(await all(manager!, await idOf(admin!))), 'FORBIDDEN')
  assert.equal(codeOf(await all(admin!, await idOf(stranger!))), 'NOT_FOUND')
  assert.equal(codeOf(await all(admin!, 'x')), 'NOT_FOUND')
  assert.ok((await all(manager!, await idOf(analyst!))).body.data.revokeUserSessions.sessions.length > 0)
  await goneWithin(1_200, analyst!)
})

test('the door asks once a second for each session, whatever the number of requests', async () => {
  const visitor = await house.as('admin@acme.example')
  const { metrics } = house.surroundings
  const asked = async () => {
    const line = /nexus_subgraph_call_seconds_count\{[^}]*subgraph="identity"[^}]*\} (\d+)/g
    return [...(await metrics.text()).matchAll(line)].reduce((sum, [, count]) => sum + Number(count), 0)
  }
  await status(visitor)
  const [before, from] = [await asked(), Date.now()]
  let requests = 0
  while (Date.now() - from < 2_500) {
    await Promise.all(Array.from({ length: 10 }, () => status(visitor)))
    requests += 10
  }
  const calls = (await asked()) - before
  assert.ok(requests > 100 && calls >= 2 && calls <= 4, `${calls} questions for ${requests} requests`)
})
