/** What people do with alerts: their statuses, their time, and whom they belong to, by both doors. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { idOfName } from '#kit/id.ts'
import { type Answer, openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { type Owner, openOwner } from './owner.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

let house: TestHouse
let owner: Owner
let admin: Visitor
let analyst: Visitor
// Later than the demo, whenever this runs.
let now = new Date(Math.ceil(Date.now() / day + 1) * day)
const wait = (ms: number) => {
  now = new Date(now.getTime() + ms)
}

before(async () => {
  house = await openTestHouse({}, { clock: () => now })
  owner = await openOwner(house)
  admin = await house.as('admin@acme.example')
  analyst = await house.as('analyst@acme.example')
})
after(() => house?.close())

const codeOf = ({ body }: Answer): string | null => body.errors?.[0]?.extensions.code ?? null
const fieldOf = ({ body }: Answer): string | undefined => body.errors?.[0]?.extensions.details?.[0]?.field
const fields = `id status verdict slaState ackDueAt resolveDueAt acknowledgedAt holdUntil version reopenCount
  resolutionNote assignee { email } acknowledgedBy { email } resolvedBy { email }`

/** Asks a mutation of one alert. */
function ask(visitor: Visitor, mutation: string, input: object): Promise<Answer> {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`
  return visitor.graphql(
    `mutation ($input: ${type}!) { ${mutation}(input: $input) { alert { ${fields} } } }`,
    { input },
  )
}
async function did(visitor: Visitor, mutation: string, input: object) {
  const { body } = await ask(visitor, mutation, input)
  assert.equal(body.errors, undefined, JSON.stringify(body.errors))
  return body.data[mutation].alert
}
const read = async (id: string) =>
  (await analyst.graphql(`query ($id: ID!) { alert(id: $id) { ${fields} } }`, { id })).body.data.alert
const inTime = (ms: number) => new Date(now.getTime() + ms).toISOString()

/** An alert of the demo, open and raised now. */
async function fresh(title: string): Promise<string> {
  const id = idOfName('acme', 'alert', title)
  await owner.query(
    `update alerts.alerts set status = 'open', severity = 'critical', assignee_id = null, acknowledged_at = null, acknowledged_by = null,
      updated_at = $2, ack_due_at = $2::timestamptz + interval '15 minutes',
      resolve_due_at = $2::timestamptz + interval '4 hours', sla_due_at = $2::timestamptz + interval '15 minutes',
      sla_risk_at = $2::timestamptz + interval '12 minutes' where id = $1`,
    [id, now.toISOString()],
  )
  return id
}
const shell = 'Shell spawned by the web server'

test('an alert is seen, worked on, put off, resolved, reopened and archived', async () => {
  const id = await fresh(shell)
  const seen = await did(analyst, 'acknowledgeAlert', { id })
  const me = { email: 'analyst@acme.example' }
  assert.deepEqual([seen.status, seen.assignee, seen.acknowledgedBy], ['ACKNOWLEDGED', me, me])
  assert.equal(seen.acknowledgedAt, now.toISOString())
  wait(minute)
  const started = await did(admin, 'startAlert', { id, expectedVersion: seen.version })
  assert.deepEqual([started.status, started.assignee], ['IN_PROGRESS', me])
  assert.equal(codeOf(await ask(admin, 'startAlert', { id, expectedVersion: seen.version })), 'CONFLICT')
  const noTime = await ask(admin, 'holdAlert', { id, reason: 'vendor', holdUntil: inTime(-hour) })
  assert.deepEqual([codeOf(noTime), fieldOf(noTime)], ['VALIDATION_ERROR', 'holdUntil'])
  const held = await did(admin, 'holdAlert', { id, reason: 'vendor', holdUntil: inTime(hour) })
  assert.deepEqual([held.status, held.slaState, held.holdUntil], ['ON_HOLD', 'PAUSED', inTime(hour)])
  assert.equal(codeOf(await ask(admin, 'archiveAlert', { id })), 'ILLEGAL_TRANSITION')
  await did(admin, 'startAlert', { id })
  const unsaid = await ask(admin, 'resolveAlert', { id })
  assert.deepEqual([codeOf(unsaid), fieldOf(unsaid)], ['VALIDATION_ERROR', 'verdict'])
  const done = await did(admin, 'resolveAlert', { id, verdict: 'BENIGN', note: 'a drill' })
  assert.deepEqual(
    [done.status, done.verdict, done.resolutionNote, done.resolvedBy.email, done.slaState],
    ['RESOLVED', 'BENIGN', 'a drill', 'admin@acme.example', 'MET'],
  )
  const again = await did(analyst, 'reopenAlert', { id })
  assert.deepEqual(
    [again.status, again.verdict, again.resolvedBy, again.reopenCount],
    ['OPEN', null, null, 1],
  )
  assert.equal(again.acknowledgedAt, seen.acknowledgedAt, 'the first one counts')
  await did(analyst, 'resolveAlert', { id, verdict: 'TEST' })
  assert.equal((await did(analyst, 'archiveAlert', { id })).status, 'ARCHIVED')
  for (const [mutation, more] of [
    ['reopenAlert', {}],
    ['resolveAlert', { verdict: 'BENIGN' }],
    ['assignAlert', { userId: null }],
  ] as const)
    assert.equal(codeOf(await ask(admin, mutation, { id, ...more })), 'ILLEGAL_TRANSITION', mutation)
})

test('who reads alerts changes none, and another organization’s is as one that is not there', async () => {
  const viewer = await house.as('viewer@acme.example')
  const stranger = await house.as('admin@globex.example')
  const id = idOfName('acme', 'alert', 'Port scan from the internet')
  const holdUntil = inTime(hour)
  const all: [string, object][] = [
    ['acknowledgeAlert', { id }],
    ['startAlert', { id }],
    ['holdAlert', { id, reason: 'x', holdUntil }],
    ['resolveAlert', { id, verdict: 'BENIGN' }],
    ['reopenAlert', { id }],
    ['archiveAlert', { id }],
    ['assignAlert', { id, userId: null }],
  ]
  for (const [mutation, input] of all) {
    assert.equal(codeOf(await ask(viewer, mutation, input)), 'FORBIDDEN', mutation)
    assert.equal(codeOf(await ask(stranger, mutation, input)), 'NOT_FOUND', mutation)
  }
  assert.equal((await read(id)).version, 1)
})

test('an alert is given to members of the organization alone', async () => {
  const id = await fresh('Port scan from the internet')
  const idOf = async (visitor: Visitor) => (await visitor.graphql('{ me { id } }')).body.data.me.id
  const [mine, theirs] = [await idOf(analyst), await idOf(await house.as('admin@globex.example'))]
  for (const userId of [theirs, crypto.randomUUID(), 'nobody']) {
    const refused = await ask(admin, 'assignAlert', { id, userId })
    assert.deepEqual([codeOf(refused), fieldOf(refused)], ['VALIDATION_ERROR', 'userId'])
  }
  assert.equal((await did(admin, 'assignAlert', { id, userId: mine })).assignee.email, 'analyst@acme.example')
  await did(admin, 'startAlert', { id })
  assert.equal(codeOf(await ask(admin, 'assignAlert', { id, userId: null })), 'ILLEGAL_TRANSITION')
  const { body } = await admin.rest('GET', `/alerts?assignee_id=${mine}`)
  assert.ok(body.data.items.every((each: { assignee_id: string }) => each.assignee_id === mine))
  assert.ok(body.data.items.some((each: { id: string }) => each.id === id))
})

/** Those that a list shows for a state, and those whose own state it is. */
async function statesAgree() {
  const { body } = await admin.graphql('{ alerts(first: 100) { edges { node { id slaState status } } } }')
  const all = body.data.alerts.edges.map(({ node }: { node: { id: string } }) => node)
  for (const state of ['ON_TRACK', 'AT_RISK', 'BREACHED', 'MET', 'MISSED', 'PAUSED', 'NONE']) {
    const listed = await admin.graphql(
      `{ alerts(first: 100, filter: { slaState: [${state}] }) { totalCount { count } edges { node { id } } } }`,
    )
    const { totalCount, edges } = listed.body.data.alerts
    const wanted = all.filter((each: { slaState: string }) => each.slaState === state)
    const ids = (of: { id: string }[]) => of.map(({ id }) => id).sort()
    assert.deepEqual(ids(edges.map(({ node }: { node: { id: string } }) => node)), ids(wanted), state)
    assert.equal(totalCount.count, wanted.length)
  }
  return all as { id: string; slaState: string }[]
}

test('the state of its time is the same in an alert and in the filter, as time passes', async () => {
  const id = await fresh('Sign-in from a country never seen before')
  const told: string[] = []
  for (const ms of [0, 12 * minute, 3 * minute]) {
    wait(ms)
    told.push((await statesAgree()).find((each) => each.id === id)!.slaState)
  }
  assert.deepEqual(told, ['ON_TRACK', 'AT_RISK', 'BREACHED'])
  await did(analyst, 'acknowledgeAlert', { id })
  assert.equal((await read(id)).slaState, 'ON_TRACK')
  const { resolveDueAt } = await read(id)
  await did(analyst, 'holdAlert', { id, reason: 'x', holdUntil: inTime(30 * day) })
  assert.equal((await read(id)).slaState, 'PAUSED')
  await statesAgree()
  wait(7 * day)
  assert.notEqual((await read(id)).slaState, 'PAUSED')
  await statesAgree()
  assert.equal(Date.parse((await read(id)).resolveDueAt) - Date.parse(resolveDueAt), 7 * day)
  wait(30 * day)
  await did(analyst, 'resolveAlert', { id, verdict: 'TRUE_POSITIVE' })
  assert.equal((await read(id)).slaState, 'MISSED')
  await statesAgree()
})

test('REST takes the same steps with the same refusals', async () => {
  const id = await fresh('Database dump by an unusual account')
  const post = (step: string, body?: object) => analyst.rest('POST', `/alerts/${id}/${step}`, body)
  assert.equal((await post('acknowledge')).body.data.status, 'acknowledged')
  assert.equal((await post('start', { version: 99 })).body.error.code, 'CONFLICT')
  assert.equal((await post('start')).body.data.status, 'in_progress')
  const held = await post('hold', { reason: 'waits', hold_until: inTime(hour) })
  assert.deepEqual([held.body.data.status, held.body.data.sla_state], ['on_hold', 'paused'])
  const unsaid = await post('resolve', {})
  assert.deepEqual([unsaid.status, unsaid.body.error.details[0].field], [400, 'verdict'])
  assert.equal((await post('resolve', { verdict: 'nothing' })).status, 400)
  assert.equal((await post('resolve', { verdict: 'false_positive' })).body.data.verdict, 'false_positive')
  assert.equal((await post('assign', { user_id: null })).status, 200)
  assert.equal((await post('reopen')).body.data.status, 'open')
  assert.equal((await post('archive')).status, 409)
  const { body } = await analyst.rest('GET', '/alerts?verdict=false_positive&sla_state=met,missed')
  assert.ok(body.data.items.every((each: { verdict: string }) => each.verdict === 'false_positive'))
})
