/** What people do with findings, through the doors of a running house, and what time does to them. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answer, openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { type Owner, openOwner } from './owner.ts'
import { importReport, trivyReport, type Weakness } from './reports.ts'

const day = 86_400_000
let house: TestHouse
let owner: Owner
let admin: Visitor
let analyst: Visitor
let viewer: Visitor
let ahead = 0

before(async () => {
  house = await openTestHouse({}, { clock: () => new Date(Date.now() + ahead) })
  owner = await openOwner(house)
  ;[admin, analyst, viewer] = await Promise.all([
    house.as('admin@acme.example'),
    house.as('analyst@acme.example'),
    house.as('viewer@acme.example'),
  ])
})
after(() => house?.close())

const fields = `id version status statusReason statusBy { email } resolution justification presence reopenCount
  severity riskScore riskLevel riskFactors { name contribution } assignee { email } ticketUrl reachability
  slaState slaReason dueAt firstSeenAt`
type Finding = ReturnType<typeof JSON.parse>

const weakness = (number: number, severity = 'HIGH'): Weakness => ({
  id: `CVE-2031-${1_000 + number}`,
  package: `package-${number}`,
  severity,
})
const scan = (image: string, ...of: Weakness[]) =>
  importReport(admin, `${image}.json`, trivyReport(image, of))

async function byCve(number: number): Promise<Finding> {
  const { body } = await admin.graphql(
    `query ($cve: [String!]!) { vulnerabilities(filter: { cveId: $cve }) { edges { node { ${fields} } } } }`,
    { cve: [`CVE-2031-${1_000 + number}`] },
  )
  assert.equal(body.errors, undefined)
  return body.data.vulnerabilities.edges[0].node
}

async function ask(by: Visitor, mutation: string, input: object): Promise<Answer['body']> {
  const type =
    mutation === 'setVulnerabilityReachability'
      ? 'SetReachabilityInput'
      : `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`
  const { body } = await by.graphql(
    `mutation ($input: ${type}!) { ${mutation}(input: $input) { vulnerability { ${fields} } } }`,
    { input },
  )
  return body
}
const done = async (by: Visitor, mutation: string, input: object): Promise<Finding> => {
  const body = await ask(by, mutation, input)
  assert.equal(body.errors, undefined, JSON.stringify(body.errors))
  return body.data[mutation].vulnerability
}
const refused = async (by: Visitor, mutation: string, input: object) => {
  const { errors } = await ask(by, mutation, input)
  const { code, details } = errors[0].extensions
  return details ? `${code} ${details[0].field}` : code
}
const userId = async (email: string): Promise<string> =>
  (await admin.graphql(`{ users(filter: { search: "${email}" }) { edges { node { id } } } }`)).body.data.users
    .edges[0].node.id

test('a finding walks its ways, and each step says by whom and why', async () => {
  await scan('walk:1', weakness(1))
  const { id, version } = await byCve(1)
  const confirmed = await done(analyst, 'confirmVulnerability', { id, expectedVersion: version })
  assert.deepEqual([confirmed.status, confirmed.statusBy.email], ['CONFIRMED', 'analyst@acme.example'])
  assert.equal(confirmed.version, version + 1)
  assert.equal(await refused(analyst, 'confirmVulnerability', { id, expectedVersion: version }), 'CONFLICT')
  assert.equal(await refused(analyst, 'confirmVulnerability', { id }), 'ILLEGAL_TRANSITION')
  assert.equal(
    await refused(analyst, 'markFalsePositive', { id, reason: 'no way from here' }),
    'ILLEGAL_TRANSITION',
  )
  assert.equal(await refused(analyst, 'startRemediation', { id }), 'VALIDATION_ERROR assigneeId')
  assert.equal(
    await refused(analyst, 'startRemediation', { id, ticketUrl: 'javascript:alert(1)' }),
    'VALIDATION_ERROR ticketUrl',
  )
  const assigned = await done(analyst, 'assignVulnerability', {
    id,
    assigneeId: await userId('analyst@acme.example'),
  })
  assert.equal(assigned.assignee.email, 'analyst@acme.example')
  assert.equal((await done(analyst, 'startRemediation', { id })).status, 'IN_REMEDIATION')
  assert.equal(
    await refused(analyst, 'resolveVulnerability', { id, resolution: 'WITHDRAWN' }),
    'VALIDATION_ERROR resolution',
  )
  const resolved = await done(analyst, 'resolveVulnerability', { id, resolution: 'MITIGATED', reason: 'WAF' })
  assert.deepEqual(
    [resolved.status, resolved.resolution, resolved.statusReason, resolved.slaState],
    ['RESOLVED', 'MITIGATED', 'WAF', 'MET'],
  )
  const reopened = await done(analyst, 'reopenVulnerability', { id })
  assert.deepEqual([reopened.status, reopened.resolution, reopened.reopenCount], ['OPEN', null, 1])
  const freed = await done(analyst, 'assignVulnerability', { id, assigneeId: null })
  assert.equal(freed.assignee, null)
})

test('a verdict says why, or is none', async () => {
  await scan('verdict:1', weakness(11), weakness(12))
  const [{ id }, { id: other }] = [await byCve(11), await byCve(12)]
  assert.equal(await refused(analyst, 'markFalsePositive', { id, reason: ' ' }), 'VALIDATION_ERROR reason')
  assert.equal(
    await refused(analyst, 'changeVulnerabilityStatus', { id, status: 'NOT_AFFECTED', reason: 'x' }),
    'VALIDATION_ERROR justification',
  )
  assert.equal(
    await refused(analyst, 'changeVulnerabilityStatus', { id, status: 'RISK_ACCEPTED' }),
    'ILLEGAL_TRANSITION',
  )
  assert.equal(
    await refused(analyst, 'markFalsePositive', { id, reason: 'x'.repeat(2_001) }),
    'VALIDATION_ERROR reason',
  )
  const said = { justification: 'CODE_NOT_REACHABLE', reason: 'never called' }
  const none = await done(analyst, 'markNotAffected', { id: other, ...said })
  assert.deepEqual(
    [none.status, none.justification, none.statusReason],
    ['NOT_AFFECTED', 'CODE_NOT_REACHABLE', 'never called'],
  )
  assert.equal((await done(analyst, 'markFalsePositive', { id, reason: 'a fixture' })).slaState, 'PAUSED')
})

test('a scan moves what people have not judged, and leaves what they have', async () => {
  const all = [weakness(21), weakness(22), weakness(23)]
  await scan('scan:1', ...all)
  const ids = await Promise.all([21, 22, 23].map(async (number) => (await byCve(number)).id))
  await done(analyst, 'markFalsePositive', { id: ids[1]!, reason: 'a fixture' })
  await done(analyst, 'markNotAffected', {
    ...{ id: ids[2]!, justification: 'CODE_NOT_PRESENT', reason: 'stripped' },
  })
  assert.equal((await scan('scan:1', weakness(24))).closed, 1)
  const state = async () =>
    Promise.all(
      [21, 22, 23].map(async (number) => {
        const { status, presence, statusReason } = await byCve(number)
        return `${status} ${presence} ${statusReason}`
      }),
    )
  assert.deepEqual(await state(), [
    'RESOLVED ABSENT null',
    'FALSE_POSITIVE ABSENT a fixture',
    'NOT_AFFECTED ABSENT stripped',
  ])
  await scan('scan:1', ...all)
  assert.deepEqual(await state(), [
    'OPEN PRESENT null',
    'FALSE_POSITIVE PRESENT a fixture',
    'NOT_AFFECTED PRESENT stripped',
  ])
})

test('who may not is refused, and a finding of others is none', async () => {
  const { id } = await byCve(1)
  const step = { id, reachability: 'UNREACHABLE' }
  assert.equal(await refused(viewer, 'setVulnerabilityReachability', step), 'FORBIDDEN')
  assert.equal(await refused(house.anonymous, 'setVulnerabilityReachability', step), 'UNAUTHENTICATED')
  const stranger = await house.as('admin@globex.example')
  assert.equal(await refused(stranger, 'setVulnerabilityReachability', step), 'NOT_FOUND')
  assert.equal(await refused(admin, 'confirmVulnerability', { id: 'nothing' }), 'NOT_FOUND')
  const foreigner = (await stranger.graphql('{ me { id } }')).body.data.me.id
  assert.equal(await refused(analyst, 'assignVulnerability', { id, assigneeId: foreigner }), 'NOT_FOUND')
})

test('who holds a grant over an asset moves its findings and no others', async () => {
  await scan('mine:1', weakness(31))
  await scan('theirs:1', weakness(32))
  const [mine, theirs] = [await byCve(31), await byCve(32)]
  const { body } = await admin.graphql('{ assets(filter: { search: "mine:1" }) { edges { node { id } } } }')
  await admin.rest('PUT', `/assets/${body.data.assets.edges[0].node.id}/tags`, { tags: ['team:mine'] })
  const holder = await userId('viewer@acme.example')
  const grant = await admin.rest('POST', '/grants', { user_id: holder, role: 'analyst', tag: 'team:mine' })
  assert.equal(grant.status, 201, grant.text)
  const granted = await house.as('viewer@acme.example')
  assert.equal((await done(granted, 'confirmVulnerability', { id: mine.id })).status, 'CONFIRMED')
  assert.equal(await refused(granted, 'confirmVulnerability', { id: theirs.id }), 'FORBIDDEN')
})

test('the risk follows what is known of the code, and its factors add up', async () => {
  await scan('risk:1', weakness(41, 'CRITICAL'))
  const before = await byCve(41)
  const sum = (of: Finding) =>
    of.riskFactors.reduce((total: number, each: { contribution: number }) => total + each.contribution, 0)
  assert.equal(sum(before), before.riskScore)
  const after = await done(analyst, 'setVulnerabilityReachability', {
    ...{ id: before.id, reachability: 'UNREACHABLE' },
  })
  assert.ok(after.riskScore < before.riskScore)
  assert.equal(sum(after), after.riskScore)
  const { body } = await admin.rest(
    'GET',
    `/vulnerabilities?min_risk_score=${after.riskScore}&max_risk_score=${after.riskScore}&reachability=unreachable&sort=-risk_score`,
  )
  assert.deepEqual(
    body.data.items.map(({ id, risk_score }: Finding) => [id, risk_score]),
    [[after.id, after.riskScore]],
  )
})

test('a finding is due by its severity, and sooner when the world exploits it', async () => {
  await scan('due:1', weakness(51, 'CRITICAL'), weakness(52, 'MEDIUM'), weakness(53, 'INFO'))
  const days = ({ dueAt, firstSeenAt }: Finding) => (Date.parse(dueAt) - Date.parse(firstSeenAt)) / day
  const [critical, medium] = [await byCve(51), await byCve(52)]
  assert.deepEqual([days(critical), critical.slaReason, critical.slaState], [15, 'SEVERITY', 'ON_TRACK'])
  assert.equal(days(medium), 90)
  await owner.query(
    `insert into vulns.vuln_intel (cve_id, epss, kev_listed) values ('CVE-2031-1054', 0.7, false), ('CVE-2031-1055', null, true)`,
  )
  await scan('due:2', weakness(54, 'MEDIUM'))
  const likely = await byCve(54)
  assert.deepEqual([days(likely), likely.slaReason], [14, 'EXPLOITABLE'])
})

const states = async (of: string): Promise<Record<string, number>> => {
  const { body } = await admin.graphql(
    `query ($of: String!) { ${['ON_TRACK', 'AT_RISK', 'BREACHED', 'MET', 'MISSED', 'PAUSED', 'NONE']
      .map(
        (state) =>
          `${state}: vulnerabilities(filter: { search: $of, slaState: [${state}] }) { totalCount { count } }`,
      )
      .join(' ')} }`,
    { of },
  )
  return Object.fromEntries(
    Object.entries(body.data as Record<string, { totalCount: { count: number } }>)
      .map(([state, { totalCount }]) => [state, totalCount.count] as const)
      .filter(([, count]) => count > 0),
  )
}

test('time alone brings findings to risk and past their due time, and judgement stops the clock', async () => {
  await scan('time:1', ...[61, 62, 63].map((number) => weakness(number, 'CRITICAL')))
  const [, paused, fixed] = await Promise.all([61, 62, 63].map(byCve))
  try {
    assert.deepEqual(await states('CVE-2031-106'), { ON_TRACK: 3 })
    ahead = 5 * day
    const judged = await done(analyst, 'markNotAffected', {
      ...{ id: paused.id, justification: 'CODE_NOT_PRESENT', reason: 'not there' },
    })
    assert.equal(judged.slaState, 'PAUSED')
    ahead = 12.5 * day
    assert.deepEqual(await states('CVE-2031-106'), { AT_RISK: 2, PAUSED: 1 })
    assert.equal((await byCve(61)).slaState, 'AT_RISK')
    ahead = 16 * day
    assert.deepEqual(await states('CVE-2031-106'), { BREACHED: 2, PAUSED: 1 })
    const late = await done(analyst, 'resolveVulnerability', { id: fixed.id, resolution: 'FIXED' })
    assert.equal(late.slaState, 'MISSED')
    // Eleven days have not counted.
    const back = await done(analyst, 'reopenVulnerability', { id: paused.id })
    assert.equal(back.slaState, 'ON_TRACK')
    assert.equal(Math.round((Date.parse(back.dueAt) - Date.parse(paused.dueAt)) / day), 11)
    assert.deepEqual(await states('CVE-2031-106'), { BREACHED: 1, ON_TRACK: 1, MISSED: 1 })
    ahead = 30 * day
    const soon = await done(analyst, 'reopenVulnerability', { id: fixed.id })
    assert.equal(soon.slaState, 'BREACHED', 'the old clock goes on')
    await done(analyst, 'resolveVulnerability', { id: fixed.id, resolution: 'FIXED' })
    ahead = 90 * day
    const anew = await done(analyst, 'reopenVulnerability', { id: fixed.id })
    assert.equal(anew.slaState, 'ON_TRACK', 'a new clock begins')
  } finally {
    ahead = 0
  }
})

test('REST does the same by the same rules', async () => {
  await scan('rest:1', weakness(71))
  const { id, version } = await byCve(71)
  const post = (step: string, body: object) => analyst.rest('POST', `/vulnerabilities/${id}/${step}`, body)
  const { status, body } = await post('confirm', { version })
  assert.deepEqual([status, body.data.status, body.data.version], [200, 'confirmed', version + 1])
  const steps: [step: string, body: object, status: number, code: string | undefined][] = [
    ['confirm', { version }, 409, 'CONFLICT'],
    ['reopen', {}, 409, 'ILLEGAL_TRANSITION'],
    ['not-affected', { justification: 'code_not_present', reason: '' }, 400, 'VALIDATION_ERROR'],
    ['not-affected', { justification: 'code_not_present', reason: 'gone' }, 200, undefined],
    ['status', { status: 'open' }, 200, undefined],
    ['start-remediation', { ticket_url: 'https://tickets.example/7' }, 200, undefined],
    ['resolve', { resolution: 'fixed' }, 200, undefined],
  ]
  for (const [step, said, expected, code] of steps) {
    const answer = await post(step, said)
    assert.deepEqual([answer.status, answer.body.error?.code], [expected, code], `${step}: ${answer.text}`)
  }
  assert.equal((await viewer.rest('POST', `/vulnerabilities/${id}/reopen`, {})).status, 403)
  const list = await admin.rest('GET', '/vulnerabilities?sla_state=met&kev=false&search=CVE-2031-1071')
  assert.deepEqual(
    list.body.data.items.map((each: Finding) => each.id),
    [id],
  )
})

test('the counts are those of the lists', async () => {
  const { body } = await admin.graphql(`{ vulnerabilityStats { total open
    byStatus { key count } bySeverity { key count } } }`)
  const count = async (filter: string) =>
    (await admin.graphql(`{ vulnerabilities(filter: { ${filter} }) { totalCount { count } } }`)).body.data
      .vulnerabilities.totalCount.count
  const { total, open, byStatus, bySeverity } = body.data.vulnerabilityStats
  assert.equal(await count(''), total)
  const isOpen = 'status: [OPEN, CONFIRMED, IN_REMEDIATION, RISK_ACCEPTED]'
  assert.equal(await count(isOpen), open)
  for (const { key, count: counted } of byStatus)
    assert.equal(await count(`status: [${key.toUpperCase()}]`), counted, key)
  for (const { key, count: counted } of bySeverity)
    assert.equal(await count(`${isOpen}, severity: [${key.toUpperCase()}]`), counted, key)
})
