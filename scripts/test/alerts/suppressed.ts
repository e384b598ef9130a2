/** Rules that suppress alerts, and what the clock makes of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  admin,
  ask,
  codeOf,
  day,
  did,
  fieldOf,
  fields,
  hour,
  house,
  now,
  one,
  read,
  reported,
  wait,
} from './house.ts'

/** Lists and counts of a status say the same. */
async function countsAgree(): Promise<Record<string, number>> {
  const { body } = await admin.graphql('{ alertStats { total open byStatus { key count } } }')
  const counts: Record<string, number> = Object.fromEntries(
    body.data.alertStats.byStatus.map(({ key, count }: { key: string; count: number }) => [key, count]),
  )
  for (const [status, count] of Object.entries(counts)) {
    const listed = await admin.graphql(
      `{ alerts(filter: { status: [${status.toUpperCase()}] }) { totalCount { count } edges { node { status } } } }`,
    )
    const { totalCount, edges } = listed.body.data.alerts
    assert.equal(totalCount.count, count, status)
    for (const { node } of edges) assert.equal(node.status, status.toUpperCase())
  }
  return counts
}

test('a rule suppresses what it is about until it ends, and lists are right the moment it does', async () => {
  const filter = { source: ['noise'], severity: ['HIGH'] }
  await reported(
    'noise',
    { sourceRef: 'early' },
    { sourceRef: 'seen' },
    { sourceRef: 'low', severity: 'LOW' },
  )
  const [early, seen] = await reported('noise', { sourceRef: 'early' }, { sourceRef: 'seen' })
  await did('acknowledgeAlert', { id: seen!.alertId }, 'alert { id }')
  const tried = await admin.graphql(
    'query ($filter: AlertFilter!) { previewSuppression(filter: $filter) { alerts { totalCount { count } } } }',
    { filter },
  )
  assert.equal(tried.body.data.previewSuppression.alerts.totalCount.count, 2)
  const asked = {
    name: 'noise',
    filter,
    reason: 'known',
    expiresAt: new Date(now.getTime() + 2 * hour).toISOString(),
  }
  const wrong: [object, string][] = [
    [{ expiresAt: now.toISOString() }, 'expiresAt'],
    [{ expiresAt: new Date(now.getTime() + 400 * day).toISOString() }, 'expiresAt'],
    [{ filter: {} }, 'filter'],
    [{ filter: { status: ['OPEN'] } }, 'filter.status'],
    [{ filter: { search: 'ab' } }, 'filter.search'],
    [{ reason: ' ' }, 'reason'],
  ]
  for (const [more, field] of wrong) {
    const refused = await ask(admin, 'createSuppressionRule', { ...asked, ...more }, 'alertCount')
    assert.deepEqual([codeOf(refused), fieldOf(refused)], ['VALIDATION_ERROR', field])
  }
  const made = await did(
    'createSuppressionRule',
    { ...asked, applyToOpen: true },
    'alertCount suppressionRule { id isActive }',
  )
  const rule = made.suppressionRule.id
  assert.equal(made.alertCount, 1)
  const late = await one('noise', { sourceRef: 'late' })
  assert.equal(late.outcome, 'SUPPRESSED')
  assert.equal((await one('noise', { sourceRef: 'late' })).outcome, 'REPEATED')
  assert.equal((await one('noise', { sourceRef: 'other', severity: 'LOW' })).outcome, 'CREATED')
  for (const { alertId } of [early!, late]) {
    const alert = await read(alertId)
    assert.deepEqual([alert.status, alert.suppressedBy.id, alert.slaState], ['SUPPRESSED', rule, 'NONE'])
  }
  assert.equal((await read(seen!.alertId)).status, 'ACKNOWLEDGED')
  assert.equal(
    codeOf(await ask(admin, 'reopenAlert', { id: late.alertId }, 'alert { id }')),
    'ILLEGAL_TRANSITION',
  )
  const before = await countsAgree()
  wait(2 * hour)
  const then = await countsAgree()
  assert.deepEqual([then.suppressed, then.open], [before.suppressed! - 2, before.open! + 2])
  const free = await read(late.alertId)
  assert.deepEqual([free.status, free.suppressedBy, free.slaState], ['OPEN', null, 'ON_TRACK'])
  assert.equal(free.ackDueAt, new Date(now.getTime() + hour).toISOString(), 'its time begins now')
  const taken = await did('acknowledgeAlert', { id: late.alertId }, `alert { ${fields} }`)
  assert.deepEqual([taken.alert.status, taken.alert.suppressedBy], ['ACKNOWLEDGED', null])
  await countsAgree()
  assert.equal(
    codeOf(await ask(admin, 'endSuppressionRule', { id: rule }, 'alertCount')),
    'ILLEGAL_TRANSITION',
  )
})

test('a rule that is ended before its time opens what it suppressed', async () => {
  const expiresAt = new Date(now.getTime() + 30 * day).toISOString()
  const { suppressionRule } = await did(
    'createSuppressionRule',
    { name: 'drill', filter: { source: ['drill'] }, reason: 'a drill', expiresAt },
    'suppressionRule { id }',
  )
  const items = await reported('drill', { sourceRef: '1' }, { sourceRef: '2', title: 'Another' })
  assert.ok(items.every(({ outcome }) => outcome === 'SUPPRESSED'))
  wait(hour)
  const ended = await did(
    'endSuppressionRule',
    { id: suppressionRule.id },
    'alertCount suppressionRule { isActive }',
  )
  assert.deepEqual([ended.alertCount, ended.suppressionRule.isActive], [2, false])
  for (const { alertId } of items) assert.equal((await read(alertId)).status, 'OPEN')
  await countsAgree()
  const stranger = await house.as('admin@globex.example')
  const foreign = await ask(stranger, 'endSuppressionRule', { id: suppressionRule.id }, 'alertCount')
  assert.equal(codeOf(foreign), 'NOT_FOUND')
})
