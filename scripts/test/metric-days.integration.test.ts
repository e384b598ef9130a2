/** How much there was day by day: kept once by the rounds, made good by history, and null where nobody knows. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { idOfName } from '#kit/id.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { type Owner, openOwner } from './owner.ts'

const acme = idOfName('organization', 'acme')
const dayMs = 86_400_000
let house: TestHouse
let owner: Owner
let admin: Visitor
let ahead = 0
const clock = () => new Date(Date.now() + ahead)
const midnight = () => Math.floor(clock().getTime() / dayMs) * dayMs
/** Goes on to so many minutes after the midnight of so many days later. */
const goTo = (days: number, minutes: number) => {
  ahead += midnight() + days * dayMs + minutes * 60_000 - clock().getTime()
}

before(async () => {
  // In the morning, when it is too late to measure the day before.
  goTo(1, 5 * 60)
  house = await openTestHouse({}, { clock })
  owner = await openOwner(house)
  // Drawn at noon of days that are gone: what came, what was settled, what was opened again.
  const noon = (ago: string) =>
    `date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' + interval '12 hours' - ${ago} * interval '1 day'`
  await owner.query(
    `insert into assets.assets (id, organization_id, type, name, criticality, created_at, updated_at)
     select gen_random_uuid(), $1, 'host', 'daily ' || i, (array['high', 'low'])[1 + i % 2], ${noon('(10 - i / 3)')}, ${noon('(10 - i / 3)')}
     from generate_series(1, 24) i`,
    [acme],
  )
  await owner.query(
    `update assets.assets set lifecycle = 'retired', retired_at = ${noon('3')}, updated_at = ${noon('3')}, version = 2
     where name in ('daily 1', 'daily 2', 'daily 5')`,
  )
  await owner.query(
    `insert into alerts.alerts (id, organization_id, severity, title, source, fingerprint, created_at, first_seen_at, updated_at)
     select gen_random_uuid(), $1, (array['critical', 'high', 'low'])[1 + i % 3], 'daily ' || i, 'daily', 'daily' || i,
       ${noon('(12 - i / 4)')}, ${noon('(12 - i / 4)')}, ${noon('(12 - i / 4)')} from generate_series(1, 40) i`,
    [acme],
  )
  await owner.query(
    `update alerts.alerts set status = 'resolved', verdict = 'benign', resolved_at = ${noon('2')}, updated_at = ${noon('2')}, version = 2
     where title in ('daily 2', 'daily 3', 'daily 7', 'daily 11')`,
  )
  await owner.query(
    `insert into vulns.vulnerabilities (id, organization_id, asset_id, fingerprint, kind, severity, title, created_at, first_seen_at, updated_at)
     select gen_random_uuid(), $1, $2, 'daily' || i, 'package', (array['critical', 'high', 'low'])[1 + i % 3], 'daily ' || i,
       ${noon('(9 - i / 5)')}, ${noon('(9 - i / 5)')}, ${noon('(9 - i / 5)')} from generate_series(1, 40) i`,
    [acme, idOfName('acme', 'asset', 'web-01')],
  )
  await owner.query(
    `update vulns.vulnerabilities set status = 'resolved', resolution = 'fixed', resolved_at = ${noon('2')}, updated_at = ${noon('2')}, version = 2
     where title in ('daily 2', 'daily 3', 'daily 7', 'daily 11')`,
  )
  await house.rounds()
  admin = await house.as('admin@acme.example')
})
after(() => house?.close())

type Point = { day: string; value: number | null; n: number }
type Told = { value: number | null; series: Point[]; previous: { series: Point[] } | null }
const question = `query ($name: String!, $filter: JSON, $period: MetricPeriod, $compareTo: MetricPeriod) {
  metric(name: $name, groupBy: "day", filter: $filter, period: $period, compareTo: $compareTo) {
    value n series { day value n } previous { value series { day value n } } } }`
async function days(name: string, more: object = {}, of = admin): Promise<Told> {
  const { body } = await of.graphql(question, { name, ...more })
  assert.equal(body.errors, undefined, JSON.stringify(body.errors))
  return body.data.metric
}
const period = (from: number, to: number) => ({
  from: new Date(midnight() - from * dayMs).toISOString(),
  to: new Date(midnight() - to * dayMs).toISOString(),
})
const counted: Record<string, string> = {
  'alerts.open': 'it: alertStats(asOf: $asOf) { n: open by: bySeverity { key count } }',
  'vulnerabilities.open': 'it: vulnerabilityStats(asOf: $asOf) { n: open by: bySeverity { key count } }',
  'assets.present': 'it: assetStats(asOf: $asOf) { by: byLifecycle { key count } }',
}
type Bucket = { key: string; count: number }
/** As the list's own counts have it, as of the end of a day. */
async function countedAt(name: string, day: string): Promise<{ n: number; by: Map<string, number> }> {
  const asOf = new Date(Date.parse(`${day}T00:00:00Z`) + dayMs - 1).toISOString()
  const { body } = await admin.graphql(`query ($asOf: DateTime!) { ${counted[name]} }`, { asOf })
  assert.equal(body.errors, undefined, JSON.stringify(body.errors))
  const by = new Map<string, number>(body.data.it.by.map(({ key, count }: Bucket) => [key, count]))
  return { n: body.data.it.n ?? by.get('active') ?? 0, by }
}
const facts = async () =>
  (
    await owner.query(
      'select * from assets.metric_facts order by organization_id, metric, dimension, day, key',
    )
  ).rows

test('each day is what the counts as of its end say, of all and of a part', async () => {
  for (const name of Object.keys(counted)) {
    const { series } = await days(name, { period: period(8, 0) })
    assert.equal(series.length, 8)
    const different = new Set(series.map(({ n }) => n))
    assert.ok(different.size > 3, `${name}: ${[...different]}`)
    for (const { day, n, value } of series) {
      assert.equal(n, (await countedAt(name, day)).n, `${name} ${day}`)
      assert.equal(value, n)
    }
    if (name === 'assets.present') continue
    const part = await days(name, { period: period(8, 0), filter: { severity: ['HIGH', 'LOW'] } })
    for (const { day, n } of part.series) {
      const { by } = await countedAt(name, day)
      assert.equal(n, (by.get('high') ?? 0) + (by.get('low') ?? 0), `${name} ${day}`)
    }
  }
  const { series } = await days('assets.present', { period: period(8, 0), filter: { criticality: 'HIGH' } })
  assert.ok(series.every(({ n }) => n > 0 && n < 24))
})

test('today is what there is now, two periods are compared, and a stranger has days of their own', async () => {
  const now = async () => (await admin.graphql('{ alertStats { open } }')).body.data.alertStats.open as number
  const today = async () => (await days('alerts.open')).series.at(-1)!
  assert.equal((await days('alerts.open')).series.length, 30)
  assert.equal((await today()).n, await now())
  const before = await today()
  const { body } = await admin.graphql('{ alerts(filter: { status: [OPEN] }) { edges { node { id } } } }')
  await admin.rest('POST', `/alerts/${body.data.alerts.edges[0].node.id}/resolve`, { verdict: 'benign' })
  assert.equal((await today()).n, before.n - 1)
  const both = await days('alerts.open', { period: period(4, 0), compareTo: period(8, 4) })
  const all = await days('alerts.open', { period: period(8, 0) })
  assert.deepEqual([...both.previous!.series, ...both.series], all.series)
  const stranger = await house.as('admin@globex.example')
  const theirs = await days('alerts.open', { period: period(3, 0) }, stranger)
  assert.ok(
    theirs.series.every(({ n }) => n < 20),
    JSON.stringify(theirs.series),
  )
  const rest = await admin.rest(
    'GET',
    `/metrics/trends?metric=vulnerabilities.open&from=${period(3, 0).from}&to=${period(3, 0).to}`,
  )
  assert.equal(rest.body.data.series.length, 3)
})

test('what is not kept is refused', async () => {
  for (const filter of [
    { search: 'daily' },
    { severity: ['HIGH'], status: ['OPEN'] },
    { source: ['daily'] },
  ]) {
    const { body } = await admin.graphql(question, { name: 'alerts.open', filter })
    assert.equal(body.errors?.[0].extensions.code, 'VALIDATION_ERROR', JSON.stringify(filter))
  }
})

test('a day is written once; what no history tells is measured when it ends, and else nobody knows', async () => {
  assert.ok((await days('assets.risk', { period: period(2, 0) })).series.every(({ value }) => value === null))
  const written = await facts()
  await house.rounds()
  assert.deepEqual(await facts(), written)
  goTo(1, 20)
  admin = await house.as('admin@acme.example')
  const { value } = (await admin.graphql('{ metric(name: "assets.risk") { value n } }')).body.data.metric
  await house.rounds()
  await house.rounds()
  const [yesterday] = (await days('assets.risk', { period: period(1, 0) })).series
  assert.ok(Math.abs(yesterday!.value! - value) < 1e-9, `${yesterday!.value} is not ${value}`)
  const stale = await days('assets.present', {
    period: period(1, 0),
    filter: { lifecycle: ['ACTIVE', 'STALE'] },
  })
  assert.equal(stale.series[0]!.n, (await countedAt('assets.present', stale.series[0]!.day)).n)
  const kept = await facts()
  // Nobody looked for two days, and then only in the morning.
  goTo(3, 5 * 60)
  await house.rounds()
  admin = await house.as('admin@acme.example')
  const late = await days('assets.risk', { period: period(4, 0) })
  assert.deepEqual(
    late.series.map((point) => point.value !== null),
    [true, false, false, false],
  )
  const known = await days('assets.present', { period: period(4, 0) })
  assert.ok(known.series.every(({ n }) => n > 0))
  const first = (await facts()).filter(({ measured_at }) =>
    kept.some((row) => `${row.measured_at}` === `${measured_at}`),
  )
  assert.deepEqual(first, kept, 'what is written stays as it is')
})
