/** What sources report, what rules make of it, and what becomes known of it: by a running house. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answer, openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { type Live, listen } from './listeners.ts'
import { type Owner, openOwner } from './owner.ts'
import { until } from './processes.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

let house: TestHouse
let owner: Owner
let admin: Visitor
let key: Visitor
// Later than the demo, whenever this runs.
let now = new Date(Math.ceil(Date.now() / day + 1) * day)
const wait = (ms: number) => {
  now = new Date(now.getTime() + ms)
}

before(async () => {
  house = await openTestHouse({}, { clock: () => now })
  owner = await openOwner(house)
  admin = await house.as('admin@acme.example')
  const { body } = await admin.rest('POST', '/api-keys', { name: 'sensor', scopes: ['alerts:write'] })
  key = house.visitor(body.data.key)
})
after(async () => {
  await owner?.close()
  await house?.close()
})

const codeOf = ({ body }: Answer): string | null => body.errors?.[0]?.extensions.code ?? null
const fieldOf = ({ body }: Answer): string | undefined => body.errors?.[0]?.extensions.details?.[0]?.field
const titled = (type: string) => `${type[0]!.toUpperCase()}${type.slice(1)}Input`
const ask = (visitor: Visitor, mutation: string, input: object, selection: string) =>
  visitor.graphql(`mutation ($input: ${titled(mutation)}!) { ${mutation}(input: $input) { ${selection} } }`, {
    input,
  })
async function did(mutation: string, input: object, selection: string) {
  const { body } = await ask(admin, mutation, input, selection)
  assert.equal(body.errors, undefined, JSON.stringify(body.errors))
  return body.data[mutation]
}
type Item = { outcome: string; alertId: string; message: string | null }
const report = { severity: 'HIGH', title: 'Seen' }

async function reported(source: string, ...alerts: object[]): Promise<Item[]> {
  const input = { source, alerts: alerts.map((each) => ({ ...report, ...each })) }
  const { body } = await ask(key, 'ingestAlerts', input, 'items { outcome alertId message }')
  assert.equal(body.errors, undefined, JSON.stringify(body.errors))
  return body.data.ingestAlerts.items
}
const one = async (source: string, alert: object) => (await reported(source, alert))[0]!
const fields = `id status verdict slaState occurrenceCount reopenCount lastSeenAt previousAlert { id } ackDueAt
  assignee { email } suppressedBy { id } incident { id }`
const read = async (id: string) =>
  (await admin.graphql(`query ($id: ID!) { alert(id: $id) { ${fields} } }`, { id })).body.data.alert
const resolve = (id: string) => did('resolveAlert', { id, verdict: 'BENIGN' }, 'alert { id }')

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

test('an organization says how repeats of a rule count, once it has seen what that makes', async () => {
  const of = (user: string) => ({ ruleId: 'login', metadata: { user } })
  await reported('idp', { ...of('ann'), sourceRef: '1' }, { ...of('ben'), sourceRef: '2' })
  const rule = { source: 'idp', ruleId: 'login', windowHours: 48, groupingFields: ['user'] }
  const { body } = await admin.graphql(
    'query ($input: PreviewRecurrenceInput!) { previewRecurrence(input: $input) { alerts groups refused } }',
    { input: rule },
  )
  assert.deepEqual(body.data.previewRecurrence, { alerts: 2, groups: 2, refused: 0 })
  const set = (expectedGroups: number) =>
    ask(admin, 'setRecurrenceRule', { ...rule, expectedGroups }, 'recurrenceRule { id }')
  assert.equal(codeOf(await set(7)), 'CONFLICT')
  const { id } = (await set(2)).body.data.setRecurrenceRule.recurrenceRule
  const [ann, ben, again, nobody] = await reported('idp', of('ann'), of('ben'), of('ann'), {
    ruleId: 'login',
  })
  assert.deepEqual(
    [ann, ben, again, nobody].map((each) => each!.outcome),
    ['CREATED', 'CREATED', 'REPEATED', 'REFUSED'],
  )
  await resolve(ann!.alertId)
  wait(40 * hour)
  assert.equal((await one('idp', of('ann'))).outcome, 'REOPENED')
  await did('endRecurrenceRule', { id }, 'recurrenceRule { endedAt }')
  assert.equal((await one('idp', of('ann'))).outcome, 'CREATED', 'by its rule and asset alone again')
})

test('what was counted at a time can be counted again as of then', async () => {
  const stats = async (asOf?: string) => {
    const text =
      'query ($asOf: DateTime) { alertStats(asOf: $asOf) { total open bySeverity { key count } byStatus { key count } } }'
    return (await admin.graphql(text, { asOf })).body.data.alertStats
  }
  const taken: [string, unknown][] = []
  const take = async () => {
    taken.push([now.toISOString(), await stats()])
    wait(minute)
  }
  // As soon as it is known when: what was there before the clock of this test came with the demo.
  await take()
  const severities = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFO']
  let lot = 7
  const pick = <Of>(of: readonly Of[]): Of => {
    lot = (lot * 1_103_515_245 + 12_345) % 2_147_483_648
    return of[Math.floor((lot / 2_147_483_648) * of.length)]!
  }
  const expiresAt = () => new Date(now.getTime() + pick([2, 5, 9]) * minute).toISOString()
  const ids: string[] = []
  for (let step = 0; step < 14; step++) {
    const items = await reported(
      'past',
      ...Array.from({ length: 3 }, () => ({
        sourceRef: `p-${pick([...Array(12).keys()])}`,
        severity: pick(severities),
      })),
    )
    ids.push(...items.map(({ alertId }) => alertId))
    const id = pick(ids)
    const all: [string, object, string][] = [
      ['acknowledgeAlert', { id }, 'alert { id }'],
      ['startAlert', { id }, 'alert { id }'],
      ['resolveAlert', { id, verdict: 'BENIGN' }, 'alert { id }'],
      ['reopenAlert', { id }, 'alert { id }'],
      [
        'createSuppressionRule',
        { name: 'p', reason: 'p', expiresAt: expiresAt(), filter: { source: ['past'] }, applyToOpen: true },
        'suppressionRule { id }',
      ],
    ]
    // What the state of the alert does not allow is refused, and changes nothing.
    await ask(admin, ...pick(all))
    await take()
  }
  for (const [at, counted] of taken) assert.deepEqual(await stats(at), counted, at)
  assert.ok(
    new Set(taken.map(([, counted]) => JSON.stringify(counted))).size > 8,
    'they were not all the same',
  )
})

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
