/** The doors of REST that are only rows, on the real graph. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'

let house: TestHouse
let admin: Visitor
before(async () => {
  house = await openTestHouse()
  admin = await house.as('admin@acme.example')
})
after(() => house?.close())

test('users and organizations are listed and found, by the names of their columns', async () => {
  const users = await admin.rest('GET', '/users?role=manager,viewer&sort=-email')
  const [viewer, manager] = users.body.data.items
  assert.deepEqual([viewer.email, manager.email], ['viewer@acme.example', 'manager@acme.example'])
  assert.equal(users.body.data.pagination.total, 2)
  const { body } = await admin.rest('GET', `/users/${viewer.id}`)
  assert.deepEqual(body.data, viewer)
  const organizations = await admin.rest('GET', '/organizations')
  const [own] = organizations.body.data.items
  assert.deepEqual([own.slug, own.id], ['acme', viewer.organization_id])
  assert.equal((await admin.rest('GET', `/organizations/${own.id}`)).body.data.name, 'Acme')
  assert.equal((await admin.rest('GET', `/organizations/${viewer.id}`)).status, 404)
})

test('the dashboard is one question to three subgraphs, a statement each, and when it changes by itself', async () => {
  const seen = await house.statements(async () => {
    const { body } = await admin.rest('GET', '/metrics/dashboard')
    const { assets, alerts, vulnerabilities } = body.data
    assert.deepEqual([assets.total, alerts.total, vulnerabilities.total], [5, 5, 3])
    assert.deepEqual([alerts.open, alerts.by_severity.critical, vulnerabilities.by_status.open], [4, 1, 3])
  })
  // Alerts ask when the next rule ends, assets when the next of them turns stale, and findings when the next lapse is.
  const asked = ['alerts', 'alerts', 'assets', 'assets', 'vulns', 'vulns']
  assert.deepEqual(seen.map((statement) => statement.schema).sort(), asked)
})

test('every role reads, and what a role may not read is refused by the graph', async () => {
  const viewer = await house.as('viewer@acme.example')
  for (const path of ['/users', '/organizations', '/metrics/dashboard', '/integrations/connectors'])
    assert.equal((await viewer.rest('GET', path)).status, 200, path)
  assert.equal((await house.anonymous.rest('GET', '/users')).status, 401)
})
