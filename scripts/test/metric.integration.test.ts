/** Figures and the lists behind them: each metric, in each group, is as many as its filter lists. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { idOfName } from '#kit/id.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'

let house: TestHouse
let admin: Visitor
const now = new Date()
const dayMs = 86_400_000

before(async () => {
  house = await openTestHouse()
  await fillAtRandom()
  admin = await house.as('admin@acme.example')
})
after(() => house?.close())

/** A few hundred alerts, findings and assets of Acme, drawn by PostgreSQL. */
async function fillAtRandom(): Promise<void> {
  const owner = new pg.Client({ connectionString: house.databaseUrl })
  await owner.connect()
  const acme = `'${idOfName('organization', 'acme')}'::uuid`
  const pick = (words: string) =>
    `(string_to_array('${words}', ' '))[1 + floor(random() * ${words.split(' ').length})::int]`
  const past = (days: number) => `now() - random() * interval '${days} days'`
  const severity = pick('critical high medium low info unknown')
  try {
    await owner.query(`
      insert into assets.assets (id, organization_id, type, name, criticality, environment, exposure, lifecycle, retired_at, risk_score, last_seen_at)
      select gen_random_uuid(), ${acme}, ${pick('host repository saas')}, 'drawn ' || i, ${pick('critical high unknown')},
        ${pick('production test unknown')}, ${pick('internet internal')}, lifecycle,
        case when lifecycle = 'retired' then now() end, floor(random() * 101), ${past(60)}
      from (select i, ${pick('active active retired')} as lifecycle from generate_series(1, 120) i) drawn;
      insert into assets.asset_sources (organization_id, asset_id, source, first_seen_at, last_seen_at)
      select organization_id, id, source, now(), now() from assets.assets, unnest('{trivy,okta,falco}'::text[]) as source
        where name like 'drawn%' and random() < 0.3;
      insert into integrations.connectors (id, organization_id, kind, name, status, created_at)
      select gen_random_uuid(), ${acme}, 'drawn-' || i, 'drawn ' || i, ${pick('healthy degraded failing stale disabled')}, ${past(200)}
        from generate_series(1, 25) i;
      insert into alerts.suppression_rules (id, organization_id, name, filter, reason, expires_at, created_by, created_at)
      values ('01990000-0000-7000-8000-000000000001', ${acme}, 'drawn', '{}', 'drawn', now() + interval '30 days', gen_random_uuid(), now());
      insert into alerts.alerts (id, organization_id, asset_id, severity, title, source, fingerprint, first_seen_at, created_at,
        status, suppression_rule_id, hold_until, hold_reason, verdict, resolved_at, first_resolved_at, resolve_due_at)
      select id, organization_id, asset_id, severity, title, source, fingerprint, first_seen_at, created_at, status,
        case when status = 'suppressed' then '01990000-0000-7000-8000-000000000001'::uuid end, now() + interval '1 day', 'drawn',
        case when ended then ${pick('true_positive false_positive test')} end, case when ended then resolved end, case when ended then resolved end,
        first_seen_at + random() * interval '9 days'
      from (select *, status in ('resolved', 'archived') as ended, first_seen_at + random() * interval '9 days' as resolved from (
      select gen_random_uuid() as id, ${acme} as organization_id, case when random() < 0.8 then (select id from assets.assets where organization_id = ${acme} order by md5(id::text || i % 9) limit 1) end as asset_id,
        ${severity} as severity, ${pick('open acknowledged in_progress on_hold suppressed resolved archived')} as status, 'drawn ' || i as title,
        ${pick('falco okta suricata')} as source, 'drawn' || i as fingerprint, ${past(200)} as first_seen_at, ${past(200)} as created_at
      from generate_series(1, 300) i) drawn) ending;
      update alerts.alerts set acknowledged_at = first_seen_at + random() * interval '9 days'
        where title like 'drawn%' and status not in ('open', 'suppressed') and random() < 0.9;
      insert into vulns.vulnerabilities (id, organization_id, asset_id, fingerprint, kind, severity, status, accepted_from, accepted_until, resolution, title, first_seen_at, created_at, resolved_at)
      select gen_random_uuid(), ${acme}, (select id from assets.assets where organization_id = ${acme} order by md5(id::text || i % 9) limit 1),
        'drawn' || i, ${pick('package code config')}, ${severity}, status, case when status = 'risk_accepted' then seen end, case when status = 'risk_accepted' then now() + interval '30 days' end, case when status = 'resolved' then ${pick('fixed mitigated')} end,
        'drawn ' || i, seen, seen, case when status = 'resolved' then seen + random() * interval '40 days' end
      from (select i, ${pick('open confirmed in_remediation risk_accepted resolved resolved')} as status, ${past(200)} as seen from generate_series(1, 300) i) drawn`)
  } finally {
    await owner.end()
  }
}

type Link = { n: number; drillDown: { list: string; filter: object } }
type Told = Link & {
  name: string
  unit: string
  value: number | null
  p50: number | null
  p90: number | null
  groups: (Link & { key: string; value: number | null })[]
  series: { day: string; value: number | null; n: number }[]
  previous: (Link & { value: number | null }) | null
}

const figure = 'value n p50 p90 drillDown { list filter }'
async function metric(of: Visitor, variables: Record<string, unknown>): Promise<Told> {
  const { body } = await of.graphql(
    `query ($name: String!, $filter: JSON, $groupBy: String, $period: MetricPeriod, $compareTo: MetricPeriod) {
      metric(name: $name, filter: $filter, groupBy: $groupBy, period: $period, compareTo: $compareTo) {
        name unit ${figure} groups { key ${figure} } series { day value n } previous { ${figure} } } }`,
    variables,
  )
  assert.equal(body.errors, undefined, JSON.stringify([variables, body.errors]))
  return body.data.metric
}
const inputs: Record<string, string> = {
  alerts: 'AlertFilter',
  vulnerabilities: 'VulnerabilityFilter',
  assets: 'AssetFilter',
  connectors: 'ConnectorFilter',
}
/** How many each filter lists, some of them in one question. */
async function listedAll(links: readonly Link['drillDown'][]): Promise<number[]> {
  const counts: number[] = []
  for (let from = 0; from < links.length; from += 10) {
    const some = links.slice(from, from + 10)
    const heads = some.map(({ list }, index) => `$f${index}: ${inputs[list]}`)
    const fields = some.map(
      ({ list }, index) => `l${index}: ${list}(filter: $f${index}, first: 0) { totalCount { count type } }`,
    )
    const variables = Object.fromEntries(some.map(({ filter }, index) => [`f${index}`, filter]))
    const { body } = await admin.graphql(`query (${heads}) { ${fields.join(' ')} }`, variables)
    assert.equal(body.errors, undefined, JSON.stringify([some, body.errors]))
    for (let index = 0; index < some.length; index++) {
      const { count, type } = body.data[`l${index}`].totalCount
      assert.equal(type, 'EXACT')
      counts.push(count)
    }
  }
  return counts
}
/** How many the filter lists. */
const listed = async (link: Link['drillDown']): Promise<number> => (await listedAll([link]))[0]!

type Defined = { name: string; unit: string; list: string; time: string; groups: string[] }
const definitions = async (of: Visitor): Promise<Defined[]> =>
  (await of.graphql('{ metrics { name description unit list time groups } }')).body.data.metrics
const period = (from: number, to: number) => ({
  from: new Date(now.getTime() - from * dayMs).toISOString(),
  to: new Date(now.getTime() - to * dayMs).toISOString(),
})
const narrowed: Record<string, object[]> = {
  alerts: [{ severity: ['CRITICAL', 'HIGH'] }, { search: 'drawn 1', status: 'OPEN' }],
  vulnerabilities: [{ kind: ['PACKAGE'] }, { createdAt: period(150, 20) }],
  assets: [{ criticality: ['UNKNOWN'] }, { search: 'drawn', lifecycle: ['STALE', 'RETIRED'] }],
  connectors: [{ kind: ['drawn-1', 'drawn-2', 'drawn-3'] }, { search: 'drawn', status: 'HEALTHY' }],
}

/** Of these, a day tells how much there was at its end: see metric-days. */
const stocks = ['alerts.open', 'vulnerabilities.open', 'assets.present', 'assets.risk']

test('every figure is as many as its filter lists, in every group, period and narrowing', async () => {
  let links = 0
  const same = async (all: readonly Link[], what: string) => {
    const counts = await listedAll(all.map(({ drillDown }) => drillDown))
    for (const [index, of] of all.entries())
      assert.equal(counts[index], of.n, `${what} ${JSON.stringify(of.drillDown)}`)
    links += all.length
  }
  const all = await definitions(admin)
  assert.ok(all.length >= 15, `${all.length} metrics`)
  for (const { name, list, groups } of all) {
    const askings: Record<string, unknown>[] = [
      { compareTo: period(200, 100), period: period(100, 0) },
      ...narrowed[list]!.map((filter) => ({ filter })),
      ...groups.map((groupBy) => ({ groupBy })),
      { groupBy: groups[1], period: period(90, 3), filter: narrowed[list]![0] },
    ]
    for (const asking of askings) {
      const what = `${name} ${JSON.stringify(asking)}`
      const told = await metric(admin, { name, ...asking })
      await same([told, ...(told.previous ? [told.previous] : []), ...told.groups], what)
      const sum = told.series.reduce((total, { n }) => total + n, 0)
      if (asking.groupBy === 'day' && !stocks.includes(name)) assert.equal(sum, told.n, what)
    }
  }
  assert.ok(links > 300, `${links} figures`)
  // None of it is empty by accident.
  for (const { name } of all) assert.ok((await metric(admin, { name })).n > 0, name)
})

test('groups of one key each are parts of the whole, and ages too', async () => {
  for (const { name, unit, groups } of await definitions(admin)) {
    if (unit !== 'count') continue
    for (const groupBy of groups.filter((each) => each !== 'day' && each !== 'asset')) {
      const told = await metric(admin, { name, groupBy })
      const sum = told.groups.reduce((total, { n }) => total + n, 0)
      assert.equal(sum, told.n, `${name} by ${groupBy}`)
    }
  }
  const aged = await metric(admin, {
    name: 'vulnerabilities.open',
    groupBy: 'age',
    filter: { severity: ['HIGH'] },
  })
  assert.deepEqual(
    aged.groups.map(({ key }) => key),
    ['0-7', '8-30', '31-90', '91-180', '>180'],
  )
})

test('sources tell what part of the assets each has seen, of which some are seen by several', async () => {
  const { value, n, groups } = await metric(admin, { name: 'assets.coverage', groupBy: 'source' })
  const seen = await listed({ list: 'assets', filter: { lifecycle: ['ACTIVE', 'STALE'], isSeen: true } })
  assert.equal(value, seen / n)
  const sources = groups.map(({ key }) => key)
  for (const source of ['trivy', 'okta', 'falco']) assert.ok(sources.includes(source), source)
  for (const { key, n: theirs, value: share } of groups) assert.equal(share, theirs / n, key)
  assert.ok(groups.reduce((sum, each) => sum + each.n, 0) > seen, 'some are seen twice')
})

test('means, medians and the ninetieth are those of the rows', async () => {
  const rows: { seconds: number; day: string }[] = []
  for (let after: string | null = null; ; ) {
    const { body } = await admin.graphql(
      `query ($after: String) { alerts(first: 100, after: $after, filter: { acknowledgedAt: { from: "2000-01-01T00:00:00Z" } }) {
        pageInfo { hasNextPage endCursor } edges { node { status verdict firstSeenAt acknowledgedAt } } } }`,
      { after },
    )
    const { pageInfo, edges } = body.data.alerts
    for (const { node } of edges)
      if (node.status !== 'SUPPRESSED' && node.verdict !== 'TEST')
        rows.push({
          seconds: (Date.parse(node.acknowledgedAt) - Date.parse(node.firstSeenAt)) / 1_000,
          day: node.acknowledgedAt.slice(0, 10),
        })
    if (!pageInfo.hasNextPage) break
    after = pageInfo.endCursor
  }
  const told = await metric(admin, { name: 'alerts.mtta' })
  const sorted = rows.map(({ seconds }) => seconds).sort((a, b) => a - b)
  const at = (share: number) => {
    const place = share * (sorted.length - 1)
    const [low, high] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!]
    return low + (place - Math.floor(place)) * (high - low)
  }
  const mean = sorted.reduce((sum, each) => sum + each, 0) / sorted.length
  assert.equal(told.n, rows.length)
  for (const [have, want] of [
    [told.value, mean],
    [told.p50, at(0.5)],
    [told.p90, at(0.9)],
  ] as const)
    assert.ok(Math.abs(have! - want) < 0.01, `${have} is not ${want}`)
  const { series } = await metric(admin, { name: 'alerts.mtta', groupBy: 'day', period: period(20, 0) })
  assert.equal(series.length, 21)
  for (const { day, n, value } of series.slice(1, -1)) {
    const those = rows.filter((row) => row.day === day)
    assert.equal(n, those.length, day)
    assert.equal(value === null, n === 0)
  }
})

test('an acknowledgement is in the next figure', async () => {
  const open = { name: 'alerts.open', filter: { status: ['OPEN'] } }
  const before = await metric(admin, open)
  const { body } = await admin.graphql('{ alerts(filter: { status: [OPEN] }) { edges { node { id } } } }')
  await admin.rest('POST', `/alerts/${body.data.alerts.edges[0].node.id}/acknowledge`)
  assert.equal((await metric(admin, open)).n, before.n - 1)
})

test('what nobody can measure is refused, and what one may not read', async () => {
  const code = async (of: Visitor, args: string) => {
    const { body } = await of.graphql(`{ metric(${args}) { n } }`)
    return body.errors?.[0].extensions.code
  }
  for (const [args, expected] of [
    ['name: "alerts.nothing"', 'NOT_FOUND'],
    ['name: "__proto__.open"', 'NOT_FOUND'],
    ['name: "users.open"', 'NOT_FOUND'],
    ['name: "alerts.open", groupBy: "title"', 'VALIDATION_ERROR'],
    ['name: "alerts.open", groupBy: "constructor"', 'VALIDATION_ERROR'],
    ['name: "alerts.open", filter: { organizationId: "x" }', 'VALIDATION_ERROR'],
    ['name: "alerts.open", filter: { status: ["NONE"] }', 'VALIDATION_ERROR'],
    ['name: "alerts.open", filter: "all"', 'VALIDATION_ERROR'],
    [
      'name: "alerts.open", period: { from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z" }',
      'VALIDATION_ERROR',
    ],
    [
      'name: "alerts.open", period: { from: "2020-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z" }',
      'VALIDATION_ERROR',
    ],
    [
      'name: "alerts.open", compareTo: { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" }',
      'VALIDATION_ERROR',
    ],
  ])
    assert.equal(await code(admin, args!), expected, args)
  assert.equal(await code(house.anonymous, 'name: "alerts.open"'), 'UNAUTHENTICATED')
  const { body } = await admin.rest('POST', '/api-keys', { name: 'narrow', scopes: ['assets:read'] })
  const key = house.visitor(body.data.key)
  assert.equal(await code(key, 'name: "alerts.open"'), 'FORBIDDEN')
  assert.equal(await code(key, 'name: "assets.present"'), undefined)
  assert.deepEqual(new Set((await definitions(key)).map(({ list }) => list)), new Set(['assets']))
  const stranger = await house.as('admin@globex.example')
  const theirs = await metric(stranger, { name: 'alerts.open' })
  assert.ok(theirs.n > 0 && theirs.n < 20, `${theirs.n}`)
})

test('REST tells the same: one metric, its trend, and those that people put together', async () => {
  const range = period(30, 0)
  const graph = await metric(admin, { name: 'alerts.created', groupBy: 'severity', period: range })
  const query = `from=${range.from}&to=${range.to}`
  const { body } = await admin.rest('GET', `/metrics/alerts.created?group_by=severity&${query}`)
  assert.deepEqual([body.data.n, body.data.groups.length], [graph.n, graph.groups.length])
  assert.deepEqual(body.data.drill_down, { list: 'alerts', filter: graph.drillDown.filter })
  const trend = await admin.rest('GET', `/metrics/trends?metric=alerts.created&${query}`)
  assert.equal(trend.body.data.series.length, 31)
  assert.equal(
    (await admin.rest('GET', `/metrics/trends?metric=alerts.created&from=${range.from}`)).status,
    400,
  )
  assert.equal((await admin.rest('GET', '/metrics/alerts.created?filter={')).status, 400)
  assert.equal((await admin.rest('GET', '/metrics/nothing.at.all')).status, 404)
  const asked = {
    name: 'Serious',
    metric: 'alerts.mttr',
    filter: { severity: ['CRITICAL'] },
    days: 90,
    compares: true,
  }
  const made = await admin.rest('POST', '/metrics/custom', asked)
  assert.equal(made.status, 201, made.text)
  const { id } = made.body.data
  const shown = await admin.rest('GET', `/metrics/custom/${id}`)
  const { result } = shown.body.data
  assert.equal(await listed({ list: result.drill_down.list, filter: result.drill_down.filter }), result.n)
  assert.equal(await listed({ list: 'alerts', filter: result.previous.drill_down.filter }), result.previous.n)
  assert.equal((await admin.rest('POST', '/metrics/custom', asked)).status, 409)
  assert.equal(
    (await admin.rest('POST', '/metrics/custom', { ...asked, name: 'b', metric: 'alerts.x' })).status,
    404,
  )
  const wrong = { ...asked, name: 'c', filter: { nothing: 1 } }
  assert.equal((await admin.rest('POST', '/metrics/custom', wrong)).status, 400)
  const viewer = await house.as('viewer@acme.example')
  assert.equal((await viewer.rest('POST', '/metrics/custom', { ...asked, name: 'd' })).status, 403)
  assert.equal((await viewer.rest('GET', '/metrics/custom')).body.data.items.length, 1)
  const stranger = await house.as('admin@globex.example')
  for (const [method, path] of [
    ['GET', `/metrics/custom/${id}`],
    ['DELETE', `/metrics/custom/${id}`],
  ] as const)
    assert.equal((await stranger.rest(method, path)).status, 404)
  assert.equal((await admin.rest('DELETE', `/metrics/custom/${id}`)).status, 200)
  assert.equal((await admin.rest('DELETE', `/metrics/custom/${id}`)).status, 404)
  assert.deepEqual((await viewer.rest('GET', '/metrics/custom')).body.data.items, [])
  assert.equal((await admin.rest('POST', '/metrics/custom', asked)).status, 201)
})
