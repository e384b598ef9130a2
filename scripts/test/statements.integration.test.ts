/** How many statements an answer costs: as many as there are fields of other subgraphs, never as rows. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { inTenant, openDatabase, roleOf, urlAs } from '#kit/database.ts'
import { idOfName, newId } from '#kit/id.ts'
import * as assets from '../../subgraphs/assets/model/asset.ts'
import type { Tables } from '../../subgraphs/assets/tables.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'

let house: TestHouse
let admin: Visitor

before(async () => {
  house = await openTestHouse()
  admin = await house.as('admin@acme.example')
  const { keys, log } = house.surroundings
  const role = roleOf(house.databaseUrl, 'assets')
  const url = urlAs(house.databaseUrl, role, keys.passwordOf(role))
  const db = openDatabase<Tables>({ url, schema: 'assets', log })
  const organizationId = idOfName('organization', 'acme')
  const many = Array.from({ length: 95 }, (_, index) => ({
    id: newId(),
    organizationId,
    type: 'host' as const,
    name: `host-${index}`,
  }))
  await inTenant(db, { organizationId }, (trx) => assets.add(trx, many)).finally(() => db.destroy())
})
after(() => house?.close())

const perSubgraph = async (first: number): Promise<Record<string, number>> => {
  const seen = await house.statements(async () => {
    const { body } = await admin.graphql(`{
      assets(first: ${first}) { totalCount { count } edges { node { name openVulnerabilityCount
        alerts(first: 3) { totalCount { count } edges { node { title assignee { name } } } }
        vulnerabilities(first: 3) { totalCount { count } edges { node { title sources asset { name } } } }
      } } } }`)
    assert.equal(body.errors, undefined)
    assert.equal(body.data.assets.edges.length, first)
  })
  const groups = Map.groupBy(seen, (statement) => statement.schema)
  return Object.fromEntries([...groups].map(([schema, of]) => [schema, of.length]).sort())
}

test('the number of statements does not depend on how many assets are in the answer', async () => {
  const few = await perSubgraph(20)
  const many = await perSubgraph(100)
  assert.deepEqual(many, few)
  // A page and its total; alerts and their totals; counts, findings, totals, and their sources.
  assert.deepEqual(few, { alerts: 2, assets: 3, vulns: 4 })
})

test('a total costs nothing unless it is asked for', async () => {
  const seen = await house.statements(() => admin.graphql('{ assets { edges { node { name } } } }'))
  assert.equal(seen.length, 1)
})
