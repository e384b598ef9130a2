/** Runs over one scope, in any order and at once: what is left is what the newest said. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Db, inTenant, openDatabase, roleOf, type Trx, urlAs } from '#kit/database.ts'
import { idOfName, newId } from '#kit/id.ts'
import { openTestHouse, type TestHouse } from '../../../scripts/test-house.ts'
import * as checkResults from '../model/check-result.ts'
import { revert } from '../model/revert.ts'
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

const everything = (assetId: string) =>
  tenant((trx) =>
    trx
      .selectFrom('checkResults')
      .select(['target', 'result', 'runId', 'withdrawnAt'])
      .where('assetId', '=', assetId)
      .orderBy('target')
      .execute(),
  )

test('what a run said of checks is set back, but for what a newer one has said since', async () => {
  const assetId = newId()
  const [one, two, three] = [newId(), newId(), newId()].map((id) => runOf(id, assetId))
  await apply(one!, said('a', 'pass'), said('b', 'fail'), said('c', 'pass'))
  await finish(one!)
  const before = await everything(assetId)
  const tell = async () => {
    await apply(two!, said('a', 'fail'), said('d', 'fail'))
    // The same batch again keeps no other image.
    await apply(two!, said('a', 'fail'), said('d', 'fail'), said('b', 'fail'))
    await finish(two!)
  }
  await tell()
  assert.deepEqual(await current(assetId), [
    { target: 'a', result: 'fail' },
    { target: 'b', result: 'fail' },
    { target: 'd', result: 'fail' },
  ])
  const back = () => tenant((trx) => revert(trx, two!.id))
  assert.deepEqual([await back(), await back()], [3, 3], 'a, c, which it withdrew, and d, which it added')
  const now = await everything(assetId)
  assert.deepEqual(now.slice(0, 3), before)
  assert.ok(now[3]!.withdrawnAt, 'nothing is deleted')

  // The run before it is the latest again.
  assert.equal(await tenant((trx) => revert(trx, one!.id)), 3)
  assert.deepEqual(await current(assetId), [])
  await apply(three!, said('a', 'pass'))
  assert.deepEqual(await current(assetId), [{ target: 'a', result: 'pass' }])
  assert.equal(await tenant((trx) => revert(trx, newId())), 0, 'of a run that said nothing')
})

test('a run that is set back late leaves what a newer one has said', async () => {
  const assetId = newId()
  const [one, two, three] = [newId(), newId(), newId()].map((id) => runOf(id, assetId))
  await apply(one!, said('a', 'pass'), said('b', 'pass'))
  await apply(two!, said('a', 'fail'), said('b', 'fail'))
  await apply(three!, said('a', 'not_applicable'))
  assert.equal(await tenant((trx) => revert(trx, two!.id)), 1)
  assert.deepEqual(await current(assetId), [
    { target: 'a', result: 'not_applicable' },
    { target: 'b', result: 'pass' },
  ])
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
  assert.equal(length, given.length + 1, 'and the one of the tests above')
})
