/** What is remembered of answers: for one organization and what its viewer may, and not for longer than it is true. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type OwnRedis, startRedis } from '../isolation/redis.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { configurationReport, importReport } from './reports.ts'

let dir: string
let redis: OwnRedis
let house: TestHouse
let admin: Visitor
let analyst: Visitor
let stranger: Visitor

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'nexus-cache-'))
  const started = await startRedis(dir)
  assert.ok(started, 'redis-server is not installed')
  redis = started
  house = await openTestHouse({ REDIS_URL: redis.url, METRICS_PORT: '0' })
  const people = ['admin@acme.example', 'analyst@acme.example', 'admin@globex.example']
  ;[admin, analyst, stranger] = (await Promise.all(people.map(house.as))) as [Visitor, Visitor, Visitor]
})
after(async () => {
  await house?.close()
  await redis?.stop()
  rmSync(dir, { recursive: true, force: true })
})

const counted = ['alerts', 'assets', 'vulns']
const dashboard = async (of: Visitor) => {
  const { status, body } = await of.rest('GET', '/metrics/dashboard')
  assert.equal(status, 200, JSON.stringify(body))
  return body.data
}
/** The subgraphs that computed anything for it. */
const computing = async (of: Visitor): Promise<string[]> => {
  const seen = await house.statements(() => dashboard(of))
  return [...new Set(seen.map(({ schema }) => schema))].filter((each) => counted.includes(each)).sort()
}
/** Redis may be late on a busy machine, which is then left alone for a moment: in the end nobody computes. */
const remembered = async (of: Visitor): Promise<void> => {
  const from = Date.now()
  while ((await computing(of)).length > 0) {
    assert.ok(Date.now() - from < 20_000, 'it is computed every time')
    await pause(200)
  }
}
const acknowledge = async (by: Visitor): Promise<void> => {
  const { body } = await by.graphql('{ alerts(filter: { status: [OPEN] }) { edges { node { id } } } }')
  const { status } = await by.rest('POST', `/alerts/${body.data.alerts.edges[0].node.id}/acknowledge`)
  assert.equal(status, 200)
}
const acknowledged = async (of: Visitor): Promise<number> =>
  (await dashboard(of)).alerts.by_status.acknowledged

test('figures are computed once for all who may the same, and for each organization', async () => {
  assert.deepEqual(await computing(admin), counted)
  await remembered(admin)
  assert.deepEqual(await computing(analyst), counted, 'who may less has answers of their own')
  assert.deepEqual(await computing(stranger), counted)
  await remembered(stranger)
  const text = await (await fetch(`${house.metricsUrl}/metrics`)).text()
  for (const name of ['alertStats', 'assetStats', 'vulnerabilityStats']) {
    assert.match(text, new RegExp(`nexus_cache_reads_total\\{name="${name}",outcome="hit"\\} [2-9]`))
    assert.match(text, new RegExp(`nexus_cache_reads_total\\{name="${name}",outcome="miss"\\} [3-9]`))
  }
})

test('who changes something sees it in the next figures, and so does everybody else', async () => {
  const before = await acknowledged(admin)
  await acknowledge(admin)
  assert.equal(await acknowledged(admin), before + 1)
  assert.equal(await acknowledged(analyst), before + 1)
  // Only what has changed is computed again.
  await acknowledge(stranger)
  await remembered(analyst)
  await acknowledge(analyst)
  assert.ok((await computing(analyst)).includes('alerts'))
  assert.equal(await acknowledged(admin), before + 2)
})

test('a posture is computed once, and again when a report says otherwise', async () => {
  const posture = async () => (await admin.rest('GET', '/compliance/posture')).body.data
  const reads = async (outcome: string) => {
    const text = await (await fetch(`${house.metricsUrl}/metrics`)).text()
    const line = new RegExp(`nexus_cache_reads_total\\{name="posture",outcome="${outcome}"\\} (\\d+)`)
    return Number(line.exec(text)?.[1] ?? 0)
  }
  const first = await posture()
  const from = Date.now()
  // Redis may be late on a busy machine.
  while ((await reads('hit')) === 0) {
    assert.ok(Date.now() - from < 20_000, 'it is computed every time')
    assert.deepEqual(await posture(), first)
  }
  const report = configurationReport('cached', [
    { rule: 'DS-0002', title: 'Image user should not be root', status: 'FAIL' },
  ])
  await importReport(admin, 'cached.json', report)
  const now = await posture()
  assert.notDeepEqual(now, first)
})

test('a key that may not read is refused, whoever was answered before', async () => {
  const asked = { name: 'narrow', scopes: ['assets:read'] }
  const { body } = await admin.rest('POST', '/api-keys', asked)
  const key = house.visitor(body.data.key)
  assert.equal((await key.rest('GET', '/assets/stats')).status, 200)
  for (const path of ['/alerts/stats', '/metrics/dashboard'])
    assert.equal((await key.rest('GET', path)).body.error.code, 'FORBIDDEN', path)
})

test('without Redis figures are computed, and right', async () => {
  const before = await acknowledged(admin)
  await redis.stop()
  assert.deepEqual(await computing(admin), counted)
  await acknowledge(admin)
  assert.equal(await acknowledged(admin), before + 1)
  assert.equal(await acknowledged(analyst), before + 1)
})
