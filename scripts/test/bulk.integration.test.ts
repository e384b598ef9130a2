/** Many alerts at once: each as it may be changed by itself, counted before, told after, and taken back for a while. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { idOfName } from '#kit/id.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { type Owner, openOwner } from './owner.ts'

const acme = idOfName('organization', 'acme')
let house: TestHouse
let owner: Owner
let analyst: Visitor
let ahead = 0

before(async () => {
  house = await openTestHouse({}, { clock: () => new Date(Date.now() + ahead) })
  owner = await openOwner(house)
  analyst = await house.as('analyst@acme.example')
})
after(() => house?.close())

type Item = { id: string; outcome: string; code: string | null; message: string | null }
type Result = {
  batchId: string | null
  dryRun: boolean
  matched: number
  changed: number
  refused: number
  items: Item[]
  operation: { id: string; status: string } | null
}
const told =
  'batchId dryRun matched changed refused items { id outcome code message } operation { id status }'

async function ask(of: Visitor, mutation: string, input: object) {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`
  const { body } = await of.graphql(
    `mutation ($input: ${type}!) { it: ${mutation}(input: $input) { ${told} } }`,
    { input },
  )
  return {
    result: body.data?.it as Result,
    code: body.errors?.[0]?.extensions.code as string | undefined,
    body,
  }
}
async function bulk(input: object, of = analyst): Promise<Result> {
  const { result, body } = await ask(of, 'bulkUpdateAlerts', input)
  assert.ok(result, JSON.stringify(body.errors))
  return result
}
const undo = (batchId: string | null) => ask(analyst, 'undoBulkUpdateAlerts', { batchId })

/** Some open alerts of a source of their own. */
async function draw(source: string, count: number, organizationId = acme): Promise<string[]> {
  const { rows } = await owner.query(
    `insert into alerts.alerts (id, organization_id, severity, title, source, fingerprint, first_seen_at)
     select gen_random_uuid(), $1, (array['critical', 'high', 'low'])[1 + i % 3], $2 || i, $2, $2 || i, now() - interval '1 hour'
     from generate_series(1, $3::int) i returning id`,
    [organizationId, source, count],
  )
  return rows.map(({ id }: { id: string }) => id)
}
type Told = {
  id: string
  status: string
  version: number
  assignee: { id: string } | null
  acknowledgedAt: string | null
}
async function alertsOf(source: string): Promise<Told[]> {
  const { body } = await analyst.graphql(
    `query ($source: [String!]) { alerts(filter: { source: $source }, first: 100) {
      edges { node { id status version priority slaState acknowledgedAt resolvedAt assignee { id } } } } }`,
    { source: [source] },
  )
  return body.data.alerts.edges.map(({ node }: { node: Told }) => node)
}
const rowsOfJournal = async (operation: string): Promise<number> => {
  const text = 'select id from journal.entries where organization_id = $1 and operation = $2'
  return (await owner.query(text, [acme, operation])).rows.length
}
const statuses = async (source: string) => (await alertsOf(source)).map(({ status }) => status).sort()

test('each is changed under its own guard, and told; the journal has one row', async () => {
  const ids = await draw('guarded', 6)
  const [held, archived] = ids
  await analyst.rest('POST', `/alerts/${held}/acknowledge`)
  await analyst.rest('POST', `/alerts/${archived}/resolve`, { verdict: 'benign' })
  await analyst.rest('POST', `/alerts/${archived}/archive`)
  const [foreign] = await draw('guarded', 1, idOfName('organization', 'globex'))
  const absent = '01a1fc87-6e56-7175-bb20-000000000000'
  const asked = {
    ids: [...ids, foreign, absent, 'no id', ids[2]],
    patch: { status: 'ACKNOWLEDGED' },
    note: 'seen',
  }
  const before = await alertsOf('guarded')
  const rows = await rowsOfJournal('bulkUpdateAlerts')
  const trial = await bulk({ ...asked, dryRun: true })
  assert.deepEqual(await alertsOf('guarded'), before)
  const heard = await house.surroundings.events.subscribe(acme, 'alert.acknowledged')
  const done = await bulk(asked)
  assert.deepEqual({ ...trial, batchId: null, dryRun: false }, { ...done, batchId: null })
  assert.deepEqual([done.matched, done.changed, done.refused, trial.batchId], [6, 4, 4, null])
  const outcomes = new Map(done.items.map((item) => [item.id, `${item.outcome} ${item.code}`]))
  assert.equal(outcomes.get(held!), 'UNCHANGED null')
  assert.equal(outcomes.get(archived!), 'REFUSED ILLEGAL_TRANSITION')
  for (const id of [foreign!, absent, 'no id']) assert.equal(outcomes.get(id), 'REFUSED NOT_FOUND', id)
  const names = new Set<string>()
  while (names.size < 4) names.add((await heard.next()).value!.alertId)
  assert.deepEqual([...names].sort(), ids.slice(2).sort())
  await heard.return()
  // The trial has its row too, and says nothing in it.
  assert.equal(await rowsOfJournal('bulkUpdateAlerts'), rows + 2)
  assert.deepEqual(await statuses('guarded'), [...Array(5).fill('ACKNOWLEDGED'), 'ARCHIVED'])
  for (const { id, status, acknowledgedAt, assignee, version } of await alertsOf('guarded'))
    if (status === 'ACKNOWLEDGED' && id !== held) assert.ok(acknowledgedAt && assignee && version === 2)
  const { body } = await analyst.graphql(`{ alertBatch(id: "${done.batchId}") { ${told} } }`)
  assert.equal(body.data.alertBatch.changed, 4)
})

test('a filter chooses, another number than expected changes nothing, and what is wrong is refused', async () => {
  await draw('chosen', 9)
  const filter = { source: ['chosen'], severity: ['LOW'] }
  const resolve = { status: 'RESOLVED', verdict: 'FALSE_POSITIVE' }
  const wrong = async (input: object, of = analyst) => (await ask(of, 'bulkUpdateAlerts', input)).code
  assert.equal(await wrong({ filter, patch: resolve, expectedCount: 4 }), 'CONFLICT')
  for (const input of [
    { patch: resolve },
    { ids: [], filter, patch: resolve },
    { filter, patch: {} },
    { filter, patch: { assigneeId: '01a1fc87-6e56-7175-bb20-000000000000' } },
    { ids: Array.from({ length: 10_001 }, (_, index) => `${index}`), patch: resolve },
  ])
    assert.equal(await wrong(input), 'VALIDATION_ERROR', JSON.stringify(input).slice(0, 100))
  assert.deepEqual(await statuses('chosen'), Array(9).fill('OPEN'))
  const done = await bulk({ filter, patch: resolve, expectedCount: 3, note: 'noise' })
  assert.deepEqual([done.matched, done.changed, done.refused], [3, 3, 0])
  assert.deepEqual(await statuses('chosen'), [...Array(6).fill('OPEN'), ...Array(3).fill('RESOLVED')])
  const unsaid = await bulk({ filter: { source: ['chosen'] }, patch: { status: 'RESOLVED' } })
  assert.deepEqual([unsaid.changed, unsaid.refused, unsaid.items[0]!.code], [0, 6, 'VALIDATION_ERROR'])
  const viewer = await house.as('viewer@acme.example')
  assert.equal(await wrong({ filter, patch: resolve }, viewer), 'FORBIDDEN')
  const admin = await house.as('admin@acme.example')
  const made = await admin.rest('POST', '/api-keys', { name: 'bulk', scopes: ['alerts:bulk', 'alerts:read'] })
  assert.equal(await wrong({ filter, patch: resolve }, house.visitor(made.body.data.key)), 'FORBIDDEN')
  const stranger = await house.as('admin@globex.example')
  assert.equal((await ask(stranger, 'undoBulkUpdateAlerts', { batchId: done.batchId })).code, 'NOT_FOUND')
})

test('a batch is undone once, within 15 minutes, where nobody has touched it since', async () => {
  const ids = await draw('undone', 4)
  const before = await alertsOf('undone')
  const done = await bulk({ ids, patch: { status: 'RESOLVED', verdict: 'BENIGN', priority: 'P1' } })
  assert.equal(done.changed, 4)
  await analyst.rest('POST', `/alerts/${ids[0]}/reopen`)
  const { result } = await undo(done.batchId)
  assert.deepEqual([result.changed, result.refused, result.items[0]!.id], [3, 1, ids[0]])
  assert.equal(result.items[0]!.code, 'CONFLICT')
  const now = await alertsOf('undone')
  const bare = (all: Told[]) => all.filter(({ id }) => id !== ids[0]).map((each) => ({ ...each, version: 0 }))
  assert.deepEqual(bare(now), bare(before))
  assert.ok(now.every(({ version }) => version === 3))
  assert.equal((await undo(done.batchId)).code, 'CONFLICT')
  const late = await bulk({ ids, patch: { priority: 'P4' } })
  ahead = 15 * 60_000 + 1_000
  assert.equal((await undo(late.batchId)).code, 'CONFLICT')
  ahead = 0
})

test('ten thousand go on after the answer, all of them or none, and come back', async (context) => {
  await draw('many', 10_000)
  const open = async () => {
    const { body } = await analyst.graphql(
      '{ alerts(first: 0, filter: { source: ["many"], status: [OPEN] }) { totalCount { count } } }',
    )
    return body.data.alerts.totalCount.count
  }
  const from = performance.now()
  const started = await bulk({
    filter: { source: ['many'] },
    patch: { status: 'ACKNOWLEDGED' },
    expectedCount: 10_000,
  })
  assert.deepEqual([started.matched, started.changed, started.items.length], [10_000, 0, 0])
  const batch = async (): Promise<Result> =>
    (await analyst.graphql(`{ alertBatch(id: "${started.batchId}") { ${told} } }`)).body.data.alertBatch
  let now = await batch()
  while (!['COMPLETE', 'FAILED'].includes(now.operation!.status)) {
    // All of it is one transaction.
    assert.ok([0, 10_000].includes(await open()))
    await pause(200)
    now = await batch()
  }
  // The batch and its operation are told by two subgraphs, one after the other.
  now = await batch()
  context.diagnostic(`10,000 alerts in ${Math.round(performance.now() - from)} ms`)
  assert.deepEqual(
    [now.operation!.status, now.changed, now.refused, now.items.length],
    ['COMPLETE', 10_000, 0, 500],
  )
  assert.equal(await open(), 0)
  const { operation } = (await undo(started.batchId)).result
  const standing = async () => {
    const { body } = await analyst.graphql(`{ operation(id: "${operation!.id}") { status done } }`)
    return body.data.operation
  }
  while (!['COMPLETE', 'FAILED'].includes((await standing()).status)) await pause(200)
  assert.deepEqual(await standing(), { status: 'COMPLETE', done: 10_000 })
  assert.equal(await open(), 10_000)
  assert.equal((await undo(started.batchId)).code, 'CONFLICT')
})

test('REST does the same', async () => {
  const ids = await draw('rest', 3)
  const done = await analyst.rest('POST', '/alerts/bulk', {
    ids,
    patch: { priority: 'p1' },
    expected_count: 3,
  })
  assert.equal(done.status, 200, done.text)
  const { batch_id, changed } = done.body.data
  assert.equal(changed, 3)
  assert.equal((await analyst.rest('GET', `/alerts/bulk/${batch_id}`)).body.data.changed, 3)
  const undone = await analyst.rest('POST', `/alerts/bulk/${batch_id}/undo`)
  assert.equal(undone.body.data.changed, 3)
  assert.equal((await analyst.rest('GET', '/alerts/bulk/nothing')).status, 404)
  assert.equal((await analyst.rest('POST', '/alerts/bulk', { ids, patch: {} })).status, 400)
})
