/** Runs over one scope, in any order and at once: what is left is what the newest said. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Db, inTenant, openDatabase, roleOf, type Trx, urlAs } from '#kit/database.ts'
import { idOfName, newId } from '#kit/id.ts'
import { openTestHouse, type TestHouse } from '../../../scripts/test-house.ts'
import * as checkResults from '../model/check-result.ts'
import type { Result, Tables } from '../tables.ts'

const organizationId = idOfName('organization', 'acme')
let house: TestHouse
let db: Db<Tables>

before(async () => {
  house = await openTestHouse()
  const { keys, log } = house.surroundings
  const role = roleOf(house.databaseUrl, 'compliance')
  const url = urlAs(house.databaseUrl, role, keys.passwordOf(role))
  db = openDatabase<Tables>({ url, schema: 'compliance', log })
})
after(async () => {
  await db?.destroy()
  await house?.close()
})

const tenant = <Answer>(work: (trx: Trx<Tables>) => Promise<Answer>) => inTenant(db, { organizationId }, work)
const runOf = (id: string, assetId: string) => ({
  id,
  organizationId,
  assetId,
  tool: 'Trivy',
  scope: `test/${assetId}/Trivy`,
})
const said = (target: string, result: Result, ruleId = 'DS-0001') =>
  ({ key: `${ruleId}/${target}`, ruleId, title: 'One', severity: 'low', target, result }) as const
const apply = (run: checkResults.Run, ...given: checkResults.Given[]) =>
  tenant((trx) => checkResults.apply(trx, run, given))
const finish = (run: checkResults.Run) => tenant((trx) => checkResults.finish(trx, run))
const current = (assetId: string) =>
  tenant((trx) =>
    trx
      .selectFrom('checkResults')
      .select(['target', 'result'])
      .where('assetId', '=', assetId)
      .where('withdrawnAt', 'is', null)
      .orderBy('target')
      .execute(),
  )

test('an older run that ends late changes and withdraws nothing of a newer one', async () => {
  const assetId = newId()
  const [older, newer, newest] = [newId(), newId(), newId()].map((id) => runOf(id, assetId))
  await apply(newer!, said('a', 'pass'), said('b', 'fail'))
  await apply(older!, said('a', 'fail'))
  assert.equal(await finish(older!), 0)
  const both = [
    { target: 'a', result: 'pass' },
    { target: 'b', result: 'fail' },
  ]
  assert.deepEqual(await current(assetId), both)
  for (const _ of ['once', 'twice']) assert.equal(await apply(newest!, said('a', 'pass')), 1)
  assert.deepEqual([await finish(newest!), await finish(newest!)], [1, 0])
  assert.deepEqual(await current(assetId), both.slice(0, 1))
  await apply(newer!, said('b', 'fail'))
  assert.deepEqual(await current(assetId), both.slice(0, 1), 'a late run brings back nothing either')
})

test('runs over many assets at once, with the same checks in any order, do not cross', async () => {
  const given = Array.from({ length: 200 }, (_, index) =>
    said('Dockerfile', 'fail', `DS-${String(1_000 + index)}`),
  )
  const assets = Array.from({ length: 8 }, newId)
  await Promise.all(
    assets.flatMap((assetId, index) => {
      const shifted = [...given.slice(index * 20), ...given.slice(0, index * 20)]
      return [given, shifted.reverse()].map((order) => apply(runOf(newId(), assetId), ...order))
    }),
  )
  for (const assetId of assets) assert.equal((await current(assetId)).length, given.length)
  const { length } = await tenant((trx) => trx.selectFrom('checks').select('id').execute())
  assert.equal(length, given.length + 1)
})
