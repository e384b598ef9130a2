/** Risks that are accepted, severities that are overruled, and policies: who may, and what time ends by itself. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { until } from './processes.ts'
import { importReport, trivyReport } from './reports.ts'

const day = 86_400_000
let ahead = 0
let house: TestHouse
let admin: Visitor
let manager: Visitor
let analyst: Visitor
let viewer: Visitor

before(async () => {
  house = await openTestHouse({}, { clock: () => new Date(Date.now() + ahead) })
  ;[admin, manager, analyst, viewer] = (await Promise.all(
    ['admin', 'manager', 'analyst', 'viewer'].map((name) => house.as(`${name}@acme.example`)),
  )) as [Visitor, Visitor, Visitor, Visitor]
})
after(() => house?.close())

const scan = async (image: string, numbers: number[], severity = 'CRITICAL') => {
  const weaknesses = numbers.map((number) => ({
    ...{ id: `CVE-2033-${2_000 + number}`, package: `package-${number}`, severity },
  }))
  const run = await importReport(admin, `${image}.json`, trivyReport(image, weaknesses))
  assert.equal(run.status, 'complete')
}
type Row = ReturnType<typeof JSON.parse>
const listed = async (query: string): Promise<Row[]> => {
  const { body, status, text } = await admin.rest('GET', `/vulnerabilities?${query}`)
  assert.equal(status, 200, text)
  return body.data.items
}
const byCve = async (number: number): Promise<Row> => (await listed(`cve_id=CVE-2033-${2_000 + number}`))[0]
const inDays = (days: number) => new Date(Date.now() + ahead + days * day).toISOString()
const later = async (days: number, work: () => Promise<void>) => {
  const before = ahead
  ahead = before + days * day
  await work().finally(() => {
    ahead = before
  })
}
const wanted = (of: object, days = 30) => ({
  ...{ treatment: 'accept', reason: 'behind a wall', expires_at: inDays(days) },
  ...of,
})
const refusal = ({ status, body }: { status: number; body: Row }) =>
  `${status} ${body.error?.code}${body.error?.details?.[0] ? ` ${body.error.details[0].field}` : ''}`
const counted = async (): Promise<Record<string, number>> =>
  (await admin.rest('GET', '/vulnerabilities/stats')).body.data.by_status

test('one asks and another decides; the risk is accepted while that lasts, and confirmed again by time alone', async () => {
  await scan('accepted:1', [1, 2])
  const [one, other] = [await byCve(1), await byCve(2)]
  const asked = await analyst.rest('POST', '/risk-acceptances', wanted({ vulnerability_ids: [one.id] }))
  assert.equal(asked.status, 201, asked.text)
  const { id } = asked.body.data
  assert.deepEqual([asked.body.data.status, (await byCve(1)).status], ['requested', 'open'])
  assert.equal(refusal(await analyst.rest('POST', `/risk-acceptances/${id}/approve`, {})), '403 FORBIDDEN')
  const approved = await manager.rest('POST', `/risk-acceptances/${id}/approve`, { reason: 'agreed' })
  assert.deepEqual([approved.status, approved.body.data.status], [200, 'approved'], approved.text)
  assert.equal(approved.body.data.finding_count, 1)
  assert.equal(
    refusal(await manager.rest('POST', `/risk-acceptances/${id}/approve`, {})),
    '409 ILLEGAL_TRANSITION',
  )
  const now = await byCve(1)
  assert.deepEqual(
    [now.status, now.status_reason, now.sla_state],
    ['risk_accepted', 'behind a wall', 'paused'],
  )
  assert.equal(now.acceptance_id, id)
  const open = (await admin.rest('GET', '/vulnerabilities/stats')).body.data.open
  const statusOf = async (number: number, status: string) =>
    (await listed(`status=${status}&search=CVE-2033-200${number}`)).length
  assert.deepEqual([await statusOf(1, 'risk_accepted'), await statusOf(1, 'confirmed')], [1, 0])
  const before = await counted()
  await later(31, async () => {
    const lapsed = await byCve(1)
    assert.equal(lapsed.status, 'confirmed')
    assert.deepEqual([await statusOf(1, 'risk_accepted'), await statusOf(1, 'confirmed')], [0, 1])
    const after = await counted()
    assert.deepEqual(
      [after.risk_accepted! - before.risk_accepted!, (after.confirmed ?? 0) - (before.confirmed ?? 0)],
      [-1, 1],
    )
    const { body } = await admin.rest('GET', `/risk-acceptances/${id}`)
    assert.equal(body.data.status, 'expired')
    // Thirty of the days have not counted; those of the one beside it have.
    assert.equal(lapsed.sla_state, 'on_track')
    assert.equal(Math.round((Date.parse(lapsed.due_at) - Date.parse(other.due_at)) / day), 30)
    assert.equal((await byCve(2)).sla_state, 'breached')
    assert.equal((await listed('sla_state=breached&search=CVE-2033-200')).length, 1)
  })
  assert.equal((await admin.rest('GET', '/vulnerabilities/stats')).body.data.open, open, 'it stays open risk')
})

test('a lapsed acceptance is followed by a new one, or by work', async () => {
  await later(40, async () => {
    const { id } = await byCve(1)
    const again = await analyst.rest('POST', '/risk-acceptances', wanted({ vulnerability_ids: [id] }, 10))
    await manager.rest('POST', `/risk-acceptances/${again.body.data.id}/approve`, {})
    assert.equal((await byCve(1)).status, 'risk_accepted')
    const revoked = await manager.rest('POST', `/risk-acceptances/${again.body.data.id}/revoke`, {
      reason: 'the wall is gone',
    })
    assert.equal(revoked.body.data.status, 'revoked')
    const back = await byCve(1)
    assert.deepEqual(
      [back.status, back.status_reason, back.acceptance_id],
      ['confirmed', 'the wall is gone', null],
    )
  })
})

test('who asked may not decide, whatever their role', async () => {
  const { id } = await byCve(2)
  const own = await admin.rest('POST', '/risk-acceptances', wanted({ vulnerability_ids: [id] }))
  assert.equal(
    refusal(await admin.rest('POST', `/risk-acceptances/${own.body.data.id}/approve`, {})),
    '403 FORBIDDEN',
  )
  assert.equal(
    refusal(await manager.rest('POST', `/risk-acceptances/${own.body.data.id}/reject`, { reason: ' ' })),
    '400 VALIDATION_ERROR reason',
  )
  const no = await manager.rest('POST', `/risk-acceptances/${own.body.data.id}/reject`, { reason: 'fix it' })
  assert.deepEqual([no.body.data.status, no.body.data.decision_reason], ['rejected', 'fix it'])
  assert.equal((await byCve(2)).status, 'open')
})

test('what is asked for has an end within a year, and names what it is about', async () => {
  const { id } = await byCve(2)
  const ask = async (of: object, by = analyst) =>
    refusal(await by.rest('POST', '/risk-acceptances', wanted(of)))
  const ids = { vulnerability_ids: [id] }
  assert.equal(await ask({ ...ids, expires_at: inDays(366) }), '400 VALIDATION_ERROR expiresAt')
  assert.equal(await ask({ ...ids, expires_at: inDays(-1) }), '400 VALIDATION_ERROR expiresAt')
  assert.equal(await ask({ ...ids, reason: ' ' }), '400 VALIDATION_ERROR reason')
  assert.equal(await ask({}), '400 VALIDATION_ERROR vulnerabilityIds')
  assert.equal(await ask({ ...ids, cve_ids: ['CVE-2033-2001'] }), '400 VALIDATION_ERROR vulnerabilityIds')
  assert.equal(await ask({ vulnerability_ids: [crypto.randomUUID()] }), '404 NOT_FOUND')
  assert.equal(await ask(ids, viewer), '403 FORBIDDEN')
  const stranger = await house.as('admin@globex.example')
  assert.equal(await ask(ids, stranger), '404 NOT_FOUND')
  const asked = await analyst.rest(
    'POST',
    '/risk-acceptances',
    wanted({ ...ids, compensating_controls: 'a wall' }),
  )
  const path = `/risk-acceptances/${asked.body.data.id}`
  assert.equal(refusal(await stranger.rest('POST', `${path}/approve`, {})), '404 NOT_FOUND')
  const other = await analyst.rest('PUT', path, {
    reason: 'in other words',
    version: asked.body.data.version,
  })
  assert.deepEqual(
    [other.body.data.reason, other.body.data.compensating_controls, other.body.data.expires_at],
    ['in other words', 'a wall', asked.body.data.expires_at],
    'what is left out stays',
  )
  assert.equal(
    refusal(await manager.rest('POST', `${path}/approve`, { version: asked.body.data.version })),
    '409 CONFLICT',
  )
  await later(31, async () => {
    assert.equal(refusal(await manager.rest('POST', `${path}/approve`, {})), '409 ILLEGAL_TRANSITION')
  })
})

test('an accepted weakness is accepted of findings that come later, on the assets that were named', async () => {
  await scan('first:1', [11])
  const first = await byCve(11)
  const of = { cve_ids: ['cve-2033-2012'], asset_ids: [] }
  const asked = await analyst.rest('POST', '/risk-acceptances', wanted(of))
  await manager.rest('POST', `/risk-acceptances/${asked.body.data.id}/approve`, {})
  await scan('first:1', [11, 12])
  const came = await byCve(12)
  assert.deepEqual([came.status, came.acceptance_id], ['risk_accepted', asked.body.data.id])
  const elsewhere = { cve_ids: ['CVE-2033-2011'], asset_ids: [first.asset_id] }
  const narrow = await analyst.rest('POST', '/risk-acceptances', wanted(elsewhere))
  await manager.rest('POST', `/risk-acceptances/${narrow.body.data.id}/approve`, {})
  await scan('second:1', [11])
  const both = await listed('cve_id=CVE-2033-2011')
  assert.deepEqual(both.map(({ asset_id, status }) => [asset_id === first.asset_id, status]).sort(), [
    [false, 'open'],
    [true, 'risk_accepted'],
  ])
  // Absence resolves nothing that people have said something of.
  await scan('first:1', [13])
  const gone = await byCve(12)
  assert.deepEqual([gone.status, gone.presence], ['risk_accepted', 'absent'])
})

test('a severity that somebody has overruled counts everywhere, and lapses by time alone', async () => {
  await scan('overruled:1', [21, 22], 'HIGH')
  const { id, due_at, version } = await byCve(21)
  const put = (body: object, by = analyst) => by.rest('PUT', `/vulnerabilities/${id}/severity`, body)
  assert.equal(refusal(await put({ severity: 'low', reason: '' })), '400 VALIDATION_ERROR reason')
  assert.equal(refusal(await put({ severity: 'unknown', reason: 'x' })), '400 VALIDATION_ERROR severity')
  assert.equal(
    refusal(await put({ severity: 'low', reason: 'x', expires_at: inDays(-1) })),
    '400 VALIDATION_ERROR expiresAt',
  )
  assert.equal(refusal(await put({ severity: 'low', reason: 'x' }, viewer)), '403 FORBIDDEN')
  const said = { severity: 'low', reason: 'no data there', expires_at: inDays(10), version }
  const { body } = await put(said)
  assert.deepEqual(
    [body.data.severity, body.data.observed_severity, body.data.severity_override.reason],
    ['low', 'high', 'no data there'],
  )
  assert.ok(Date.parse(body.data.due_at) > Date.parse(due_at))
  const found = async (severity: string) =>
    (await listed(`severity=${severity}&search=CVE-2033-202`)).map((each) => each.cve_id).sort()
  assert.deepEqual([await found('low'), await found('high')], [['CVE-2033-2021'], ['CVE-2033-2022']])
  const bySeverity = async () => (await admin.rest('GET', '/vulnerabilities/stats')).body.data.by_severity
  const before = await bySeverity()
  await later(11, async () => {
    assert.deepEqual([await found('low'), await found('high')], [[], ['CVE-2033-2021', 'CVE-2033-2022']])
    const after = await bySeverity()
    assert.deepEqual([(after.low ?? 0) - before.low, after.high - before.high], [-1, 1])
    const lapsed = await byCve(21)
    assert.deepEqual([lapsed.severity, lapsed.severity_override], ['high', null])
  })
  const ended = await analyst.rest('POST', `/vulnerabilities/${id}/severity/end`, {})
  assert.deepEqual([ended.body.data.severity, ended.body.data.due_at], ['high', due_at])
})

test('a new policy brings all findings to new due times, and nothing is locked meanwhile', async () => {
  await scan('policy:1', [31], 'LOW')
  const usual = (await viewer.rest('GET', '/vulnerabilities/sla-policy')).body.data
  assert.deepEqual([usual.version, usual.low_days, usual.critical_days], [0, 180, 15])
  const before = await byCve(31)
  const put = (body: object, by = manager) => by.rest('PUT', '/vulnerabilities/sla-policy', body)
  assert.equal(refusal(await put({ low_days: 20 }, analyst)), '403 FORBIDDEN')
  assert.equal(refusal(await put({ low_days: 0 })), '400 VALIDATION_ERROR lowDays')
  assert.equal(refusal(await put({ kev_days: null })), '400 VALIDATION_ERROR kevDays')
  const changed = await put({ low_days: 20, version: 0 })
  assert.equal(changed.status, 200, changed.text)
  assert.deepEqual([changed.body.data.version, changed.body.data.critical_days], [1, 15])
  assert.equal(refusal(await put({ low_days: 21, version: 0 })), '409 CONFLICT')
  await until('all findings are judged by it', 10_000, async () => {
    const { body } = await admin.rest('GET', `/operations/${changed.body.data.operation_id}`)
    return body.data.status === 'complete'
  })
  const after = await byCve(31)
  assert.equal(Math.round((Date.parse(before.due_at) - Date.parse(after.due_at)) / day), 160)
  await put({ low_days: null })
  await until('there is no limit any more', 10_000, async () => (await byCve(31)).due_at === null)
  assert.equal((await byCve(31)).sla_state, 'none')
})
