/** Many findings at once: each as it may be changed by itself, all of them or none by a job, and taken back for a while. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { idOfName } from '#kit/id.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { bulkOf, outcomes, statusOf, told } from './bulk-asking.ts'
import { type Owner, openOwner } from './owner.ts'
import { until } from './processes.ts'

const acme = idOfName('organization', 'acme')
const [web, shop] = ['web-01', 'shop-api'].map((name) => idOfName('acme', 'asset', name)) as [string, string]
const findings = bulkOf('Vulnerabilities')
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

/** Some open findings of a weakness of their own. */
async function draw(cve: string, count: number, assetId = web, organizationId = acme): Promise<string[]> {
  const { rows } = await owner.query(
    `insert into vulns.vulnerabilities (id, organization_id, asset_id, fingerprint, kind, cve_id, severity, title, first_seen_at)
     select gen_random_uuid(), $1, $2, md5(random()::text || i), 'package', $3::text, (array['critical', 'high', 'low'])[1 + i % 3], $3::text || i, now() - interval '1 hour'
     from generate_series(1, $4::int) i returning id`,
    [organizationId, assetId, cve, count],
  )
  return rows.map(({ id }: { id: string }) => id).sort()
}
const columns = `id, status, status_reason, resolution, justification, assignee_id, reachability, severity_override, reopen_count,
  due_at, at_risk_at, sla_started_at, sla_paused_at, sla_paused_seconds, risk_score, version`
const rowsOf = async (cve: string) =>
  (await owner.query(`select ${columns} from vulns.vulnerabilities where cve_id = $1 order by id`, [cve]))
    .rows
const statuses = async (cve: string) => (await rowsOf(cve)).map(({ status }) => status).sort()
const step = (id: string | undefined, path: string, body: object) =>
  analyst.rest('POST', `/vulnerabilities/${id}/${path}`, body)

test('each is changed under its own guard, and a trial says what would become of it', async () => {
  const ids = await draw('CVE-2041-0001', 6)
  await step(ids[0], 'confirm', {})
  await step(ids[1], 'false-positive', { reason: 'a fixture' })
  const [foreign] = await draw('CVE-2041-0001', 1, web, idOfName('organization', 'globex'))
  const absent = '01a1fc87-6e56-7175-bb20-000000000000'
  const asked = { ids: [...ids, foreign, absent, 'no id'], patch: { status: 'CONFIRMED' }, note: 'all real' }
  const before = await rowsOf('CVE-2041-0001')
  const trial = await findings.change(analyst, { ...asked, dryRun: true })
  assert.deepEqual(await rowsOf('CVE-2041-0001'), before)
  const heard = await house.surroundings.events.subscribe(acme, 'vulnerability.updated')
  const done = await findings.change(analyst, asked)
  const names = new Set<string>()
  while (names.size < 4) names.add((await heard.next()).value!.vulnerabilityId)
  await heard.return()
  assert.deepEqual([...names].sort(), ids.slice(2))
  assert.deepEqual({ ...trial, batchId: null, dryRun: false }, { ...done, batchId: null })
  assert.deepEqual([done.matched, done.changed, done.refused, trial.batchId], [6, 4, 4, null])
  const each = outcomes(done)
  assert.deepEqual([each.get(ids[0]!), each.get(ids[1]!)], ['UNCHANGED', 'REFUSED ILLEGAL_TRANSITION'])
  for (const id of [foreign!, absent, 'no id']) assert.equal(each.get(id), 'REFUSED NOT_FOUND', id)
  const words = (id: string) => done.items.find((item) => item.id === id)?.message
  assert.equal(words(foreign!), words(absent), 'a stranger’s is as one that is not there')
  // What a step asks for is asked of each.
  const unsaid = await findings.change(analyst, { ids, patch: { status: 'NOT_AFFECTED' } })
  assert.deepEqual([unsaid.changed, outcomes(unsaid).get(ids[2]!)], [0, 'REFUSED VALIDATION_ERROR'])
  const idle = await findings.change(analyst, { ids: [ids[2]], patch: { status: 'IN_REMEDIATION' } })
  assert.equal(outcomes(idle).get(ids[2]!), 'REFUSED VALIDATION_ERROR', 'nobody is at it')
  const me = (await analyst.rest('GET', '/auth/me')).body.data.id
  const taken = { status: 'IN_REMEDIATION', assigneeId: me, reachability: 'REACHABLE_STATIC' }
  assert.equal((await findings.change(analyst, { ids: [ids[2]], patch: taken })).changed, 1)
  const severityOverride = { severity: 'INFO', reason: 'only here' }
  const judged = await findings.change(analyst, { ids: ids.slice(3), patch: { severityOverride } })
  assert.equal(judged.changed, 3)
  const { body } = await analyst.graphql(
    '{ vulnerabilities(filter: { cveId: "CVE-2041-0001", severity: [INFO] }) { edges { node { riskScore } } } }',
  )
  assert.equal(body.data.vulnerabilities.edges.length, 3)
  assert.ok(
    body.data.vulnerabilities.edges.every(
      ({ node }: { node: { riskScore: number } }) => node.riskScore === 0,
    ),
  )
  const kept = await analyst.graphql(`{ vulnerabilityBatch(id: "${done.batchId}") { ${told} } }`)
  assert.equal(kept.body.data.vulnerabilityBatch.changed, 4)
})

test('another number than expected changes nothing, and what is wrong is refused', async () => {
  await draw('CVE-2041-0002', 9)
  const filter = { cveId: ['CVE-2041-0002'], severity: ['LOW'] }
  const patch = { status: 'RESOLVED', resolution: 'FIXED' }
  const refusal = (input: object, of = analyst) => findings.refusal(of, input)
  assert.equal(await refusal({ filter, patch, expectedCount: 4 }), 'CONFLICT')
  for (const input of [
    { patch },
    { ids: [], filter, patch },
    { filter, patch: {} },
    { filter, patch: { reason: 'alone' } },
    { ids: Array.from({ length: 10_001 }, (_, index) => `${index}`), patch },
  ])
    assert.equal(await refusal(input), 'VALIDATION_ERROR', JSON.stringify(input).slice(0, 100))
  const nobody = { assigneeId: '01a1fc87-6e56-7175-bb20-000000000000' }
  assert.equal(await refusal({ filter, patch: nobody }), 'NOT_FOUND')
  assert.equal(await refusal({ filter, patch }, await house.as('viewer@acme.example')), 'FORBIDDEN')
  assert.deepEqual(await statuses('CVE-2041-0002'), Array(9).fill('open'))
  const done = await findings.change(analyst, { filter, patch, expectedCount: 3 })
  assert.deepEqual([done.matched, done.changed, done.refused], [3, 3, 0])
  const stranger = await house.as('admin@globex.example')
  assert.equal(await findings.undoRefusal(stranger, done.batchId), 'NOT_FOUND')
})

test('a batch is undone once, within 15 minutes, with the clocks of its findings', async () => {
  const ids = await draw('CVE-2041-0003', 5)
  await step(ids[4], 'resolve', { resolution: 'MITIGATED' })
  const before = await rowsOf('CVE-2041-0003')
  const patch = { status: 'RESOLVED', resolution: 'FIXED', reachability: 'UNREACHABLE' }
  const done = await findings.change(analyst, { ids, patch })
  assert.equal(done.changed, 5)
  await step(ids[0], 'reopen', {})
  ahead = 14 * 60_000
  const back = await findings.undo(analyst, done.batchId)
  assert.deepEqual([back.changed, back.refused, back.items[0]!.id], [4, 1, ids[0]])
  assert.equal(back.items[0]!.code, 'CONFLICT')
  const bare = (rows: { id: string }[]) =>
    rows.filter(({ id }) => id !== ids[0]).map((row) => ({ ...row, version: 0 }))
  assert.deepEqual(bare(await rowsOf('CVE-2041-0003')), bare(before))
  assert.equal(await findings.undoRefusal(analyst, done.batchId), 'CONFLICT')
  const late = await findings.change(analyst, { ids, patch: { reachability: 'POTENTIALLY' } })
  ahead += 15 * 60_000 + 1_000
  assert.equal(await findings.undoRefusal(analyst, late.batchId), 'CONFLICT')
  ahead = 0
})

test('an undo knows of an acceptance that was revoked meanwhile, as though the batch had never been', async () => {
  const [revoked, kept] = (await draw('CVE-2041-0008', 2)) as [string, string]
  const admin = await house.as('admin@acme.example')
  const accept = async (id: string): Promise<string> => {
    const asked = await analyst.rest('POST', '/risk-acceptances', {
      ...{ vulnerability_ids: [id], treatment: 'accept', reason: 'for a while' },
      expires_at: new Date(Date.now() + 10 * 86_400_000).toISOString(),
    })
    assert.equal(asked.status, 201, asked.text)
    const given = await admin.rest('POST', `/risk-acceptances/${asked.body.data.id}/approve`, {})
    assert.equal(given.status, 200, given.text)
    return asked.body.data.id
  }
  const [first] = [await accept(revoked), await accept(kept)]
  const patch = { status: 'RESOLVED', resolution: 'MITIGATED' }
  const done = await findings.change(analyst, { ids: [revoked, kept], patch })
  assert.equal(done.changed, 2)
  const end = await admin.rest('POST', `/risk-acceptances/${first}/revoke`, { reason: 'not any more' })
  assert.equal(end.status, 200, end.text)
  assert.equal((await findings.undo(analyst, done.batchId)).changed, 2)
  const { rows } = await owner.query(
    `select v.id, v.status, v.status_reason, v.acceptance_id is null as is_free, v.accepted_until is null as is_open,
      v.status_by = r.decided_by as by_whom from vulns.vulnerabilities v, vulns.risk_acceptances r
      where v.id = any($1) and r.id = $2`,
    [[revoked, kept], first],
  )
  const of = new Map(rows.map(({ id, ...row }) => [id, row]))
  assert.deepEqual(of.get(revoked), {
    ...{ status: 'confirmed', status_reason: 'not any more', is_free: true, is_open: true, by_whom: true },
  })
  const { status, is_free } = of.get(kept)!
  assert.deepEqual([status, is_free], ['risk_accepted', false])
})

test('who may change some assets alone changes their findings alone', async () => {
  const viewer = await house.as('viewer@acme.example')
  const user = (await viewer.rest('GET', '/auth/me')).body.data.id
  const admin = await house.as('admin@acme.example')
  await admin.rest('PUT', `/assets/${shop}/tags`, { tags: ['team:shop'] })
  const granted = await admin.rest('POST', '/grants', { role: 'analyst', user_id: user, tag: 'team:shop' })
  assert.equal(granted.status, 201, granted.text)
  const [theirs, others] = [await draw('CVE-2041-0004', 2, shop), await draw('CVE-2041-0004', 2)]
  const asked = { filter: { cveId: ['CVE-2041-0004'] }, patch: { status: 'CONFIRMED' } }
  await until(
    'the grant counts',
    5_000,
    async () => !(await findings.refusal(viewer, { ...asked, dryRun: true })),
  )
  const each = outcomes(await findings.change(viewer, asked))
  for (const id of theirs) assert.equal(each.get(id), 'CHANGED')
  for (const id of others) assert.equal(each.get(id), 'REFUSED FORBIDDEN')
  // By a job too.
  const many = await draw('CVE-2041-0005', 501)
  const more = await draw('CVE-2041-0005', 1, shop)
  const started = await findings.change(viewer, { ids: [...many, ...more], patch: { status: 'CONFIRMED' } })
  assert.equal(await statusOf(admin, started.operation!.id), 'COMPLETE')
  assert.deepEqual(await statuses('CVE-2041-0005'), ['confirmed', ...Array(501).fill('open')])
})

test('ten thousand go on after the answer, all of them or none, and their asset learns of it once', async (context) => {
  const ids = await draw('CVE-2041-0006', 10_000)
  const open = async () => (await statuses('CVE-2041-0006')).filter((status) => status === 'open').length
  const patch = { status: 'FALSE_POSITIVE', reason: 'a broken scan' }
  const ask = { filter: { cveId: ['CVE-2041-0006'] }, patch, expectedCount: 10_000 }
  // Somebody is at the last one, so that the job is still at work when it is cancelled.
  const holder = new pg.Client({ connectionString: house.databaseUrl })
  await holder.connect()
  await holder.query('begin')
  await holder.query('select 1 from vulns.vulnerabilities where id = $1 for update', [ids.at(-1)])
  const stopped = await findings.change(analyst, ask)
  await statusOf(analyst, stopped.operation!.id, ['RUNNING'])
  const manager = await house.as('manager@acme.example')
  assert.equal((await manager.rest('POST', `/operations/${stopped.operation!.id}/cancel`)).status, 200)
  await holder.query('rollback')
  await holder.end()
  assert.equal(await statusOf(analyst, stopped.operation!.id), 'CANCELLED')
  assert.equal(await open(), 10_000)
  const rescored = async () =>
    (await owner.query(`select 1 from operations.operations where kind = 'rescore-assets'`)).rows.length
  const before = await rescored()
  const from = performance.now()
  const { operation, batchId } = await findings.change(analyst, ask)
  assert.equal(await statusOf(analyst, operation!.id), 'COMPLETE')
  context.diagnostic(`10,000 findings in ${Math.round(performance.now() - from)} ms`)
  assert.deepEqual([await open(), await rescored()], [0, before + 1])
  assert.equal(await findings.undoRefusal(analyst, stopped.batchId), 'CONFLICT', 'it was never done')
  const back = await findings.undo(analyst, batchId)
  assert.equal(await statusOf(analyst, back.operation!.id), 'COMPLETE')
  assert.equal(await open(), 10_000)
})

test('REST does the same', async () => {
  const ids = await draw('CVE-2041-0007', 3)
  const patch = {
    ...{ status: 'not_affected', justification: 'code_not_reachable', reason: 'never run' },
    severity_override: { severity: 'low', reason: 'here' },
  }
  const done = await analyst.rest('POST', '/vulnerabilities/bulk', { ids, patch, expected_count: 3 })
  assert.equal(done.status, 200, done.text)
  const { batch_id, changed } = done.body.data
  assert.equal(changed, 3)
  assert.equal((await analyst.rest('GET', `/vulnerabilities/bulk/${batch_id}`)).body.data.changed, 3)
  const undone = await analyst.rest('POST', `/vulnerabilities/bulk/${batch_id}/undo`)
  assert.equal(undone.body.data.changed, 3)
  assert.deepEqual(await statuses('CVE-2041-0007'), ['open', 'open', 'open'])
  assert.equal((await analyst.rest('GET', '/vulnerabilities/bulk/nothing')).status, 404)
  assert.equal((await analyst.rest('POST', '/vulnerabilities/bulk', { ids, patch: {} })).status, 400)
})
