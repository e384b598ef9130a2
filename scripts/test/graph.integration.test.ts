import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { buildSchema, isEnumType, isInputObjectType, isObjectType, isScalarType } from 'graphql'
import { root } from '#kit/register.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { importReport, trivyReport } from './reports.ts'

const api = buildSchema(readFileSync(`${root}schema/api.graphql`, 'utf8'))
const nouns = {
  organization: 'organizations',
  user: 'users',
  asset: 'assets',
  alert: 'alerts',
  vulnerability: 'vulnerabilities',
  framework: 'frameworks',
  control: 'controls',
  connector: 'connectors',
}

let house: TestHouse
let admin: Visitor
before(async () => {
  house = await openTestHouse()
  admin = await house.as('admin@acme.example')
  const run = await importReport(admin, 'a.json', trivyReport('a:1', [{ id: 'CVE-2022-1', package: 'a' }]))
  assert.equal(run.status, 'complete')
})
after(() => house?.close())

for (const [singular, plural] of Object.entries(nouns)) {
  test(`${plural} are listed, and each is found by its id`, async () => {
    const list = await admin.graphql(
      `{ ${plural}(first: 2) { totalCount { count type } pageInfo { endCursor } edges { cursor node { __typename id } } } }`,
    )
    assert.equal(list.body.errors, undefined)
    const { edges, totalCount } = list.body.data[plural]
    assert.ok(edges.length > 0 && totalCount.count >= edges.length)
    const { node } = edges[0]
    const { body } = await admin.graphql(`query ($id: ID!) { ${singular}(id: $id) { __typename id } }`, {
      id: node.id,
    })
    assert.deepEqual(body.data[singular], node)
    assert.match(node.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/, 'a UUIDv7')
    for (const id of ['', 'x', "' or 1=1", '01a1fc87-6e56-7175-bb20-000000000000']) {
      const none = await admin.graphql(`query ($id: ID!) { ${singular}(id: $id) { id } }`, { id })
      assert.deepEqual(none.body, { data: { [singular]: null } })
    }
  })
}

test('one query joins assets, alerts, findings, imports and people', async () => {
  const { body } = await admin.graphql(`{
    alerts(filter: { severity: [CRITICAL] }) { edges { node { title asset { name environment
      openVulnerabilityCount vulnerabilities { edges { node { cveId asset { name } } } } }
      organization { slug } } } }
    importRuns { edges { node { status asset { name type } requestedBy { email organization { name } } } } } }`)
  assert.equal(body.errors, undefined)
  const [{ node: alert }] = body.data.alerts.edges
  assert.equal(alert.asset.name, 'web-01')
  assert.equal(alert.asset.vulnerabilities.edges[0].node.asset.name, 'web-01')
  assert.equal(alert.organization.slug, 'acme')
  const [{ node: run }] = body.data.importRuns.edges
  assert.equal(run.requestedBy.email, 'admin@acme.example')
  assert.equal(run.asset.type, 'CONTAINER_IMAGE')
})

test('filters and orders mean what they say', async () => {
  const { body } = await admin.graphql(`{
    bySeverity: alerts(filter: { severity: [HIGH, LOW] }, orderBy: { field: SEVERITY, direction: ASC }) {
      totalCount { count } edges { node { severity } } }
    search: alerts(filter: { search: "100%" }) { totalCount { count } }
    nothing: alerts(filter: { severity: [] }) { totalCount { count } }
    range: alerts(filter: { createdAt: { from: "2020-01-01T00:00:00Z", to: "2020-01-02T00:00:00Z" } }) {
      totalCount { count } }
    badId: alerts(filter: { assetId: ["x'"] }) { totalCount { count } } }`)
  assert.equal(body.errors, undefined)
  const { data } = body
  assert.deepEqual(
    data.bySeverity.edges.map((edge: { node: { severity: string } }) => edge.node.severity),
    ['LOW', 'HIGH', 'HIGH'],
  )
  for (const none of ['search', 'nothing', 'range', 'badId'])
    assert.equal(data[none].totalCount.count, 0, none)
})

test('text that the database cannot hold is the caller’s error', async () => {
  const { body } = await admin.graphql('{ assets(filter: { search: "\\u0000" }) { edges { cursor } } }')
  assert.equal(body.errors[0].extensions.code, 'VALIDATION_ERROR')
  const { status } = await house.anonymous.rest('POST', '/auth/login', { email: 'a\u0000', password: 'x' })
  assert.equal(status, 400)
})

test('every type of the graph says what it is', () => {
  const silent = Object.values(api.getTypeMap()).filter((type) => {
    if (type.name.startsWith('__') || ['String', 'Int', 'Float', 'Boolean', 'ID'].includes(type.name))
      return false
    if (type === api.getQueryType() || type === api.getMutationType()) return false
    const spoken = isObjectType(type) || isEnumType(type) || isInputObjectType(type) || isScalarType(type)
    return spoken && !type.description
  })
  assert.deepEqual(silent.map(String), [])
  for (const type of [api.getQueryType()!, api.getMutationType()!])
    for (const field of Object.values(type.getFields())) assert.ok(field.description, `${type}.${field.name}`)
})

test('nothing internal reaches a client, whatever is asked', async () => {
  const questions = [
    '{ assets(first: 1) { edges { node { nope } } } }',
    '{ _service { sdl } }',
    '{ _entities(representations: []) { __typename } }',
    'query ($first: Int!) { assets(first: $first) { edges { cursor } } }',
    '{ __proto__: assets { constructor: edges { toString: node { __typename } } } }',
    '{',
  ]
  for (const query of questions) {
    const { text, body } = await admin.graphql(query)
    for (const error of body.errors ?? []) assert.ok(error.extensions?.code, text)
    assert.doesNotMatch(text, /127\.0\.0\.1|localhost|node_modules|at async|select |stack|postgres/i, query)
  }
})
