/** What sources report: each once, however often it comes and by how many. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ask,
  codeOf,
  did,
  hour,
  key,
  now,
  one,
  owner,
  read,
  report,
  reported,
  resolve,
  wait,
} from './house.ts'

test('what is reported again is a repeat, and loses nothing that people have said', async () => {
  const first = await one('falco', { sourceRef: 'a-1' })
  assert.equal(first.outcome, 'CREATED')
  await did('acknowledgeAlert', { id: first.alertId }, 'alert { id }')
  wait(hour)
  const [again, twice] = await reported(
    'falco',
    { sourceRef: 'a-1', title: 'Other words', severity: 'LOW' },
    { sourceRef: 'a-1' },
  )
  assert.deepEqual([again!.outcome, twice!.outcome], ['REPEATED', 'REPEATED'])
  assert.equal(again!.alertId, first.alertId)
  const alert = await read(first.alertId)
  assert.deepEqual(
    [alert.status, alert.assignee.email, alert.occurrenceCount, alert.lastSeenAt],
    ['ACKNOWLEDGED', 'admin@acme.example', 3, now.toISOString()],
  )
  assert.equal((await one('okta', { sourceRef: 'a-1' })).outcome, 'CREATED', 'of another source')
})

test('without an id at its source, its rule and asset tell it apart, and an empty key is refused', async () => {
  const [host, other] = [crypto.randomUUID(), crypto.randomUUID()]
  const items = await reported(
    'edr',
    { ruleId: 'shell', assetId: host },
    { ruleId: 'shell', assetId: host, title: 'Other words' },
    { ruleId: 'shell', assetId: other },
    {},
    { ruleId: ' ' },
    { sourceRef: '' },
    { sourceRef: 'x', title: ' ' },
    { sourceRef: 'x', attacks: ['lateral'] },
    { sourceRef: 'x', title: 'null \u0000' },
    { sourceRef: 'x', metadata: [] },
    { sourceRef: 'x', assetId: 'web-01' },
  )
  assert.deepEqual(
    items.map(({ outcome }) => outcome),
    ['CREATED', 'REPEATED', 'CREATED', ...Array.from({ length: 8 }, () => 'REFUSED')],
  )
  for (const { outcome, message, alertId } of items)
    assert.equal(outcome === 'REFUSED', message !== null && alertId === null)
  assert.equal(
    codeOf(await ask(key, 'ingestAlerts', { source: 's', alerts: Array(1_001).fill(report) }, 'created')),
    'VALIDATION_ERROR',
  )
  const { rows } = await owner.query(`select count(*)::int as count from alerts.alerts where title = ' '`)
  assert.equal(rows[0].count, 0)
})

test('what comes back within a day of its end opens again; later it has a successor, and the old one its key no more', async () => {
  const { alertId } = await one('ids', { sourceRef: 'b' })
  await resolve(alertId)
  wait(23 * hour)
  assert.deepEqual(await one('ids', { sourceRef: 'b' }), { outcome: 'REOPENED', alertId, message: null })
  const open = await read(alertId)
  assert.deepEqual([open.status, open.verdict, open.reopenCount], ['OPEN', null, 1])
  await resolve(alertId)
  wait(25 * hour)
  const [next, same] = await reported('ids', { sourceRef: 'b' }, { sourceRef: 'b' })
  assert.deepEqual([next!.outcome, same!.outcome], ['SUCCEEDED', 'REPEATED'])
  assert.equal((await read(next!.alertId)).previousAlert.id, alertId)
  assert.equal((await read(alertId)).status, 'RESOLVED')
  assert.equal((await one('ids', { sourceRef: 'b' })).alertId, next!.alertId)
})

test('sixteen sources that report the same at once leave the rows of one after the other', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `race-${index}`)
  const resolved = await reported('race', ...names.slice(0, 10).map((sourceRef) => ({ sourceRef })))
  for (const { alertId } of resolved.slice(0, 5)) await resolve(alertId)
  wait(25 * hour)
  for (const { alertId } of resolved.slice(5)) await resolve(alertId)
  const batches = Array.from({ length: 16 }, (_, caller) =>
    names.map((sourceRef, index) => ({
      sourceRef: names[(index * 7 + caller * 3) % names.length] ?? sourceRef,
    })),
  )
  const items = await Promise.all(batches.map((batch) => reported('race', ...batch)))
  const { rows } = await owner.query(
    `select source_ref as name, count(*)::int as rows, sum(occurrence_count)::int as seen,
      count(*) filter (where dedupe_active)::int as active, bool_and(status = 'open') filter (where dedupe_active) as open
    from alerts.alerts where source = 'race' group by 1`,
  )
  assert.equal(rows.length, names.length)
  for (const { name, rows: count, seen, active, open } of rows) {
    const index = names.indexOf(name)
    assert.deepEqual([count, active, open], [index < 5 ? 2 : 1, 1, true], name)
    assert.equal(seen, index < 10 ? 17 : 16, name)
  }
  const all = Object.groupBy(items.flat(), ({ outcome }) => outcome)
  assert.deepEqual(
    [all.CREATED?.length, all.SUCCEEDED?.length, all.REOPENED?.length, all.REPEATED?.length],
    [30, 5, 5, 16 * 40 - 40],
  )
})
