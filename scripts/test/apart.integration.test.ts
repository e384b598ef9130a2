/** The same code as eight processes, over TLS in both directions: six subgraphs, each by itself, a worker, and the gateway. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, setGlobalDispatcher } from 'undici'
import { type EmbeddedPostgres, startPostgres } from '#kit/embedded.ts'
import { createLog } from '#kit/log.ts'
import { readRegister } from '#kit/register.ts'
import { openAuthority } from '#kit/test/certificates.ts'
import { openTls } from '#kit/tls.ts'
import { openTestHouse, password, visitorOf } from '../test-house.ts'
import { listen } from './listeners.ts'
import { freePort, npmStart, type Started, statusOf, tempDir, until } from './processes.ts'
import { importReport, trivyReport } from './reports.ts'

const dir = tempDir()
const authority = openAuthority()
const names = readRegister({}).map(({ name }) => name)
const processes = new Map<string, Started>()
let postgres: EmbeddedPostgres
let env: Record<string, string>
let gateway: string

const start = (name: string, ...args: string[]) =>
  processes.set(name, npmStart(env, undefined, ['node', ...args]))
const urlOf = (name: string) => env[`NEXUS_${name.toUpperCase()}_URL`]!.replace('http:', 'https:')
const serves = (name: string) =>
  until(
    `${name} is ready`,
    20_000,
    async () => (await statusOf(new URL('/health/ready', urlOf(name)).href)) === 200,
  )

before(async () => {
  postgres = await startPostgres({ dataDir: dir.path, durable: false })
  const port = await freePort()
  gateway = `https://127.0.0.1:${port}`
  setGlobalDispatcher(
    new Agent({ connect: openTls(authority.issue('test'), createLog('test', 'silent'))!.serving() }),
  )
  env = {
    DATABASE_URL: postgres.url,
    NEXUS_SECRET: 'shared by all processes of this test',
    NEXUS_DATA_DIR: dir.path,
    PORT: String(port),
    LOG_LEVEL: 'debug',
    NEXUS_TLS_DIR: authority.issue('all'),
  }
  for (const name of names)
    env[`NEXUS_${name.toUpperCase()}_URL`] = `http://127.0.0.1:${await freePort()}/graphql`
  for (const name of names) start(name, 'subgraphs/main.ts', name, 'migrate')
  for (const name of names)
    assert.equal(await processes.get(name)!.ended(20_000), 0, processes.get(name)!.output())
  // The house fills in the demo; its own gateway is not part of what is tested.
  const seeding = await openTestHouse({ ...env, NEXUS_SEED: 'demo', PORT: '0' })
  await seeding.close()
  for (const name of names) start(name, 'subgraphs/main.ts', name, 'serve')
  start('worker', 'subgraphs/main.ts', 'all', 'work')
  start('gateway', 'gateway/main.ts')
  await Promise.all(names.map(serves))
  await until('the gateway is ready', 20_000, async () => (await statusOf(`${gateway}/health/ready`)) === 200)
})
after(async () => {
  for (const { npm, ended } of processes.values()) {
    npm.kill('SIGTERM')
    await ended(12_000).catch(() => {})
  }
  await postgres?.stop()
  dir.remove()
  authority.remove()
})

async function admin() {
  const { body } = await visitorOf(gateway, null).rest('POST', '/auth/login', {
    email: 'admin@acme.example',
    password,
  })
  return visitorOf(gateway, body.data.accessToken)
}

const joined =
  '{ assets { edges { node { name openVulnerabilityCount alerts { edges { node { title } } } } } } }'

test('one query joins three processes, and an import goes through the worker and three', async () => {
  const visitor = await admin()
  const { body } = await visitor.graphql(joined)
  assert.equal(body.errors, undefined)
  const web = body.data.assets.edges.find(
    (edge: { node: { name: string } }) => edge.node.name === 'web-01',
  ).node
  assert.equal(web.openVulnerabilityCount, 1)
  assert.equal(web.alerts.edges.length, 2)
  const report = trivyReport('apart:1', [{ id: 'CVE-2021-1', package: 'a' }])
  const run = await importReport(visitor, 'apart.json', report)
  assert.deepEqual([run.status, run.created], ['complete', 1], run.error_message ?? '')
})

test('a subgraph answers nobody who comes without a token', async () => {
  for (const name of names) {
    for (const query of ['{ __typename }', '{ _service { sdl } }']) {
      const response = await fetch(urlOf(name), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      })
      assert.equal(response.status, 401, name)
      assert.ok(!(await response.text()).includes('type '))
    }
  }
})

test('the id of a request stands in the log of every process that it passes', async () => {
  const visitor = await admin()
  const requestId = 'followed-through-all'
  const { headers } = await visitor.rest('GET', '/assets/stats', undefined, { 'x-request-id': requestId })
  assert.equal(headers.get('x-request-id'), requestId)
  const logged = (name: string) => processes.get(name)!.output().includes(requestId)
  await until('both have logged it', 2_000, () => logged('gateway') && logged('assets'))
  assert.ok(!logged('alerts'), 'who was not asked does not log it')
})

test('what happens in one process is told live by another, joined with a third', async () => {
  const visitor = await admin()
  const live = await listen(
    gateway,
    visitor.token!,
    'subscription { alertChanged { alert { status asset { name openVulnerabilityCount } } } }',
  )
  try {
    const { body } = await visitor.graphql(
      '{ alerts(filter: { status: [OPEN] }) { edges { node { id asset { name } } } } }',
    )
    const { id, asset } = body.data.alerts.edges[0].node
    const { status } = await visitor.rest('POST', `/alerts/${id}/acknowledge`)
    assert.equal(status, 200)
    await until('the event', 5_000, () => live.events.length > 0)
    const [event] = live.events as {
      data: { alertChanged: { alert: { status: string; asset: { name: string } } } }
    }[]
    assert.equal(event!.data.alertChanged.alert.status, 'ACKNOWLEDGED')
    assert.equal(event!.data.alertChanged.alert.asset.name, asset.name)
  } finally {
    live.close()
  }
})

test('a session that is revoked in one process is refused by another within a second', async () => {
  const [visitor, other] = [await admin(), await admin()]
  const live = await listen(gateway, visitor.token!, 'subscription { alertChanged { alert { id } } }')
  assert.equal((await visitor.rest('GET', '/assets/stats')).status, 200)
  const { body } = await other.graphql('mutation { revokeOtherSessions { sessions { id } } }')
  assert.ok(body.data.revokeOtherSessions.sessions.length > 0)
  const refused = async () => (await visitor.rest('GET', '/assets/stats')).status === 401
  await until('the session is refused', 1_500, refused)
  const late = pause(5_000, 'late', { ref: false })
  assert.notEqual(await Promise.race([live.ended, late]), 'late', 'its stream goes on')
})

test('while identity is away, who is in stays in, and nobody else comes', async () => {
  const visitor = await admin()
  assert.equal((await visitor.rest('GET', '/assets/stats')).status, 200)
  const unseen = await admin()
  const identity = processes.get('identity')!
  identity.npm.kill('SIGKILL')
  await identity.ended(5_000)
  await pause(1_100)
  assert.equal((await visitor.rest('GET', '/assets/stats')).status, 200)
  const { status, body, text } = await unseen.rest('GET', '/assets/stats')
  assert.deepEqual([status, body.error.code], [503, 'SERVICE_UNAVAILABLE'])
  assert.doesNotMatch(text, /127\.0\.0\.1|ECONNREFUSED/)
  start('identity', 'subgraphs/main.ts', 'identity', 'serve')
  await serves('identity')
  await until('the gateway asks again', 3_000, async () => {
    return (await unseen.rest('GET', '/assets/stats')).status === 200
  })
})

test('while a subgraph is away an answer is partial, and whole when it is back', async () => {
  const visitor = await admin()
  const alerts = processes.get('alerts')!
  alerts.npm.kill('SIGKILL')
  await alerts.ended(5_000)
  const { status, body, text } = await visitor.graphql(joined)
  assert.equal(status, 200)
  assert.equal(body.data.assets.edges[0].node.alerts, null)
  assert.notEqual(body.data.assets.edges[0].node.openVulnerabilityCount, null)
  assert.equal(body.errors[0].extensions.code, 'SERVICE_UNAVAILABLE')
  assert.doesNotMatch(text, /127\.0\.0\.1|ECONNREFUSED/)
  assert.equal(await statusOf(`${gateway}/health/ready`), 503)
  assert.equal((await visitor.graphql('{ vulnerabilityStats { total } }')).body.errors, undefined)
  start('alerts', 'subgraphs/main.ts', 'alerts', 'serve')
  await serves('alerts')
  assert.equal((await visitor.graphql(joined)).body.errors, undefined)
  assert.equal(await statusOf(`${gateway}/health/ready`), 200)
})

test('an import that a subgraph is missing for says so, and goes through when it is back', async () => {
  const visitor = await admin()
  const vulns = processes.get('vulns')!
  vulns.npm.kill('SIGKILL')
  await vulns.ended(5_000)
  const report = trivyReport('missing:1', [{ id: 'CVE-2021-2', package: 'a' }])
  const failed = await importReport(visitor, 'missing.json', report)
  assert.deepEqual([failed.status, failed.error_code], ['failed', 'SERVICE_UNAVAILABLE'])
  start('vulns', 'subgraphs/main.ts', 'vulns', 'serve')
  await serves('vulns')
  const { status, created } = await importReport(visitor, 'missing.json', report)
  assert.deepEqual([status, created], ['complete', 1])
})

test('each process ends in order when it is told to', async () => {
  for (const [name, { npm, ended, output }] of processes) {
    npm.kill('SIGTERM')
    assert.equal(await ended(10_000), 0, `${name}: ${output()}`)
  }
})

test('a process without its secret says what it needs', async () => {
  const { NEXUS_SECRET: _, ...rest } = env
  for (const command of [['gateway/main.ts'], ['subgraphs/main.ts', 'assets', 'serve']]) {
    const started = npmStart({ ...rest, NEXUS_SECRET: '' }, undefined, ['node', ...command])
    assert.equal(await started.ended(10_000), 1)
    assert.match(started.output(), /needs .*NEXUS_SECRET/)
  }
})
