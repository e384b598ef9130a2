/** What findings were: counts as of any time, the changes of one, and the scores of vectors beside what is stated. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { openOwner } from './owner.ts'
import { importReport, trivyReport } from './reports.ts'

const day = 86_400_000
let ahead = 0
let house: TestHouse
let admin: Visitor
let manager: Visitor
let stranger: Visitor
const now = () => new Date(Date.now() + ahead)

before(async () => {
  house = await openTestHouse({}, { clock: now })
  ;[admin, manager, stranger] = (await Promise.all(
    ['admin@acme.example', 'manager@acme.example', 'admin@globex.example'].map((email) => house.as(email)),
  )) as [Visitor, Visitor, Visitor]
})
after(() => house?.close())

type Json = ReturnType<typeof JSON.parse>
const stats = async (asOf?: string, who = admin): Promise<Json> => {
  const { status, body, text } = await who.rest(
    'GET',
    `/vulnerabilities/stats${asOf ? `?as_of=${encodeURIComponent(asOf)}` : ''}`,
  )
  assert.equal(status, 200, text)
  return body.data
}
const findings = async (query: string): Promise<Json[]> =>
  (await admin.rest('GET', `/vulnerabilities?limit=100&${query}`)).body.data.items

const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N'

test('a vector is scored for whoever has come in, and what is none is refused', async () => {
  const { body } = await admin.rest('GET', `/vulnerabilities/cvss?vector=${encodeURIComponent(vector)}`)
  assert.deepEqual(body.data, {
    ...{ version: '3.1', vector, score: 7.5, base_score: 7.5, severity: 'high', nomenclature: 'base' },
  })
  for (const query of ['?vector=CVSS:3.1/AV:N', '?vector=', '']) {
    const refused = await admin.rest('GET', `/vulnerabilities/cvss${query}`)
    assert.deepEqual([refused.status, refused.body.error.details[0].field], [400, 'vector'], refused.text)
  }
  const asked = await admin.graphql('{ cvss(vector: "CVSS:4.0/AV:N") { score } }')
  assert.equal(asked.body.errors[0].extensions.code, 'VALIDATION_ERROR')
  assert.equal((await house.anonymous.rest('GET', `/vulnerabilities/cvss?vector=${vector}`)).status, 401)
})

test('ratings stand side by side, the newest one counts, and a score that does not follow from its vector is told', async () => {
  const newest = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N'
  const report = JSON.parse(trivyReport('rated:1', [{ id: 'CVE-2034-1001', package: 'rated' }]))
  report.Results[0].Vulnerabilities[0].CVSS = {
    nvd: { V3Vector: vector, V3Score: 9.1, V2Vector: 'AV:N/AC:L/Au:N/C:C/I:C/A:C', V2Score: 9.9 },
    ghsa: { V40Vector: newest, V40Score: 6.9 },
  }
  await importReport(admin, 'rated.json', JSON.stringify(report))
  const [{ id }] = await findings('cve_id=CVE-2034-1001')
  const { body } = await admin.graphql(
    `query ($id: ID!) { vulnerability(id: $id) { cvssScore cvssVector riskFactors { name input }
      advisory { cvss { version score baseScore severity nomenclature source statedScore isMismatch } } } }`,
    { id },
  )
  const { cvssScore, cvssVector, riskFactors, advisory } = body.data.vulnerability
  assert.deepEqual([cvssScore, cvssVector], [6.9, newest])
  assert.equal(riskFactors.find(({ name }: Json) => name === 'cvss').input, 6.9)
  const told = ({ version, score, statedScore, isMismatch, severity, nomenclature }: Json) =>
    [version, score, statedScore, isMismatch, severity, nomenclature].join(' ')
  assert.deepEqual(advisory.cvss.map(told), [
    '4.0 6.9 6.9 false MEDIUM B',
    '3.1 7.5 9.1 true HIGH base',
    '2.0 9.9 9.9 false HIGH base',
  ])
})

let lot = 20_340
const pick = <Of>(of: readonly Of[]): Of => {
  lot = (lot * 1_103_515_245 + 12_345) % 2_147_483_648
  return of[Math.floor((lot / 2_147_483_648) * of.length)]!
}
const severities = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW']
const inDays = (days: number) => new Date(now().getTime() + days * day).toISOString()
const some = async () => pick(await findings('search=CVE-2034-2'))

/** What people do; what the state of the finding does not allow is refused, and changes nothing. */
const steps: readonly (() => Promise<unknown>)[] = [
  async () => admin.rest('POST', `/vulnerabilities/${(await some()).id}/confirm`, { reason: 'seen' }),
  async () => admin.rest('POST', `/vulnerabilities/${(await some()).id}/false-positive`, { reason: 'no' }),
  async () =>
    admin.rest('POST', `/vulnerabilities/${(await some()).id}/resolve`, {
      resolution: pick(['fixed', 'mitigated']),
    }),
  async () => admin.rest('POST', `/vulnerabilities/${(await some()).id}/reopen`, {}),
  async () =>
    admin.rest('PUT', `/vulnerabilities/${(await some()).id}/severity`, {
      severity: pick(['critical', 'low']),
      reason: 'here',
      expires_at: inDays(pick([2, 6, 11])),
    }),
  async () => admin.rest('POST', `/vulnerabilities/${(await some()).id}/severity/end`, {}),
  async () => {
    const asked = await admin.rest('POST', '/risk-acceptances', {
      ...{ treatment: 'accept', reason: 'for now', expires_at: inDays(pick([3, 7, 13])) },
      ...pick([{ cve_ids: [`CVE-2034-200${pick([1, 2, 3])}`] }, { vulnerability_ids: [(await some()).id] }]),
    })
    if (asked.status === 201)
      await manager.rest('POST', `/risk-acceptances/${asked.body.data.id}/approve`, {})
  },
]
let imported: string | undefined
/** What machines do happens in the time of the database: only as long as the clock is not ahead. */
const scans: readonly (() => Promise<unknown>)[] = [
  async () => {
    const image = `past:${pick([1, 2])}`
    const seen = [...Array(8).keys()].filter(() => pick([true, true, false]))
    const told = seen.map((n) => ({ id: `CVE-2034-200${n}`, package: `p-${n}`, severity: pick(severities) }))
    imported = (await importReport(admin, `${image}.json`, trivyReport(image, told))).id
  },
  async () => imported && admin.rest('POST', `/integrations/imports/${imported}/revert`, {}),
]

test('what was counted at a time is counted again as of then, lapses of acceptances and overrides included', async () => {
  const taken: [string, Json][] = []
  const take = async () => taken.push([now().toISOString(), await stats()])
  await take()
  for (let step = 0; step < 20; step++) {
    await pick([scans[0]!, ...scans, ...steps.slice(0, 5), steps[6]!])()
    await take()
  }
  for (let step = 0; step < 14; step++) {
    ahead += pick([0.1, 1, 3]) * day
    await pick([...steps, steps[6]!, async () => {}])()
    await take()
  }
  for (const [at, { mttr_seconds, ...counted }] of taken) {
    const { mttr_seconds: then, ...again } = await stats(at)
    assert.deepEqual(again, counted, at)
    assert.ok(mttr_seconds === then || Math.abs(mttr_seconds - then) < 0.001, `${at} ${mttr_seconds} ${then}`)
  }
  const kinds = (of: (counted: Json) => unknown) =>
    new Set(taken.map(([, counted]) => JSON.stringify(of(counted)))).size
  assert.ok(kinds((counted) => counted) > 20, 'they were not all the same')
  assert.ok(kinds(({ mttr_seconds }) => mttr_seconds) > 3)
  assert.ok(kinds(({ by_status }) => by_status.risk_accepted) > 2)
  const [, counted] = taken.at(-1)!
  assert.deepEqual(await stats(inDays(30)), counted, 'of what is to come nobody knows: it is counted now')
  assert.equal((await stats('2001-01-01T00:00:00Z')).total, 0)
  assert.equal((await admin.rest('GET', '/vulnerabilities/stats?as_of=yesterday')).status, 400)
  const others = await stats(taken[5]![0], stranger)
  assert.deepEqual(others, await stats(undefined, stranger), 'what happens elsewhere is not counted')
})

test('the changes of a finding are told with both sides, who and why; nobody rewrites them', async () => {
  ahead = 0
  await importReport(admin, 'told.json', trivyReport('told:1', [{ id: 'CVE-2034-3001', package: 'told' }]))
  const [{ id }] = await findings('cve_id=CVE-2034-3001')
  const history = async (query = '', who = admin) => who.rest('GET', `/vulnerabilities/${id}/history${query}`)
  assert.deepEqual((await history()).body.data.items, [], 'what is new has not changed')
  await admin.rest('PUT', `/vulnerabilities/${id}/severity`, { severity: 'low', reason: 'unused' })
  await admin.rest('POST', `/vulnerabilities/${id}/confirm`, { reason: 'seen by hand' })
  await importReport(admin, 'told.json', trivyReport('told:1', []))
  const { items } = (await history()).body.data
  const me = (await admin.rest('GET', '/auth/me')).body.data
  const told = (change: Json) =>
    [
      ...[change.kind, change.from_status, change.status, change.from_severity, change.severity],
      ...[change.presence, change.by_id === me.id, change.note],
    ].join(' ')
  assert.deepEqual(items.map(told), [
    'status confirmed resolved low low absent false ',
    'status open confirmed low low present true seen by hand',
    'severity open open high low present true unused',
  ])
  const [first] = (await history('?limit=1')).body.data.items
  const { nextCursor } = (await history('?limit=1')).body.data.pagination
  const second = (await history(`?limit=1&cursor=${nextCursor}`)).body.data.items[0]
  assert.deepEqual([first.id, second.id], [items[0].id, items[1].id])
  assert.equal((await history('', stranger)).status, 404)
  const owner = await openOwner(house)
  const { rows } = await owner.query(
    `select privilege_type as may from information_schema.role_table_grants
     where table_name = 'vulnerability_history' and grantee like '%\\_vulns' order by 1`,
  )
  await owner.close()
  assert.deepEqual(
    rows.map(({ may }) => may),
    ['INSERT', 'SELECT'],
  )
})
