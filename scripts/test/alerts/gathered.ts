/** Incidents, the one timeline of an alert, and what people say of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Visitor } from '../../test-house.ts'
import {
  admin,
  ask,
  codeOf,
  day,
  did,
  fieldOf,
  hour,
  house,
  minute,
  now,
  one,
  read,
  reported,
  wait,
} from './house.ts'

test('incidents gather alerts, one at a time for each, and let them go with their history', async () => {
  const items = await reported('siem', { sourceRef: '1' }, { sourceRef: '2' }, { sourceRef: '3' })
  const ids = items.map(({ alertId }) => alertId)
  const { incident } = await did(
    'createIncident',
    { title: 'Intrusion', severity: 'CRITICAL', alertIds: ids.slice(0, 2) },
    'incident { id status alerts { totalCount { count } } }',
  )
  assert.deepEqual([incident.status, incident.alerts.totalCount.count], ['OPEN', 2])
  const other = (await did('createIncident', { title: 'Another', severity: 'LOW' }, 'incident { id }'))
    .incident.id
  const put = (incidentId: string, alertIds: string[]) =>
    ask(admin, 'attachAlerts', { incidentId, alertIds }, 'incident { id }')
  assert.equal(codeOf(await put(other, [ids[0]!])), 'CONFLICT')
  assert.equal(codeOf(await put(other, [ids[2]!, crypto.randomUUID()])), 'NOT_FOUND')
  assert.equal((await read(ids[2]!)).incident, null, 'nothing of it was done')
  await did('detachAlerts', { incidentId: incident.id, alertIds: [ids[0]] }, 'incident { id }')
  assert.equal(codeOf(await put(other, [ids[0]!, ids[2]!])), null)
  const { body } = await admin.rest('GET', `/alerts?incident_id=${other}`)
  assert.deepEqual(body.data.items.map(({ id }: { id: string }) => id).sort(), [ids[0], ids[2]].sort())
  const update = (input: object) =>
    ask(admin, 'updateIncident', { id: other, ...input }, 'incident { status }')
  assert.equal(codeOf(await update({ status: 'CLOSED' })), 'ILLEGAL_TRANSITION')
  assert.equal(codeOf(await update({ status: 'RESOLVED' })), null)
  assert.equal(codeOf(await update({ status: 'CLOSED' })), null)
  assert.equal(codeOf(await put(other, [ids[1]!])), 'ILLEGAL_TRANSITION')
  const listed = await admin.graphql('{ incidents(filter: { status: [CLOSED] }) { edges { node { id } } } }')
  assert.deepEqual(listed.body.data.incidents.edges, [{ node: { id: other } }])
})

const entry = `kind status fromStatus occurrences verdict note by { email } assignee { email } incident { title }
  fromIncident { title } comment { body removedAt author { email } }`

test('one timeline of comments, changes and repeats, page by page', async () => {
  const { alertId: id } = await one('tl', { sourceRef: '1' })
  const steps: [string, object, string][] = [
    ['acknowledgeAlert', { id }, 'alert { id }'],
    ['addComment', { alertId: id, body: 'I look' }, 'comment { id }'],
    ['createIncident', { title: 'It', severity: 'LOW', alertIds: [id] }, 'incident { id }'],
    [
      'holdAlert',
      { id, reason: 'vendor', holdUntil: new Date(now.getTime() + 9 * day).toISOString() },
      'alert { id }',
    ],
    ['resolveAlert', { id, verdict: 'TRUE_POSITIVE', note: 'cleaned' }, 'alert { id }'],
  ]
  for (const step of steps) {
    wait(minute)
    await did(...step)
  }
  wait(2 * hour)
  assert.equal((await one('tl', { sourceRef: '1' })).outcome, 'REOPENED')
  await one('tl', { sourceRef: '1' })
  const seen: Record<string, never>[] = []
  for (let after: string | null = null; ; ) {
    const { body } = await admin.graphql(
      `query ($id: ID!, $after: String) { alert(id: $id) { timeline(first: 3, after: $after) {
        edges { node { ${entry} } } pageInfo { hasNextPage endCursor } } } }`,
      { id, after },
    )
    const { edges, pageInfo } = body.data.alert.timeline
    seen.push(...edges.map(({ node }: { node: never }) => node))
    if (!pageInfo.hasNextPage) break
    after = pageInfo.endCursor
  }
  const told = seen.toReversed() as never as Record<string, Record<string, string>>[]
  assert.deepEqual(told.map(({ kind }) => kind).slice(0, 6), [
    'CREATED',
    'STATUS',
    'COMMENT',
    'INCIDENT',
    'STATUS',
    'STATUS',
  ])
  assert.deepEqual(
    told
      .map(({ kind }) => kind)
      .slice(6)
      .sort(),
    ['OCCURRED', 'STATUS'],
  )
  const [created, acknowledged, comment, incident, held, resolved] = told as never as Record<string, never>[]
  const me = { email: 'admin@acme.example' }
  assert.deepEqual([created!.by, created!.status], [null, 'OPEN'])
  assert.deepEqual([acknowledged!.by, acknowledged!.assignee, acknowledged!.fromStatus], [me, me, 'OPEN'])
  assert.deepEqual(comment!.comment, { body: 'I look', removedAt: null, author: me })
  assert.deepEqual([incident!.incident, incident!.fromIncident], [{ title: 'It' }, null])
  assert.deepEqual([held!.note, resolved!.note, resolved!.verdict], ['vendor', 'cleaned', 'TRUE_POSITIVE'])
  const again = told.find(({ kind, status }) => `${kind} ${status}` === 'STATUS OPEN')!
  assert.deepEqual([again.by, again.fromStatus], [null, 'RESOLVED'], 'a machine did it')
  assert.equal(told.find(({ kind }) => String(kind) === 'OCCURRED')!.occurrences, 2)
  const rest = await admin.rest('GET', `/alerts/${id}/timeline?limit=100`)
  assert.equal(rest.body.data.items.length, told.length)
})

test('a comment is changed by who wrote it, and removed without its words', async () => {
  const analyst = await house.as('analyst@acme.example')
  const { alertId } = await one('said', { sourceRef: '1' })
  const add = (by: Visitor, body: string) =>
    ask(by, 'addComment', { alertId, body }, 'comment { id version }')
  assert.equal(fieldOf(await add(analyst, ' ')), 'body')
  assert.equal(codeOf(await add(await house.as('viewer@acme.example'), 'no')), 'FORBIDDEN')
  const { id, version } = (await add(analyst, 'first')).body.data.addComment.comment
  const edit = (by: Visitor, input: object) =>
    ask(by, 'editComment', { id, body: 'x', ...input }, 'comment { body editedAt }')
  assert.equal(codeOf(await edit(admin, {})), 'FORBIDDEN')
  const second = await edit(analyst, { body: 'second', expectedVersion: version })
  assert.equal(second.body.data.editComment.comment.body, 'second')
  assert.equal(codeOf(await edit(analyst, { expectedVersion: version })), 'CONFLICT')
  const remove = (by: Visitor) => ask(by, 'removeComment', { id }, 'comment { body removedBy { email } }')
  assert.equal(codeOf(await remove(await house.as('admin@globex.example'))), 'NOT_FOUND')
  assert.deepEqual((await remove(admin)).body.data.removeComment.comment, {
    body: null,
    removedBy: { email: 'admin@acme.example' },
  })
  assert.equal(codeOf(await edit(analyst, {})), 'ILLEGAL_TRANSITION')
  const { body } = await analyst.graphql(
    'query ($id: ID!) { alert(id: $id) { comments { edges { node { body removedAt } } } } }',
    { id: alertId },
  )
  assert.deepEqual(body.data.alert.comments.edges, [{ node: { body: null, removedAt: now.toISOString() } }])
})
