/** What a run of a scan has done is known, compared with the next one, told beforehand, and set back. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, type TestHouse } from '../../../scripts/test-house.ts'
import * as findings from '../model/finding.ts'
import { findingsOf, openScans, type Scans } from './scans.ts'

let house: TestHouse
let scans: Scans
before(async () => {
  house = await openTestHouse()
  scans = openScans(house)
})
after(async () => {
  await scans?.close()
  await house?.close()
})

const none = { created: 0, updated: 0, unchanged: 0, reopened: 0, closed: 0 }
const idOf = async (run: findings.Run, title: string) =>
  (await scans.rowsOf(run.assetId)).find((row) => row.title === title)!.id

test('a run that says what the latest of its scope said only sees its findings again', async () => {
  const [one, two, three, four, five] = scans.runsOver(5)
  const a = { x: 'x', y: 'y' }
  await scans.tell(one!, a, 'A')
  const before = await scans.rowsOf(one!.assetId)
  assert.deepEqual(await scans.tell(two!, a, 'A'), { ...none, unchanged: 2, isSame: true })
  const now = await scans.rowsOf(one!.assetId)
  const seen = (rows: typeof now) => rows.map(({ lastSeenAt: _, ...row }) => row)
  assert.deepEqual(seen(now), seen(before))
  for (const [index, row] of now.entries()) assert.ok(row.lastSeenAt > before[index]!.lastSeenAt)

  // Seen before, but not by the latest: A, B, A opens again what B closed.
  assert.deepEqual(await scans.tell(three!, { x: 'x' }, 'B'), {
    ...none,
    unchanged: 1,
    closed: 1,
    isSame: false,
  })
  assert.deepEqual(await scans.tell(four!, a, 'A'), { ...none, unchanged: 1, reopened: 1, isSame: false })
  // What a person has resolved meanwhile, and a scan sees, is open again.
  const y = await idOf(one!, 'y')
  await scans.asPerson((trx) =>
    trx
      .updateTable('vulnerabilities')
      .set({ status: 'resolved', resolution: 'mitigated' })
      .where('id', '=', y)
      .execute(),
  )
  assert.deepEqual(await scans.tell(five!, a, 'A'), { ...none, unchanged: 1, reopened: 1, isSame: true })
  assert.deepEqual(await scans.stateOf(one!), { x: 'open present', y: 'open present' })
})

test('a run of more than is seen again at once is told batch by batch, and ends the same', async () => {
  const [one, two, three, four] = scans.runsOver(4)
  const report = Object.fromEntries([...'abcdefghi'].map((key) => [key, key]))
  await scans.tell(one!, report, 'A')
  const before = await scans.rowsOf(one!.assetId)
  const same = { ...none, unchanged: 9 }
  assert.deepEqual(await scans.tell(two!, report, 'A', 8), { ...same, isSame: false })
  const now = await scans.rowsOf(one!.assetId)
  const seen = (rows: typeof now) => rows.map(({ lastSeenAt: _, ...row }) => row)
  assert.deepEqual(seen(now), seen(before))
  for (const [index, row] of now.entries()) assert.ok(row.lastSeenAt > before[index]!.lastSeenAt)
  assert.deepEqual(await scans.tell(three!, report, 'A', 9), { ...same, isSame: true })
  assert.deepEqual(await scans.tell(four!, report, 'A', 8), { ...same, isSame: false })
})

test('a run that was not told to its end is nothing to compare with', async () => {
  const [one, cut, two] = scans.runsOver(3)
  await scans.tell(one!, { x: 'x', y: 'y' }, 'A')
  await scans.asMachine((trx) => findings.apply(trx, cut!, 0, findingsOf({ x: 'x, reworded' })))
  const told = await scans.tell(two!, { x: 'x', y: 'y' }, 'A')
  assert.deepEqual(told, { ...none, updated: 1, unchanged: 1, isSame: false })
})

test('an end that comes twice answers the same', async () => {
  const [one, two] = scans.runsOver(2)
  await scans.tell(one!, { x: 'x', y: 'y' })
  await scans.tell(two!, { x: 'x' })
  assert.equal(await scans.asMachine((trx) => findings.finish(trx, two!)), 1)
})

test('what is reverted stands as it did, and the run before it is the latest again', async () => {
  const [one, two, three] = scans.runsOver(3)
  await scans.tell(one!, { same: 'same', word: 'word', gone: 'gone', judged: 'judged' }, 'A')
  await scans.decide(await idOf(one!, 'judged'), 'false_positive')
  const before = await scans.rowsOf(one!.assetId)
  await scans.tell(two!, { same: 'same', word: 'other words', new: 'new' }, 'B')
  const reverted = await scans.revert(two!)
  assert.deepEqual(reverted, { restored: 4, kept: [] })
  assert.deepEqual(await scans.revert(two!), reverted)
  const now = await scans.rowsOf(one!.assetId)
  const told = (rows: typeof now) => rows.map(({ version: _v, updatedAt: _u, lastSeenAt: _l, ...row }) => row)
  assert.deepEqual(told(now.filter(({ title }) => title !== 'new')), told(before))
  const added = now.find(({ title }) => title === 'new')!
  assert.deepEqual([added.status, added.presence, added.resolution], ['resolved', 'absent', 'withdrawn'])
  const again = await scans.tell(three!, { same: 'same', word: 'word', gone: 'gone', judged: 'judged' }, 'A')
  assert.deepEqual([again.unchanged, again.closed, again.reopened, again.updated], [4, 0, 0, 0])
})

test('what somebody or another scan has changed since is left, and told', async () => {
  const [one, two] = scans.runsOver(2)
  const [other] = scans.runsOver(1, one!.assetId, 'other')
  await scans.tell(one!, { a: 'a', b: 'b', c: 'c' })
  await scans.tell(two!, { a: 'a, reworded', b: 'b, reworded', new: 'new' })
  const [a, added, b] = [
    await idOf(one!, 'a, reworded'),
    await idOf(one!, 'new'),
    await idOf(one!, 'b, reworded'),
  ]
  await scans.decide(a, 'confirmed')
  await scans.decide(added, 'confirmed')
  await scans.tell(other!, { b: 'b in other words' })
  const { restored, kept } = await scans.revert(two!)
  assert.equal(restored, 1)
  assert.deepEqual(
    kept.toSorted((one, other) => (one.id < other.id ? -1 : 1)),
    [
      { id: a, reason: 'Somebody has changed it since' },
      { id: added, reason: 'Somebody has changed it since' },
      { id: b, reason: 'Another scan has changed it since' },
    ].toSorted((one, other) => (one.id < other.id ? -1 : 1)),
  )
  assert.deepEqual(await scans.stateOf(one!), {
    'a, reworded': 'confirmed present',
    'b in other words': 'open present',
    c: 'open present',
    new: 'confirmed present',
  })
})

test('what another scan sees as well stays there when the run that added it is reverted', async () => {
  const [one] = scans.runsOver(1)
  const [other] = scans.runsOver(1, one!.assetId, 'other')
  await scans.tell(one!, { a: 'a' })
  await scans.tell(other!, { a: 'a' })
  const { kept } = await scans.revert(one!)
  assert.deepEqual(
    kept.map(({ reason }) => reason),
    ['Another scan has changed it since'],
  )
  assert.deepEqual(await scans.stateOf(one!), { a: 'open present' })
})

test('only the latest run of a scope is reverted', async () => {
  const [one, two] = scans.runsOver(2)
  await scans.tell(one!, { a: 'a' })
  await scans.tell(two!, { a: 'a' })
  await assert.rejects(scans.revert(one!), { code: 'CONFLICT', message: /newer import of the same scope/ })
  await scans.revert(two!)
  assert.equal((await scans.revert(one!)).restored, 1)
  assert.deepEqual(await scans.stateOf(one!), { a: 'resolved absent' })
})

test('a preview says what the run then does', async () => {
  const [one, two] = scans.runsOver(2)
  await scans.tell(one!, { same: 'same', word: 'word', gone: 'gone', back: 'back' })
  const [three] = scans.runsOver(1, one!.assetId)
  await scans.tell(two!, { same: 'same', word: 'word', gone: 'gone' })
  const report = { same: 'same', word: 'other words', back: 'back', new: 'new' }
  const before = await scans.rowsOf(one!.assetId)
  const previewed = await scans.asPerson((trx) => findings.preview(trx, three!, findingsOf(report)))
  assert.deepEqual(
    previewed.map(({ outcome }) => outcome),
    ['unchanged', 'updated', 'reopened', 'created'],
  )
  const ids = Object.fromEntries(before.map(({ title, id }) => [title, id]))
  assert.deepEqual(
    previewed.map(({ id }) => id),
    [ids.same, ids.word, ids.back, null],
  )
  const closable = await scans.asPerson((trx) => findings.closable(trx, three!))
  assert.deepEqual(
    closable.filter((id) => !previewed.some((each) => each.id === id)),
    [ids.gone],
  )
  assert.deepEqual(await scans.rowsOf(one!.assetId), before)
  const { created, updated, unchanged, reopened, closed } = await scans.tell(three!, report)
  assert.deepEqual([created, updated, unchanged, reopened, closed], [1, 1, 1, 1, 1])
})
