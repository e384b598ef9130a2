/** What time brings about is told once, however many workers are at it, and nothing that is listed waits for it. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Db, openDatabase, roleOf, urlAs } from '#kit/database.ts'
import type { EventName } from '#kit/events.ts'
import { idOfName, newId } from '#kit/id.ts'
import { internalSigner } from '#kit/tokens.ts'
import { openWorker, type Worker } from '#kit/worker.ts'
import { alerts } from '../../subgraphs/alerts/index.ts'
import { vulns } from '../../subgraphs/vulns/index.ts'
import type { Tables } from '../../subgraphs/vulns/tables.ts'
import { load } from '../nexus-intel.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { type Owner, openOwner } from './owner.ts'
import { until } from './processes.ts'
import { importReport, trivyReport } from './reports.ts'

const acme = idOfName('organization', 'acme')
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]
let house: TestHouse
let admin: Visitor
let analyst: Visitor
let owner: Owner
let others: Worker[] = []
let ahead = 0
const heard: { event: string; id: string }[] = []
/** By which of the other workers something was written. */
const forgotten: string[] = []

const names: EventName[] = [
  ...([
    'alert.sla_at_risk',
    'alert.sla_breached',
    'alert.reopened',
    'alert.archived',
    'alert.updated',
  ] as const),
]
const ofFindings: EventName[] = [
  ...(['vulnerability.sla_at_risk', 'vulnerability.sla_breached', 'vulnerability.kev_listed'] as const),
  ...(['vulnerability.acceptance_expiring', 'vulnerability.acceptance_expired'] as const),
  'vulnerability.updated',
]

async function listen(of: EventName[]): Promise<void> {
  const queue = await house.surroundings.events.subscribe(acme, ...of)
  void (async () => {
    for await (const { event, ...told } of queue) heard.push({ event, id: Object.values(told)[0] as string })
  })()
}

/** Workers beside those of the house, as other machines would run them. */
const openOthers = (more: Partial<TestHouse['surroundings']> = {}): Promise<Worker[]> =>
  Promise.all(
    [alerts, vulns].map((plate) => {
      const { keys } = house.surroundings
      const role = roleOf(house.databaseUrl, plate.name)
      return openWorker(plate, {
        url: urlAs(house.databaseUrl, role, keys.passwordOf(role)),
        surroundings: {
          ...house.surroundings,
          sign: internalSigner(keys, plate.name),
          cache: { ...house.surroundings.cache, changed: async () => void forgotten.push(plate.name) },
          ...more,
        },
        roundsByClock: false,
      })
    }),
  )

before(async () => {
  house = await openTestHouse({}, { clock: () => new Date(Date.now() + ahead) })
  ;[admin, analyst] = await Promise.all([house.as('admin@acme.example'), house.as('analyst@acme.example')])
  owner = await openOwner(house)
  others = await openOthers()
  await Promise.all([listen(names), listen(ofFindings)])
})
after(async () => {
  await Promise.all(others.map((each) => each.close()))
  await house?.close()
})

/** All workers at once; whatever they tell is heard before it resolves. */
async function goRounds(): Promise<void> {
  await Promise.all([house.rounds(), ...others.map((each) => each.round())])
  const [one, other] = [newId(), newId()]
  await house.surroundings.events.publish(acme, 'alert.updated', { alertId: one })
  await house.surroundings.events.publish(acme, 'vulnerability.updated', { vulnerabilityId: other })
  await until('all of it was heard', 5_000, async () => [one, other].every((id) => toldOf(id).length > 0))
}
const toldOf = (id: string) => heard.filter((each) => each.id === id).map(({ event }) => event)

async function raise(title: string, source: string, severity = 'CRITICAL'): Promise<string> {
  const { body } = await analyst.graphql(
    `mutation ($input: IngestAlertsInput!) { ingestAlerts(input: $input) { items { alertId } } }`,
    { input: { source, alerts: [{ title, severity, sourceRef: title }] } },
  )
  assert.equal(body.errors, undefined, JSON.stringify(body.errors))
  return body.data.ingestAlerts.items[0].alertId
}
const alertOf = async (id: string) =>
  (await analyst.graphql(`{ alert(id: "${id}") { status slaState version archivedAt } }`)).body.data.alert

type Found = { id: string; status: string; slaState: string; version: number; riskScore: number }
async function findingOf(cve: string): Promise<Found> {
  const { body } = await analyst.graphql(
    `query ($cve: [String!]) { vulnerabilities(filter: { cveId: $cve }) { edges { node {
      id status slaState version riskScore asset { id riskScore } } } } }`,
    { cve: [cve] },
  )
  return body.data.vulnerabilities.edges[0].node
}

test('an alert is told to be at risk, and late, once each, whoever looks', async () => {
  await goRounds()
  const id = await raise('Late', 'due')
  await goRounds()
  assert.deepEqual(toldOf(id), [])
  ahead += 13 * minute
  const shown = await alertOf(id)
  assert.equal(shown.slaState, 'AT_RISK', 'the list does not wait for anybody')
  await goRounds()
  assert.deepEqual(toldOf(id), ['alert.sla_at_risk'])
  ahead += 3 * minute
  await goRounds()
  await goRounds()
  assert.deepEqual(toldOf(id), ['alert.sla_at_risk', 'alert.sla_breached'])
  // What was told is in the database, and not in who told it.
  await Promise.all(others.map((each) => each.close()))
  others = await openOthers()
  await goRounds()
  assert.deepEqual(toldOf(id), ['alert.sla_at_risk', 'alert.sla_breached'])
  assert.equal((await alertOf(id)).version, shown.version, 'telling changes nothing')
  // Its next due is another one.
  assert.equal((await analyst.rest('POST', `/alerts/${id}/acknowledge`)).status, 200)
  ahead += 4 * hour
  await goRounds()
  assert.deepEqual(toldOf(id).slice(2), ['alert.sla_breached'])
})

test('what a worker has claimed and could not tell, another one tells a minute later', async () => {
  const id = await raise('Cut off', 'due')
  ahead += 13 * minute
  const { events } = house.surroundings
  const mute: typeof events = { ...events, publish: async () => false }
  const mutes = await openOthers({ events: mute })
  await Promise.all(mutes.map((each) => each.round()))
  await Promise.all(mutes.map((each) => each.close()))
  assert.deepEqual(toldOf(id), [])
  await goRounds()
  assert.deepEqual(toldOf(id), [], 'it may be about to tell it')
  ahead += minute + 1_000
  await goRounds()
  await goRounds()
  assert.deepEqual(toldOf(id), ['alert.sla_at_risk'])
  const { rows } = await owner.query(
    `select count(*)::int as count from alerts.told_dues where published_at is null`,
  )
  assert.deepEqual(rows, [{ count: 0 }])
})

test('an alert whose rule has ended is told to be open again, once', async () => {
  const expiresAt = new Date(Date.now() + ahead + hour).toISOString()
  const rule = { name: 'Quiet', reason: 'Known', expires_at: expiresAt, filter: { source: ['quiet'] } }
  assert.equal((await analyst.rest('POST', '/suppression-rules', rule)).status, 201)
  const ids = [await raise('One', 'quiet', 'LOW'), await raise('Two', 'quiet', 'LOW')]
  assert.equal((await alertOf(ids[0]!)).status, 'SUPPRESSED')
  await goRounds()
  ahead += hour + 1_000
  const shown = await alertOf(ids[0]!)
  assert.equal(shown.status, 'OPEN', 'the list does not wait for anybody')
  await goRounds()
  ahead += 2 * minute
  await goRounds()
  await goRounds()
  for (const id of ids) assert.deepEqual(toldOf(id), ['alert.reopened'])
  assert.deepEqual(await alertOf(ids[0]!), shown)
})

test('an alert that was resolved a year ago is archived, and read only', async () => {
  const id = await raise('Old', 'archive', 'LOW')
  const kept = await raise('Young', 'archive', 'LOW')
  const resolve = (which: string) => analyst.rest('POST', `/alerts/${which}/resolve`, { verdict: 'test' })
  assert.equal((await resolve(id)).status, 200)
  ahead += day
  assert.equal((await resolve(kept)).status, 200)
  ahead += 364 * day + hour
  await goRounds()
  await goRounds()
  assert.deepEqual(
    toldOf(id).filter((event) => event === 'alert.archived'),
    ['alert.archived'],
  )
  assert.deepEqual([(await alertOf(id)).status, (await alertOf(kept)).status], ['ARCHIVED', 'RESOLVED'])
  const { status, body } = await analyst.rest('POST', `/alerts/${id}/reopen`)
  assert.deepEqual([status, body.error.code], [409, 'ILLEGAL_TRANSITION'])
})

test('a finding is told to be at risk, and late, once for each due', async () => {
  const weaknesses = [1, 2].map((number) => ({ id: `CVE-2038-100${number}`, package: `due-${number}` }))
  await importReport(admin, 'due.json', trivyReport('due:1', weaknesses))
  const { id } = await findingOf('CVE-2038-1001')
  const other = await findingOf('CVE-2038-1002')
  // A scan is of the database's own time.
  ahead = 25 * day
  await analyst.rest('POST', `/vulnerabilities/${other.id}/resolve`, { resolution: 'fixed' })
  assert.equal((await findingOf('CVE-2038-1001')).slaState, 'AT_RISK')
  await goRounds()
  ahead = 31 * day
  await goRounds()
  await goRounds()
  const events = ['vulnerability.sla_at_risk', 'vulnerability.sla_breached']
  assert.deepEqual(toldOf(id), events)
  assert.deepEqual(toldOf(other.id), [], 'what is resolved is not late')
  const severity = { severity: 'medium', reason: 'Not so bad here' }
  assert.equal((await analyst.rest('PUT', `/vulnerabilities/${id}/severity`, severity)).status, 200)
  ahead = 80 * day
  await goRounds()
  assert.deepEqual(toldOf(id), [...events, 'vulnerability.updated', 'vulnerability.sla_at_risk'])
})

test('an acceptance is told to expire a week before it does, and when it has', async () => {
  await importReport(
    admin,
    'accepted.json',
    trivyReport('accepted:1', [{ id: 'CVE-2038-1009', package: 'a' }]),
  )
  const { id } = await findingOf('CVE-2038-1009')
  const from = ahead
  const at = (days: number) => new Date(Date.now() + from + days * day).toISOString()
  const asked = await analyst.rest('POST', '/risk-acceptances', {
    ...{ vulnerability_ids: [id], treatment: 'accept', reason: 'For a while', expires_at: at(10) },
  })
  assert.equal(asked.status, 201, asked.text)
  const acceptance = asked.body.data.id
  const approve = await admin.rest('POST', `/risk-acceptances/${acceptance}/approve`, {})
  assert.equal(approve.status, 200, approve.text)
  await goRounds()
  assert.deepEqual(toldOf(acceptance), [])
  ahead = from + 4 * day
  await goRounds()
  await goRounds()
  assert.deepEqual(toldOf(acceptance), ['vulnerability.acceptance_expiring'])
  ahead = from + 11 * day
  assert.equal((await findingOf('CVE-2038-1009')).status, 'CONFIRMED', 'the list does not wait for anybody')
  await goRounds()
  await goRounds()
  assert.deepEqual(toldOf(acceptance), [
    'vulnerability.acceptance_expiring',
    'vulnerability.acceptance_expired',
  ])
})

test('news of what is exploited is told of open findings, and their assets follow', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-due-'))
  const { keys, log } = house.surroundings
  const open = (url: string): Db<Tables> =>
    openDatabase<Tables>({ url, schema: 'vulns', log, connections: 1 })
  const role = roleOf(house.databaseUrl, 'vulns')
  const dbs = {
    owner: open(house.databaseUrl),
    service: open(urlAs(house.databaseUrl, role, keys.passwordOf(role))),
  }
  try {
    const weaknesses = [1, 2].map((number) => ({
      ...{ id: `CVE-2039-100${number}`, package: `news-${number}`, severity: 'LOW' },
    }))
    await importReport(admin, 'news.json', trivyReport('news:1', weaknesses))
    const [listed, ended] = [await findingOf('CVE-2039-1001'), await findingOf('CVE-2039-1002')]
    await analyst.rest('POST', `/vulnerabilities/${ended.id}/resolve`, { resolution: 'fixed' })
    await goRounds()
    const kev = join(folder, 'kev.json')
    const vulnerabilities = [1, 2, 3].map((number) => ({
      cveID: `CVE-2039-100${number}`,
      dateAdded: '2031-01-01',
    }))
    writeFileSync(kev, JSON.stringify({ title: 'A list', count: 3, vulnerabilities }))
    await load({ kev }, dbs)
    const before = (await findingOf('CVE-2039-1001')) as Found & { asset: { riskScore: number } }
    assert.ok(before.riskScore >= 70)
    assert.ok(before.asset.riskScore < 70, 'nobody has told assets')
    await goRounds()
    await load({ kev }, dbs)
    await goRounds()
    const kevs = (id: string) => toldOf(id).filter((event) => event === 'vulnerability.kev_listed')
    assert.deepEqual([kevs(listed.id).length, kevs(ended.id).length], [1, 0])
    const now = (await findingOf('CVE-2039-1001')) as Found & { asset: { riskScore: number } }
    assert.ok(now.asset.riskScore >= 70, `${now.asset.riskScore}`)
    // What is found after it was listed is no news.
    await importReport(admin, 'later.json', trivyReport('later:1', [{ id: 'CVE-2039-1003', package: 'c' }]))
    await goRounds()
    assert.deepEqual(kevs((await findingOf('CVE-2039-1003')).id), [])
  } finally {
    await dbs.owner.destroy()
    await dbs.service.destroy()
    rmSync(folder, { recursive: true })
  }
})

test('the demo’s findings are judged by what its assets are worth, as anybody’s are', async () => {
  const { body } =
    await admin.graphql(`{ vulnerabilities(filter: { cveId: ["CVE-2014-0160"] }) { edges { node {
    riskFactors { name input contribution } riskScore asset { riskScore } } } } }`)
  const [{ node }] = body.data.vulnerabilities.edges
  const factors = Object.fromEntries(
    node.riskFactors.map(({ name, input }: { name: string; input: unknown }) => [name, input]),
  )
  assert.deepEqual([factors.criticality, factors.exposure], ['high', 'internet'])
  assert.equal(node.asset.riskScore, node.riskScore)
})

test('a round that finds nothing writes nothing, so that what is remembered stays', async () => {
  await goRounds()
  forgotten.length = 0
  await Promise.all(others.map((each) => each.round()))
  assert.equal(forgotten.join(), '')
  await raise('Late again', 'due')
  ahead += 13 * minute
  await Promise.all(others.map((each) => each.round()))
  assert.deepEqual([...new Set(forgotten)], ['alerts'])
})
