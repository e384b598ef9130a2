/** Two tenants: whatever one asks, no byte of the other comes back, nor whether there is one. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { makeReport } from './following.ts'
import { configurationReport, importReport, trivyReport } from './reports.ts'

const canary = 'canary-5f1e9c'
const nowhere = '01a1fc87-6e56-7175-bb20-000000000000'

let house: TestHouse
let stranger: Visitor
let ids: Record<string, string>

before(async () => {
  house = await openTestHouse()
  stranger = await house.as('admin@acme.example')
  const owner = await house.as('admin@globex.example')
  const weaknesses = [{ id: 'CVE-2024-1000', package: canary, title: `${canary} title` }]
  const run = await importReport(owner, `${canary}.json`, trivyReport(`${canary}-image`, weaknesses))
  assert.equal(run.created, 1, run.error_message ?? '')
  const failure = { rule: 'DS002', title: `${canary} rule`, status: 'FAIL', target: canary } as const
  await importReport(owner, `${canary}.json`, configurationReport(`${canary}-image`, [failure]))
  const report = await makeReport(owner, { list: 'vulnerabilities', format: 'csv', search: canary })
  assert.equal(report.rows, 2)
  const named = async (path: string, more: object) => {
    const { status, body, text } = await owner.rest('POST', path, more)
    assert.equal(status, 201, text)
    return body.data.id as string
  }
  const team = await named('/teams', { name: canary })
  const assetGroup = await named('/asset-groups', { name: canary })
  const grant = await named('/grants', { team_id: team, role: 'analyst', tag: `team:${canary}` })
  const invitation = await named('/invitations', { email: `${canary}@globex.example`, role: 'viewer' })
  const { body } = await owner.graphql(`{
    me { id organization { id } }
    assets(filter: { search: "${canary}" }) { edges { cursor node { id } } }
    alerts { edges { node { id } } }
    vulnerabilities(filter: { search: "${canary}" }) { edges { node { id title } } }
    connectors { edges { node { id } } } }`)
  const first = (noun: string) => body.data[noun].edges[0].node.id as string
  ids = {
    user: body.data.me.id,
    organization: body.data.me.organization.id,
    asset: first('assets'),
    alert: first('alerts'),
    vulnerability: first('vulnerabilities'),
    connector: first('connectors'),
    importRun: run.id,
    report: String(report.id),
    operation: String(report.operation_id),
    ...{ team, assetGroup, grant, invitation },
    cursor: body.data.assets.edges[0].cursor,
  }
})
after(() => house?.close())

const nouns: Record<string, string> = {
  user: 'email name organization { id slug name }',
  organization: 'name slug',
  asset: `name metadata alerts { edges { node { title } } } vulnerabilities { edges { node { title } } }
    checkResults { edges { node { target } } }`,
  alert: 'title description asset { name }',
  vulnerability: 'title asset { name openVulnerabilityCount }',
  connector: 'name lastRunAt',
  importRun: 'fileName asset { name } requestedBy { email }',
  report: 'list rows sha256 operation { kind done } requestedBy { email }',
  operation: 'kind status done requestedBy { email }',
  team: 'name members { email }',
  grant: 'tag permissions team { name } grantedBy { email } assetGroup { name }',
  invitation: 'email role state invitedBy { email }',
  assetGroup: 'name assetCount',
}
const foreign = [canary, 'globex']

function assertNothingOf(text: string, asked: string): void {
  for (const secret of foreign) assert.ok(!text.includes(secret), `${asked} gave away: ${text}`)
}

for (const [noun, selection] of Object.entries(nouns)) {
  test(`the ${noun} of another tenant is answered as one that does not exist`, async () => {
    const ask = (id: string) =>
      stranger.graphql(`query ($id: ID!) { ${noun}(id: $id) { ${selection} } }`, { id })
    const theirs = await ask(ids[noun]!)
    const none = await ask(nowhere)
    assert.equal(theirs.text, none.text)
    assert.equal(theirs.body.data[noun], null)
    assertNothingOf(theirs.text, noun)
  })
}

test('lists, totals, statistics and searches are the viewer’s own', async () => {
  const { body, text } = await stranger.graphql(`{
    users { totalCount { count } edges { node { email organization { slug } } } }
    organizations { totalCount { count } edges { node { slug } } }
    assets(first: 100) { totalCount { count } edges { node { name alerts { edges { node { title } } } } } }
    found: assets(filter: { search: "canary" }) { totalCount { count } edges { node { id } } }
    vulnerabilities(first: 100) { totalCount { count } edges { node { title component { name } } } }
    byAsset: vulnerabilities(filter: { assetId: ["${ids.asset}"] }) { totalCount { count } }
    alertsOf: alerts(filter: { assetId: ["${ids.asset}"] }) { totalCount { count } }
    connectors { totalCount { count } } importRuns { totalCount { count } edges { node { fileName } } }
    reports { totalCount { count } edges { node { rows } } } operations { totalCount { count } }
    controls(first: 100) { edges { node { status failures { edges { node { target check { title } } } } } } }
    posture { assessed unmappedChecks }
    teams { totalCount { count } edges { node { name } } } grants { totalCount { count } edges { node { tag } } }
    invitations { totalCount { count } } assetGroups { totalCount { count } edges { node { name } } }
    assetStats { total } alertStats { total } vulnerabilityStats { total } }`)
  assert.equal(body.errors, undefined)
  assertNothingOf(text, 'a list')
  const { data } = body
  assert.deepEqual(data.posture, { assessed: 0, unmappedChecks: 0 })
  assert.equal(data.users.totalCount.count, 4)
  assert.deepEqual(data.organizations.edges, [{ node: { slug: 'acme' } }])
  const ours = [
    'connectors',
    'importRuns',
    'reports',
    'operations',
    'teams',
    'grants',
    'invitations',
    'assetGroups',
  ]
  for (const none of ['found', 'byAsset', 'alertsOf', ...ours])
    assert.equal(data[none].totalCount.count, 0, none)
  assert.deepEqual(
    [data.assetStats.total, data.alertStats.total, data.vulnerabilityStats.total],
    [data.assets.totalCount.count, 5, 3],
  )
})

test('every REST route says the same of another tenant’s id as of none', async () => {
  const routes = [
    'assets/asset',
    'alerts/alert',
    'vulnerabilities/vulnerability',
    'integrations/imports/importRun',
    'reports/report',
    'operations/operation',
    'teams/team',
    'grants/grant',
    'invitations/invitation',
    'asset-groups/assetGroup',
  ]
  for (const route of routes) {
    const [path, noun] = [route.slice(0, route.lastIndexOf('/')), route.slice(route.lastIndexOf('/') + 1)]
    const theirs = await stranger.rest('GET', `/${path}/${ids[noun]}`)
    const none = await stranger.rest('GET', `/${path}/${nowhere}`)
    assert.equal(theirs.status, 404)
    assert.deepEqual(theirs.body.error, none.body.error)
    assertNothingOf(theirs.text, route)
  }
  for (const [path, id] of [
    ['reports/ID/download', ids.report!],
    ['integrations/ID/status', ids.connector!],
  ] as const) {
    const ask = (of: string) => stranger.rest('GET', `/${path.replace('ID', of)}`)
    const theirs = await ask(id)
    assert.deepEqual([theirs.status, theirs.body.error], [404, (await ask(nowhere)).body.error])
  }
  for (const path of [
    'assets',
    'alerts',
    'vulnerabilities',
    'assets/stats',
    'alerts/stats',
    'vulnerabilities/stats',
    'compliance/controls',
    'compliance/posture',
    'reports',
    'operations',
    'teams',
    'grants',
    'invitations',
    'asset-groups',
  ])
    assertNothingOf((await stranger.rest('GET', `/${path}`)).text, path)
  assertNothingOf((await stranger.rest('GET', `/assets/search?q=${canary.slice(0, 6)}`)).text, 'search')
  assertNothingOf((await stranger.rest('GET', `/vulnerabilities?asset_id=${ids.asset}`)).text, 'asset_id')
})

test('a report about an asset of the same name makes an asset of one’s own', async () => {
  const weaknesses = [{ id: 'CVE-2024-1000', package: 'other' }]
  const run = await importReport(stranger, 'same.json', trivyReport(`${canary}-image`, weaknesses))
  assert.equal(run.created, 1)
  const { body } = await stranger.graphql(`{ importRun(id: "${run.id}") { asset { id } } }`)
  assert.notEqual(body.data.importRun.asset.id, ids.asset)
})

test('the tenant header may agree with the token, and nothing else', async () => {
  const own = (await stranger.graphql('{ me { organization { id } } }')).body.data.me.organization.id
  const ask = (tenant: string) => stranger.rest('GET', '/assets', undefined, { 'x-tenant-id': tenant })
  assert.equal((await ask(own)).status, 200)
  for (const tenant of [ids.organization!, nowhere, 'x', `${own},${ids.organization}`]) {
    const { status, body } = await ask(tenant)
    assert.deepEqual([status, body.error.code], [403, 'FORBIDDEN'])
  }
})
