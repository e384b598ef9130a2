/** What an import would do is told beforehand, and what it did is set back, but for what people decided since. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { type Owner, openOwner } from './owner.ts'
import {
  type Configured,
  configurationReport,
  countsOf,
  importReport,
  trivyReport,
  type Weakness,
} from './reports.ts'

let house: TestHouse
let owner: Owner
let manager: Visitor
before(async () => {
  house = await openTestHouse()
  owner = await openOwner(house)
  manager = await house.as('manager@acme.example')
})
after(() => house?.close())

const none = { total: 0, created: 0, updated: 0, unchanged: 0, reopened: 0, closed: 0, skipped: 0 }
const weakness = (number: number, title?: string): Weakness => ({
  id: `CVE-2022-${number}`,
  package: `package-${number}`,
  ...(title && { title }),
})
const one = trivyReport('told:1', [weakness(1000), weakness(1001), weakness(1002)])
const other = trivyReport('told:1', [weakness(1000), weakness(1001, 'In other words'), weakness(1003)])
const findings = async () =>
  (
    await owner.query(
      `select id, cve_id, status, presence, title, version from vulns.vulnerabilities
       where cve_id like 'CVE-2022-10%' order by cve_id`,
    )
  ).rows

test('a preview counts what the import then does, names its findings, and changes nothing', async () => {
  const nothing = await importReport(manager, 'told.json', one, '&preview=true')
  assert.deepEqual([nothing.status, countsOf(nothing)], ['complete', { ...none, total: 3, created: 3 }])
  assert.deepEqual(await findings(), [])
  const { rows } = await owner.query(`select 1 from assets.assets where name = 'told:1'`)
  assert.deepEqual(rows, [], 'no asset either')
  await importReport(manager, 'told.json', one)
  const before = await findings()
  const previewed = await importReport(manager, 'told.json', other, '&preview=true')
  const expected = { ...none, total: 3, created: 1, updated: 1, unchanged: 1, closed: 1 }
  assert.deepEqual(countsOf(previewed), expected)
  assert.deepEqual(await findings(), before)
  const { body } = await manager.graphql(
    'query ($id: ID!) { importRun(id: $id) { isPreview changes { outcome title vulnerability { id cveId } } } }',
    { id: previewed.id },
  )
  const idOf = (cve: string) => before.find(({ cve_id }) => cve_id === cve).id
  const known = (cveId: string) => ({ id: idOf(cveId), cveId })
  assert.deepEqual(body.data.importRun, {
    isPreview: true,
    changes: [
      {
        outcome: 'UPDATED',
        title: 'CVE-2022-1001 in package-1001: In other words',
        vulnerability: known('CVE-2022-1001'),
      },
      {
        outcome: 'CREATED',
        title: 'CVE-2022-1003 in package-1003: Weakness in package-1003',
        vulnerability: null,
      },
      { outcome: 'CLOSED', title: null, vulnerability: known('CVE-2022-1002') },
    ],
  })
  const refused = await manager.rest('POST', `/integrations/imports/${previewed.id}/revert`)
  assert.deepEqual([refused.status, refused.body.error.code], [409, 'CONFLICT'])
  assert.deepEqual(countsOf(await importReport(manager, 'told.json', other)), expected)
})

test('an import is set back as it was, and what somebody has decided since is kept and told', async () => {
  const runs = (await manager.graphql('{ importRuns { edges { node { id isPreview total } } } }')).body.data
    .importRuns
  const [last, first] = runs.edges
    .map(({ node }: { node: { id: string; isPreview: boolean } }) => node)
    .filter(({ isPreview }: { isPreview: boolean }) => !isPreview)
  const revert = (visitor: Visitor, id: string) => visitor.rest('POST', `/integrations/imports/${id}/revert`)
  assert.equal((await revert(await house.as('analyst@acme.example'), last.id)).status, 403)
  assert.equal((await revert(await house.as('admin@globex.example'), last.id)).status, 404)
  const older = await revert(manager, first.id)
  assert.deepEqual([older.status, older.body.error.code], [409, 'CONFLICT'])
  assert.match(older.body.error.message, /A newer import of the same scope/)
  // What a person does raises the version.
  await owner.query(
    `update vulns.vulnerabilities set status = 'confirmed', version = version + 1 where cve_id = 'CVE-2022-1001'`,
  )
  const { status, body } = await revert(manager, last.id)
  assert.equal(status, 200, JSON.stringify(body))
  const { run, restored, kept } = body.data
  assert.deepEqual([restored, kept.length, kept[0].reason], [2, 1, 'Somebody has changed it since'])
  assert.ok(run.reverted_at)
  assert.deepEqual(
    (await findings()).map(({ cve_id, status, presence }) => [cve_id, status, presence]),
    [
      ['CVE-2022-1000', 'open', 'present'],
      ['CVE-2022-1001', 'confirmed', 'present'],
      ['CVE-2022-1002', 'open', 'present'],
      ['CVE-2022-1003', 'resolved', 'absent'],
    ],
  )
  const again = await importReport(manager, 'told.json', one)
  assert.deepEqual(countsOf(again), { ...none, total: 3, updated: 1, unchanged: 2 })
})

test('a preview finds its asset by the names that it is known by now', async () => {
  const report = (name: string) => trivyReport(name, [weakness(2000), weakness(2001)])
  await importReport(manager, 'before.json', report('before:1'))
  await owner.query(`update assets.assets set name = 'after:1' where name = 'before:1'`)
  for (const name of ['before:1', 'after:1']) {
    const previewed = await importReport(manager, 'again.json', report(name), '&preview=true')
    assert.deepEqual(countsOf(previewed), { ...none, total: 2, unchanged: 2 }, name)
    const imported = await importReport(manager, 'again.json', report(name))
    assert.deepEqual(countsOf(imported), countsOf(previewed), name)
  }
  const other = await importReport(manager, 'again.json', report('other:1'), '&preview=true')
  assert.deepEqual(countsOf(other), { ...none, total: 2, created: 2 })
})

test('what a reverted import said of checks is set back with its findings', async () => {
  const checks = (of: Configured['status'][]) =>
    configurationReport(
      'checked',
      of.map((status, index) => ({ rule: `DS-900${index}`, title: `Check ${index}`, status })),
    )
  const results = async () =>
    (
      await owner.query(
        `select c.rule_id, r.result, r.withdrawn_at is not null as gone from compliance.check_results r
         join compliance.checks c using (organization_id)
         where c.id = r.check_id and c.rule_id like 'DS-900%' order by c.rule_id`,
      )
    ).rows.map(({ rule_id, result, gone }) => `${rule_id} ${result}${gone ? ' gone' : ''}`)
  await importReport(manager, 'checked.json', checks(['PASS', 'FAIL', 'PASS']))
  const before = await results()
  assert.deepEqual(before, ['DS-9000 pass', 'DS-9001 fail', 'DS-9002 pass'])
  const run = await importReport(manager, 'checked.json', checks(['FAIL', 'FAIL']))
  assert.deepEqual(await results(), ['DS-9000 fail', 'DS-9001 fail', 'DS-9002 pass gone'])
  const path = `/integrations/imports/${run.id}/revert`
  for (const _ of ['once', 'twice']) assert.equal((await manager.rest('POST', path)).status, 200)
  assert.deepEqual(await results(), before)
})
