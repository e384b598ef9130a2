/** What happens in an organization reaches those of it who listen, over both doors, and nobody else. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { idOfName } from '#kit/id.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { type Live, listen, openSocket, subscription, upgrade } from './listeners.ts'
import { freePort, tempDir, until } from './processes.ts'

const query = 'subscription { alertChanged { alert { id title severity status asset { name } } } }'
const titles = [
  'Shell spawned by the web server',
  'Sign-in from a country never seen before',
  'Port scan from the internet',
]
const alertOf = (slug: string, index: number) => idOfName(slug, 'alert', titles[index]!)

let house: TestHouse
let acme: Visitor
let globex: Visitor
const open: Live[] = []

before(async () => {
  house = await openTestHouse()
  acme = await house.as('analyst@acme.example')
  globex = await house.as('analyst@globex.example')
})
after(async () => {
  for (const live of open) live.close()
  await house?.close()
})

const acknowledge = (visitor: Visitor, id: string) =>
  visitor.graphql(
    'mutation ($id: ID!) { acknowledgeAlert(input: { id: $id }) { alert { status acknowledgedAt assignee { email } } } }',
    { id },
  )
const bySocket = async (visitor: Visitor) => {
  const live = await subscription(house.url, visitor.token!, query)
  open.push(live)
  return live
}
const byStream = async (visitor: Visitor, method: 'GET' | 'POST' = 'POST') => {
  const live = await listen(house.url, visitor.token!, query, method)
  open.push(live)
  return live
}
const titleOf = (event: Live['events'][number]) =>
  (event as { data: { alertChanged: { alert: { title: string } } } }).data.alertChanged.alert.title

test('an acknowledged alert reaches its tenant by socket and by stream, joined with its asset', async () => {
  const theirs = await Promise.all([bySocket(globex), byStream(globex)])
  const own = await Promise.all([bySocket(acme), byStream(acme), byStream(acme, 'GET')])
  const { body } = await acknowledge(acme, alertOf('acme', 0))
  assert.equal(body.errors, undefined)
  assert.equal(body.data.acknowledgeAlert.alert.assignee.email, 'analyst@acme.example')
  for (const live of own) {
    await until('the event', 5_000, () => live.events.length > 0)
    assert.deepEqual(live.events, [
      {
        data: {
          alertChanged: {
            alert: {
              id: alertOf('acme', 0),
              title: titles[0],
              severity: 'CRITICAL',
              status: 'ACKNOWLEDGED',
              asset: { name: 'web-01' },
            },
          },
        },
      },
    ])
  }
  await acknowledge(globex, alertOf('globex', 1))
  for (const live of theirs) {
    await until('the other tenant’s own event', 5_000, () => live.events.length > 0)
    assert.deepEqual(live.events.map(titleOf), [titles[1]])
  }
  for (const live of own) assert.equal(live.events.length, 1)
})

test('an alert is acknowledged once, by those who may, and another tenant’s is not found', async () => {
  const path = (id: string) => `/alerts/${id}/acknowledge`
  const viewer = await house.as('viewer@acme.example')
  assert.equal((await viewer.rest('POST', path(alertOf('acme', 2)))).status, 403)
  const { status, body } = await acme.rest('POST', path(alertOf('acme', 2)))
  assert.equal(status, 200)
  assert.equal(body.data.status, 'acknowledged')
  assert.ok(Date.parse(body.data.acknowledged_at) > 0)
  const again = await acme.rest('POST', path(alertOf('acme', 2)))
  assert.deepEqual([again.status, again.body.error.code], [409, 'ILLEGAL_TRANSITION'])
  for (const id of [alertOf('globex', 2), 'x']) assert.equal((await acme.rest('POST', path(id))).status, 404)
})

test('a socket begins with a valid token, and a page of another host begins none', async () => {
  for (const [payload, code] of [
    [undefined, 4401],
    [{ authorization: 'nonsense' }, 4401],
    [{ authorization: 'Bearer nonsense' }, 4403],
  ] as const) {
    const socket = await openSocket(house.url, payload)
    assert.equal(await socket.closed, code)
  }
  const { host } = new URL(house.url)
  for (const origin of ['https://evil.example', 'null', `http://${host}.evil.example`])
    assert.equal(await upgrade(house.url, { origin }), 403, origin)
  assert.equal(await upgrade(house.url, { origin: `http://${host}` }), 101)
  const anonymous = await fetch(`${house.url}/graphql/stream?query=${encodeURIComponent(query)}`, {
    headers: { accept: 'text/event-stream' },
  })
  assert.equal(anonymous.status, 401)
})

test('what is wrong with one operation ends that one, and the socket goes on', async () => {
  const socket = await openSocket(house.url, { authorization: `Bearer ${acme.token}` })
  const wrong: [string, string][] = [
    ['{', 'GRAPHQL_PARSE_FAILED'],
    ['{ nope }', 'GRAPHQL_VALIDATION_FAILED'],
    [
      `query { ${Array.from({ length: 31 }, (_, index) => `a${index}: me { id }`).join(' ')} }`,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      `subscription ($on: Boolean!) { alertChanged @include(if: $on) { alert { id } } }`,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'subscription { a: alertChanged { alert { id } } b: alertChanged { alert { id } } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['subscription { __typename }', 'GRAPHQL_VALIDATION_FAILED'],
  ]
  for (const [query, code] of wrong) {
    const [error] = await socket.ask(query, { on: true })
    assert.equal((error as { extensions: { code: string } }).extensions.code, code, query)
  }
  const answer = await socket.ask('{ me { email } }')
  assert.deepEqual(answer, [{ data: { me: { email: 'analyst@acme.example' } } }])
  const [missing] = await socket.ask('mutation { acknowledgeAlert(input: { id: "x" }) { alert { id } } }')
  assert.deepEqual((missing as { errors: { extensions: object }[] }).errors[0]!.extensions, {
    code: 'NOT_FOUND',
  })
  socket.close()
})

test('who may not read alerts is refused when they subscribe', async () => {
  const { token } = await house.as('manager@acme.example')
  const owner = new pg.Client({ connectionString: house.databaseUrl })
  await owner.connect()
  await owner.query("update identity.users set role = 'api' where email = 'manager@acme.example'")
  await owner.end()
  const live = await listen(house.url, token!, query)
  await live.ended
  assert.deepEqual(
    live.events.map((event) => (event as { errors: { extensions: object }[] }).errors[0]!.extensions),
    [{ code: 'FORBIDDEN' }],
  )
})

test('leaving ends what was listened to, and a closing house ends the rest in time', async () => {
  const other = await openTestHouse()
  const visitor = await other.as('analyst@acme.example')
  const socket = await subscription(other.url, visitor.token!, query)
  const stream = await listen(other.url, visitor.token!, query)
  const left = await listen(other.url, visitor.token!, query)
  left.close()
  await pause(50)
  await acknowledge(visitor, alertOf('acme', 0))
  await until('both events', 5_000, () => socket.events.length === 1 && stream.events.length === 1)
  const from = Date.now()
  await other.close()
  assert.equal(await socket.ended, 1001)
  await stream.ended
  assert.ok(Date.now() - from < 5_000, `closing took ${Date.now() - from} ms`)
})

test('over a real Redis events arrive, and its end is no end of the house', async (t) => {
  assert.equal(spawnSync('redis-server', ['--version']).status, 0, 'redis-server is not installed')
  const port = await freePort()
  const dir = tempDir()
  const startRedis = (): ChildProcess =>
    spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', dir.path], {
      stdio: 'ignore',
    })
  let redis = startRedis()
  const shared = await openTestHouse({ REDIS_URL: `redis://127.0.0.1:${port}` })
  t.after(async () => {
    await shared.close()
    redis.kill('SIGKILL')
    dir.remove()
  })
  const visitor = await shared.as('analyst@acme.example')
  const socket = await subscription(shared.url, visitor.token!, query)
  const left = await subscription(shared.url, visitor.token!, query)
  await acknowledge(visitor, alertOf('acme', 0))
  await until('the event over Redis', 5_000, () => socket.events.length === 1)

  const ended = new Promise((resolve) => redis.once('exit', resolve))
  redis.kill('SIGKILL')
  await ended
  left.close()
  const { body } = await acknowledge(visitor, alertOf('acme', 1))
  assert.equal(body.errors, undefined, 'the change stands, whoever hears of it')
  const refused = await listen(shared.url, visitor.token!, query)
  await refused.ended
  const [{ errors }] = refused.events as [{ errors: { extensions: object }[] }]
  assert.deepEqual(errors[0]!.extensions, { code: 'SERVICE_UNAVAILABLE' })

  redis = startRedis()
  await until('Redis is back', 10_000, async () => (await fetch(`${shared.url}/health/ready`)).status === 200)
  await until('the socket hears again', 10_000, async () => {
    const alertId = alertOf('acme', 2)
    await shared.surroundings.events.publish(idOfName('organization', 'acme'), 'alert.acknowledged', {
      alertId,
    })
    return socket.events.length >= 2
  })
  socket.close()
})
