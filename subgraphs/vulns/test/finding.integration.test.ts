/** Runs of one scan that cross: whatever order they are applied in, the newer one has the last word. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Db, inTenant, openDatabase, roleOf, type Trx, urlAs } from '#kit/database.ts'
import { idOfName, newId } from '#kit/id.ts'
import { openTestHouse, type TestHouse } from '../../../scripts/test-house.ts'
import * as findings from '../model/finding.ts'
import type { Tables } from '../tables.ts'

const organizationId = idOfName('organization', 'acme')

let house: TestHouse
let db: Db<Tables>
before(async () => {
  house = await openTestHouse()
  const { keys, log } = house.surroundings
  const role = roleOf(house.databaseUrl, 'vulns')
  const url = urlAs(house.databaseUrl, role, keys.passwordOf(role))
  db = openDatabase<Tables>({ url, schema: 'vulns', log })
})
after(async () => {
  await db?.destroy()
  await house?.close()
})

const finding = (key: string, title = key): findings.Finding => ({
  key,
  title,
  kind: 'package',
  cveId: null,
  aliases: [],
  cwes: [],
  ruleId: null,
  severity: 'high',
  cvss: [],
  cvssScore: null,
  cvssVector: null,
  description: null,
  remediation: null,
  component: null,
  location: null,
  fixedVersions: [],
  links: [],
})
/** Runs over one new asset, in the order that they were started in. */
const runsOver = (count: number): findings.Run[] => {
  const assetId = newId()
  const ids = Array.from({ length: count }, newId).sort()
  return ids.map((id) => ({ id, organizationId, assetId, tool: 'test', scope: `test/${assetId}` }))
}
const inAcme = <Result>(work: (trx: Trx<Tables>) => Promise<Result>) => inTenant(db, { organizationId }, work)
const apply = (run: findings.Run, ...of: findings.Finding[]) =>
  inAcme((trx) => findings.apply(trx, run, 0, of))
const finish = (run: findings.Run) => inAcme((trx) => findings.finish(trx, run))
const stateOf = async ({ assetId }: findings.Run) => {
  const rows = await inAcme((trx) =>
    trx
      .selectFrom('vulnerabilities')
      .selectAll()
      .where('assetId', '=', assetId)
      .orderBy('fingerprint')
      .execute(),
  )
  return Object.fromEntries(rows.map((row) => [row.title, `${row.status} ${row.presence}`]))
}

test('an older run that comes late brings back nothing that a newer one has withdrawn', async () => {
  const [first, older, newer] = runsOver(3)
  await apply(first!, finding('gone'), finding('stays'))
  assert.equal(await finish(first!), 0)
  await apply(newer!, finding('stays'))
  assert.equal(await finish(newer!), 1)
  const outcome = await apply(older!, finding('gone'), finding('stays'))
  assert.deepEqual(outcome, { created: 0, updated: 0, unchanged: 2, reopened: 0 })
  assert.equal(await finish(older!), 0)
  assert.deepEqual(await stateOf(first!), { gone: 'resolved absent', stays: 'open present' })
})

test('nor does it write its older words over newer ones', async () => {
  const [older, newer] = runsOver(2)
  await apply(newer!, finding('a', 'newer words'))
  assert.deepEqual(await apply(older!, finding('a', 'older words')), {
    created: 0,
    updated: 0,
    unchanged: 1,
    reopened: 0,
  })
  assert.deepEqual(await stateOf(older!), { 'newer words': 'open present' })
})

test('the run after both sees again what is there again', async () => {
  const [first, second, third] = runsOver(3)
  await apply(first!, finding('a'))
  await apply(second!)
  assert.equal(await finish(second!), 1)
  assert.equal((await apply(third!, finding('a'))).reopened, 1)
  assert.deepEqual(await stateOf(first!), { a: 'open present' })
})

test('a batch that comes twice answers the same and changes nothing', async () => {
  const [run] = runsOver(1)
  const once = await apply(run!, finding('a'), finding('b'))
  assert.deepEqual(once, { created: 2, updated: 0, unchanged: 0, reopened: 0 })
  assert.deepEqual(await apply(run!, finding('a'), finding('b')), once)
})

test('what a batch tells stands as it was told, whether its findings share it or not', async () => {
  const odd = ['NULL', '', '{}', 'a "quoted" one', 'back\\slash, comma', "it's {braces}", 'Größe\nΩ 😀']
  const told = odd.map(
    (text, index): findings.Finding => ({
      ...finding(`odd ${index}`, text),
      description: index % 2 ? text : null,
      aliases: odd.slice(0, index),
      links: [text],
      component: { name: text, version: null, purl: text, path: null },
      cvssScore: index,
      cvss: [{ version: '3.1', vector: text, score: index, source: text }],
      location: index % 2 ? { path: text, line: index } : null,
    }),
  )
  // All of a batch; and one alone, which shares everything with itself.
  for (const batch of [told, ...told.map((each) => [each])]) {
    const [run] = runsOver(1)
    await apply(run!, ...batch)
    const rows = await inAcme((trx) =>
      trx.selectFrom('vulnerabilities').selectAll().where('assetId', '=', run!.assetId).execute(),
    )
    assert.equal(rows.length, batch.length)
    for (const { key: _, ...each } of batch) {
      const row = rows.find(({ title }) => title === each.title)
      assert.deepEqual({ ...row, ...each }, row)
    }
  }
})
