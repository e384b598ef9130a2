/** What is told of changes as they happen, and the same rules by REST. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Live, listen } from '../listeners.ts'
import { until } from '../processes.ts'
import { admin, day, did, house, key, now, one, reported } from './house.ts'

test('each change is told, one event for each alert, in order and to its tenant alone', async () => {
  const query = 'subscription { alertChanged { change alert { id status } } }'
  const live = await listen(house.url, admin.token!, query)
  const theirs = await listen(house.url, (await house.as('admin@globex.example')).token!, query)
  const items = await reported(
    'told',
    { sourceRef: '1' },
    { sourceRef: '2' },
    { sourceRef: '1' },
    { sourceRef: '' },
  )
  const [id, other] = [items[0]!.alertId, items[1]!.alertId]
  await did('acknowledgeAlert', { id }, 'alert { id }')
  await did('assignAlert', { id, userId: null }, 'alert { id }')
  await did('resolveAlert', { id, verdict: 'TEST' }, 'alert { id }')
  await one('told', { sourceRef: '1' })
  await did('addComment', { alertId: id, body: 'x' }, 'comment { id }')
  type Event = { data: { alertChanged: { change: string; alert: { id: string } } } }
  await until('all events', 10_000, () => live.events.length >= 7)
  assert.deepEqual(
    (live.events as Event[]).map(({ data: { alertChanged } }) => [
      alertChanged.change,
      alertChanged.alert.id,
    ]),
    [
      ['CREATED', id],
      ['CREATED', other],
      ['ACKNOWLEDGED', id],
      ['ASSIGNED', id],
      ['RESOLVED', id],
      ['REOPENED', id],
      ['UPDATED', id],
    ],
  )
  assert.deepEqual(theirs.events, [])
  for (const each of [live, theirs] satisfies Live[]) each.close()
})

test('REST raises, reports, suppresses and gathers by the same rules', async () => {
  const raised = await admin.rest('POST', '/alerts', {
    title: 'By hand',
    severity: 'critical',
    attacks: ['T1059.001'],
  })
  assert.equal(raised.status, 201)
  assert.deepEqual(
    [raised.body.data.status, raised.body.data.priority, raised.body.data.source],
    ['open', 'p1', 'manual'],
  )
  const { id } = raised.body.data
  const changed = await admin.rest('PUT', `/alerts/${id}`, { priority: 'p4', version: 1 })
  assert.equal(changed.body.data.priority, 'p4')
  const sent = await key.rest('POST', '/alerts/ingest', {
    source: 'rest',
    alerts: [
      { title: 'a', severity: 'low', source_ref: '1' },
      { title: '', severity: 'low', source_ref: '2' },
    ],
  })
  assert.deepEqual([sent.body.data.created, sent.body.data.refused], [1, 1])
  const filter = { source: ['rest'] }
  const tried = await admin.rest('POST', '/suppression-rules/preview', { filter })
  assert.equal(tried.body.data.total, 1)
  const rule = {
    name: 'rest',
    reason: 'r',
    filter,
    expires_at: new Date(now.getTime() + day).toISOString(),
    apply_to_open: true,
  }
  const made = await admin.rest('POST', '/suppression-rules', rule)
  assert.deepEqual([made.status, made.body.data.alert_count, made.body.data.is_active], [201, 1, true])
  assert.equal(
    (await admin.rest('DELETE', `/suppression-rules/${made.body.data.id}`)).body.data.is_active,
    false,
  )
  const incident = await admin.rest('POST', '/incidents', { title: 'x', severity: 'low', alert_ids: [id] })
  assert.deepEqual([incident.status, incident.body.data.alert_count], [201, 1])
  const path = `/incidents/${incident.body.data.id}`
  assert.equal(
    (await admin.rest('POST', `${path}/alerts/detach`, { alert_ids: [id] })).body.data.alert_count,
    0,
  )
  assert.equal((await admin.rest('PUT', path, { status: 'resolved' })).body.data.status, 'resolved')
  assert.equal((await admin.rest('GET', path)).body.data.title, 'x')
  const comment = await admin.rest('POST', `/alerts/${id}/comments`, { body: 'said' })
  assert.equal(comment.status, 201)
  assert.equal(
    (await admin.rest('PUT', `/comments/${comment.body.data.id}`, { body: 'again' })).body.data.body,
    'again',
  )
  assert.equal((await admin.rest('DELETE', `/comments/${comment.body.data.id}`)).body.data.body, null)
  const viewer = await house.as('viewer@acme.example')
  assert.equal((await viewer.rest('POST', '/alerts', { title: 'x', severity: 'low' })).status, 403)
})
