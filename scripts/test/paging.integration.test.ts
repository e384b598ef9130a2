import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'

let house: TestHouse
let admin: Visitor
const total = 53

before(async () => {
  house = await openTestHouse()
  admin = await house.as('admin@acme.example')
  // All of one severity and one moment, so that only the id tells them apart.
  const matches = Array.from({ length: total }, (_, index) => ({
    VulnerabilityID: `CVE-2020-${10_000 + index}`,
    PkgName: `package-${index}`,
    InstalledVersion: '1.0',
    Severity: index % 2 ? 'HIGH' : 'LOW',
    Title: `Weakness ${index}`,
  }))
  const report = {
    SchemaVersion: 2,
    ArtifactName: 'paged:1',
    ArtifactType: 'container_image',
    Results: [{ Target: 'paged', Class: 'os-pkgs', Type: 'debian', Vulnerabilities: matches }],
  }
  const { body } = await admin.rest('POST', '/integrations/imports?file=paged.json', JSON.stringify(report))
  let run = body.data
  while (run.status !== 'complete') {
    assert.notEqual(run.status, 'failed', run.error_message)
    run = (await admin.rest('GET', `/integrations/imports/${run.id}`)).body.data
  }
  assert.equal(run.created, total)
})
after(() => house?.close())

const query = `query ($first: Int, $after: String, $last: Int, $before: String, $orderBy: VulnerabilityOrder) {
  vulnerabilities(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy,
    filter: { search: "Weakness" }) {
    totalCount { count type } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { id title severity } } } }`

const fields = ['CREATED_AT', 'LAST_SEEN_AT', 'SEVERITY', 'CVSS_SCORE']

async function walk(variables: (cursor: string | null) => Record<string, unknown>, forward: boolean) {
  const seen: string[] = []
  for (let cursor: string | null = null, more = true; more; ) {
    const { body } = await admin.graphql(query, variables(cursor))
    const { edges, pageInfo, totalCount } = body.data.vulnerabilities
    assert.deepEqual(totalCount, { count: total, type: 'EXACT' })
    const ids = edges.map((edge: { node: { id: string } }) => edge.node.id)
    if (forward) seen.push(...ids)
    else seen.unshift(...ids)
    more = forward ? pageInfo.hasNextPage : pageInfo.hasPreviousPage
    cursor = forward ? pageInfo.endCursor : pageInfo.startCursor
  }
  return seen
}

for (const field of fields) {
  for (const direction of ['ASC', 'DESC']) {
    test(`every finding once, forward and backward, by ${field} ${direction}`, async () => {
      const orderBy = { field, direction }
      const forward = await walk((after) => ({ first: 7, after, orderBy }), true)
      const backward = await walk((before) => ({ last: 7, before, orderBy }), false)
      assert.equal(new Set(forward).size, total)
      assert.deepEqual(backward, forward)
    })
  }
}

test('a cursor belongs to its order, and a size to its bounds', async () => {
  const { body } = await admin.graphql(query, { first: 1, orderBy: { field: 'SEVERITY', direction: 'DESC' } })
  const after = body.data.vulnerabilities.pageInfo.endCursor
  const refusals = [
    { first: 1, after, orderBy: { field: 'SEVERITY', direction: 'ASC' } },
    { first: 1, after, orderBy: { field: 'CREATED_AT', direction: 'DESC' } },
    { first: 1, after: `${after}x'` },
    { first: 101 },
    { first: -1 },
    { last: 101 },
    { first: 1, last: 1 },
  ]
  for (const variables of refusals) {
    const { body: refused } = await admin.graphql(query, variables)
    assert.equal(refused.errors?.[0]?.extensions.code, 'VALIDATION_ERROR', JSON.stringify(variables))
  }
})

test('REST counts pages over the same order', async () => {
  const seen = new Set<string>()
  for (let page = 1; page <= 6; page++) {
    const { body } = await admin.rest('GET', `/vulnerabilities?search=Weakness&limit=10&page=${page}`)
    for (const item of body.data.items) seen.add(item.id)
    const { total: counted, totalPages, limit, page: at } = body.data.pagination
    assert.deepEqual(
      { counted, totalPages, limit, at },
      { counted: total, totalPages: 6, limit: 10, at: page },
    )
  }
  assert.equal(seen.size, total)
})
