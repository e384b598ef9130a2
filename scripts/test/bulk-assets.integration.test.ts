/** Many assets at once: each as it may be changed by itself, with its tags and groups, and its risk found anew once. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { idOfName } from '#kit/id.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { bulkOf, outcomes, statusOf } from './bulk-asking.ts'
import { type Owner, openOwner } from './owner.ts'
import { until } from './processes.ts'

const acme = idOfName('organization', 'acme')
const assets = bulkOf('Assets')
let house: TestHouse
let owner: Owner
let admin: Visitor
let manager: Visitor
let ahead = 0

before(async () => {
  house = await openTestHouse({}, { clock: () => new Date(Date.now() + ahead) })
  owner = await openOwner(house)
  admin = await house.as('admin@acme.example')
  manager = await house.as('manager@acme.example')
})
after(() => house?.close())

/** Some hosts whose names begin alike. */
async function draw(name: string, count: number, organizationId = acme): Promise<string[]> {
  const { rows } = await owner.query(
    `insert into assets.assets (id, organization_id, type, name) select gen_random_uuid(), $1, 'host', $2 || ' ' || i
     from generate_series(1, $3::int) i returning id`,
    [organizationId, name, count],
  )
  return rows.map(({ id }: { id: string }) => id).sort()
}
type Told = {
  id: string
  lifecycle: string
  criticality: string
  riskScore: number
  tags: string[]
  version: number
}
async function told(name: string): Promise<Told[]> {
  const { body } = await admin.graphql(
    `query ($search: String!) { assets(filter: { search: $search }, first: 100) { edges { node {
      id lifecycle retiredAt criticality exposure dataClassification environment owner { id } riskScore tags version } } } }`,
    { search: name },
  )
  return body.data.assets.edges
    .map(({ node }: { node: Told }) => node)
    .sort((one: Told, other: Told) => (one.id < other.id ? -1 : 1))
}
const bare = (all: Told[]) => all.map((each) => ({ ...each, version: 0 }))

test('each is changed as it may be, tags among the rest, and comes back where nobody has touched it', async () => {
  const ids = await draw('guarded host', 5)
  const [foreign] = await draw('guarded host', 1, idOfName('organization', 'globex'))
  const absent = '01a1fc87-6e56-7175-bb20-000000000000'
  await admin.rest('PUT', `/assets/${ids[0]}/tags`, { tags: ['team:old', 'zone:a'] })
  const merged = await admin.rest('POST', `/assets/${ids[4]}/merge`, { asset_ids: [ids[3]] })
  assert.equal(merged.status, 200, merged.text)
  const me = (await manager.rest('GET', '/auth/me')).body.data.id
  const patch = {
    ...{ criticality: 'HIGH', exposure: 'INTERNET', dataClassification: null, ownerUserId: me },
    ...{ addTags: ['Team: New', 'zone:a'], removeTags: ['team:old', 'team:none'], lifecycle: 'RETIRED' },
  }
  const asked = { ids: [...ids, foreign, absent, 'no id'], patch, note: 'moved out' }
  const before = await told('guarded host')
  const trial = await assets.change(manager, { ...asked, dryRun: true })
  assert.deepEqual(await told('guarded host'), before)
  const done = await assets.change(manager, asked)
  assert.deepEqual({ ...trial, batchId: null, dryRun: false }, { ...done, batchId: null })
  const each = outcomes(done)
  assert.equal(each.get(ids[3]!), 'REFUSED ILLEGAL_TRANSITION', 'what it is merged into answers for it')
  for (const id of [foreign!, absent, 'no id']) assert.equal(each.get(id), 'REFUSED NOT_FOUND', id)
  assert.deepEqual([done.matched, done.changed, done.refused], [5, 4, 4])
  for (const { tags, lifecycle, criticality } of await told('guarded host'))
    assert.deepEqual([tags, lifecycle, criticality], [['team:new', 'zone:a'], 'RETIRED', 'HIGH'])
  assert.equal((await assets.change(manager, { ids: [ids[1]], patch })).items[0]!.outcome, 'UNCHANGED')
  await admin.rest('POST', `/assets/${ids[1]}/revive`, {})
  const back = await assets.undo(manager, done.batchId)
  assert.deepEqual([back.changed, back.refused, back.items[0]!.id], [3, 1, ids[1]])
  const touched = (all: Told[]) => bare(all.filter(({ id }) => id !== ids[1]))
  assert.deepEqual(touched(await told('guarded host')), touched(before))
  const late = await assets.change(manager, { ids, patch: { criticality: 'LOW' } })
  ahead = 15 * 60_000 + 1_000
  assert.equal(await assets.undoRefusal(manager, late.batchId), 'CONFLICT')
  ahead = 0
})

test('a filter chooses, and what is wrong changes nothing', async () => {
  const ids = await draw('chosen host', 4)
  const filter = { search: 'chosen host' }
  const patch = { environment: 'TEST' }
  const refusal = (input: object, of = manager) => assets.refusal(of, input)
  assert.equal(await refusal({ filter, patch, expectedCount: 3 }), 'CONFLICT')
  for (const [input, code] of [
    [{ patch }, 'VALIDATION_ERROR'],
    [{ filter, patch: {} }, 'VALIDATION_ERROR'],
    [{ filter, patch: { lifecycle: 'STALE' } }, 'VALIDATION_ERROR'],
    [{ filter, patch: { addTags: ['no tag'] } }, 'VALIDATION_ERROR'],
    [{ filter, patch: { ownerUserId: '01a1fc87-6e56-7175-bb20-000000000000' } }, 'NOT_FOUND'],
  ] as const)
    assert.equal(await refusal(input), code, JSON.stringify(input))
  assert.equal(await refusal({ filter, patch }, await house.as('analyst@acme.example')), 'FORBIDDEN')
  assert.ok((await told('chosen host')).every(({ version }) => version === 1))
  const done = await assets.change(manager, { filter, patch, expectedCount: 4 })
  assert.deepEqual([done.changed, done.refused], [4, 0])
  const stranger = await house.as('admin@globex.example')
  assert.equal(await assets.undoRefusal(stranger, done.batchId), 'NOT_FOUND')
  const many = Array.from({ length: 50 }, (_, index) => `a:${index}`)
  await admin.rest('PUT', `/assets/${ids[0]}/tags`, { tags: many })
  const full = await assets.change(manager, { ids, patch: { addTags: ['b:1'] } })
  assert.deepEqual([full.changed, outcomes(full).get(ids[0]!)], [3, 'REFUSED VALIDATION_ERROR'])
})

test('grants over some assets give these alone, and nobody moves assets into what gives more', async () => {
  const viewer = await house.as('viewer@acme.example')
  const user = (await viewer.rest('GET', '/auth/me')).body.data.id
  const [mine, others] = [await draw('granted host', 2), await draw('granted host', 2)]
  for (const id of mine) await admin.rest('PUT', `/assets/${id}/tags`, { tags: ['team:mine'] })
  const grant = { role: 'manager', user_id: user, tag: 'team:mine' }
  assert.equal((await admin.rest('POST', '/grants', grant)).status, 201)
  const asked = { ids: [...mine, ...others], patch: { criticality: 'HIGH' } }
  await until(
    'the grant counts',
    5_000,
    async () => !(await assets.refusal(viewer, { ...asked, dryRun: true })),
  )
  const each = outcomes(await assets.change(viewer, asked))
  for (const id of mine) assert.equal(each.get(id), 'CHANGED')
  for (const id of others) assert.equal(each.get(id), 'REFUSED FORBIDDEN')
  assert.equal(await assets.refusal(viewer, { ids: mine, patch: { removeTags: ['team:mine'] } }), 'FORBIDDEN')
  // A group with a rule that grants name: one asset comes into it while another one leaves it.
  const rule = { criticality: ['LOW'], search: undefined, environment: ['STAGING'] }
  const made = await admin.graphql(
    'mutation ($input: CreateAssetGroupInput!) { createAssetGroup(input: $input) { assetGroup { id } } }',
    { input: { name: 'ruled', rule } },
  )
  const group = made.body.data.createAssetGroup.assetGroup.id
  const team = (await admin.rest('POST', '/teams', { name: 'ruled' })).body.data.id
  const over = { role: 'manager', team_id: team, asset_group_id: group }
  assert.equal((await admin.rest('POST', '/grants', over)).status, 201)
  const into = { ids: mine, patch: { criticality: 'LOW', environment: 'STAGING' } }
  assert.equal(await assets.refusal(viewer, into), 'FORBIDDEN')
  assert.equal(await assets.refusal(viewer, { ...into, dryRun: true }), 'FORBIDDEN', 'a trial says so too')
  assert.equal((await told('granted host')).filter(({ criticality }) => criticality === 'LOW').length, 0)
  assert.equal((await assets.change(manager, into)).changed, 2)
})

test('more than 500 are a job, and their scores are found anew by one', async () => {
  const ids = await draw('scored host', 600)
  await owner.query(
    `insert into vulns.vulnerabilities (id, organization_id, asset_id, fingerprint, kind, severity, title)
     select gen_random_uuid(), $1, id, md5(id::text), 'package', 'critical', 'scored' from unnest($2::uuid[]) as id`,
    [acme, ids],
  )
  const jobs = async () =>
    (await owner.query(`select id from operations.operations where kind = 'rescore-changed-assets'`)).rows
  const before = (await jobs()).length
  const patch = { criticality: 'CRITICAL', exposure: 'INTERNET' }
  const scores = async () => {
    const text = `select distinct risk_score from assets.assets where id = any($1) order by 1`
    return (await owner.query(text, [ids])).rows.map(({ risk_score }) => risk_score)
  }
  const started = await assets.change(manager, { ids, patch })
  assert.deepEqual([started.matched, started.changed], [600, 0])
  assert.equal(await statusOf(manager, started.operation!.id), 'COMPLETE')
  // 0.6 of a CRITICAL without a vector, on an asset that could not be worth more.
  await until('all scores have risen', 30_000, async () => `${await scores()}` === '60')
  assert.equal((await jobs()).length, before + 1)
  const back = await assets.undo(manager, started.batchId)
  assert.equal(await statusOf(manager, back.operation!.id), 'COMPLETE')
  await until('all scores have fallen again', 30_000, async () => `${await scores()}` === '44')
  assert.equal((await jobs()).length, before + 2)
})

test('a job that is cancelled changes none, and one that is not changes all and takes them back', async () => {
  const ids = await draw('many host', 600)
  const worth = async () => {
    const text = `select criticality, count(*)::int as count from assets.assets where id = any($1) group by 1`
    return (await owner.query(text, [ids])).rows.map(({ criticality, count }) => `${criticality} ${count}`)
  }
  const patch = { criticality: 'LOW', addTags: ['fleet:many'] }
  const ask = { filter: { search: 'many host' }, patch, expectedCount: 600 }
  // Somebody is at the last one, so that the job is still at work when it is cancelled.
  const holder = await openOwner(house)
  await holder.query('begin')
  await holder.query('select 1 from assets.assets where id = $1 for update', [ids.at(-1)])
  const stopped = await assets.change(manager, ask)
  await statusOf(manager, stopped.operation!.id, ['RUNNING'])
  const cancelled = await manager.rest('POST', `/operations/${stopped.operation!.id}/cancel`)
  assert.equal(cancelled.status, 200, cancelled.text)
  await holder.query('rollback')
  await holder.close()
  assert.equal(await statusOf(manager, stopped.operation!.id), 'CANCELLED')
  assert.deepEqual(await worth(), ['unknown 600'])
  assert.equal(await assets.undoRefusal(manager, stopped.batchId), 'CONFLICT', 'it was never done')
  const done = await assets.change(manager, ask)
  assert.equal(await statusOf(manager, done.operation!.id), 'COMPLETE')
  assert.deepEqual(await worth(), ['low 600'])
  const back = await assets.undo(manager, done.batchId)
  assert.equal(await statusOf(manager, back.operation!.id), 'COMPLETE')
  assert.deepEqual(await worth(), ['unknown 600'])
})

test('REST does the same', async () => {
  const ids = await draw('rest host', 3)
  const patch = {
    data_classification: 'restricted',
    add_tags: ['zone:b'],
    owner_id: null,
    lifecycle: 'retired',
  }
  const done = await manager.rest('POST', '/assets/bulk', { ids, patch, expected_count: 3 })
  assert.equal(done.status, 200, done.text)
  const { batch_id, changed } = done.body.data
  assert.equal(changed, 3)
  assert.equal((await manager.rest('GET', `/assets/bulk/${batch_id}`)).body.data.changed, 3)
  const undone = await manager.rest('POST', `/assets/bulk/${batch_id}/undo`)
  assert.equal(undone.body.data.changed, 3)
  assert.ok(
    (await told('rest host')).every(({ tags, lifecycle }) => tags.length === 0 && lifecycle === 'ACTIVE'),
  )
  assert.equal((await manager.rest('POST', '/assets/bulk', { ids, patch: {} })).status, 400)
})
