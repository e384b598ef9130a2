/** Assets that are taken together: groups by rules, what a survivor stands for, coverage, and what they were once. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { askAs, type Reported, reportAs } from './observing.ts'
import { openOwner } from './owner.ts'
import { until } from './processes.ts'

type Told = ReturnType<typeof JSON.parse>
type Row = { id: string } & Record<string, Told>
const minute = 60_000
const nowhere = '01a1fc87-6e56-7175-bb20-000000000000'

let house: TestHouse
let admin: Visitor
let analyst: Visitor
let other: Visitor
/** What the test adds to the time of day. */
let later = 0

before(async () => {
  house = await openTestHouse({}, { clock: () => new Date(Date.now() + later) })
  admin = await house.as('admin@acme.example')
  analyst = await house.as('analyst@acme.example')
  other = await house.as('admin@globex.example')
})
after(() => house?.close())

const ask = async (text: string, variables: object = {}, by = admin): Promise<Told> => {
  const { body } = await by.graphql(text, variables as Record<string, unknown>)
  assert.equal(body.errors, undefined, JSON.stringify(body))
  return body.data
}
const typeOf = (name: string) => `${name[0]!.toUpperCase()}${name.slice(1)}Input`
const change = (name: string, input: object, answer: string): Promise<Told> =>
  ask(`mutation ($input: ${typeOf(name)}!) { ${name}(input: $input) { ${answer} } }`, { input }).then(
    (data) => data[name],
  )
const code = async (name: string, input: object, by = admin): Promise<string> => {
  const text = `mutation ($input: ${typeOf(name)}!) { ${name}(input: $input) { __typename } }`
  return (await by.graphql(text, { input })).body.errors[0].extensions.code
}
const report = (...assets: Reported[]) => reportAs(house, 'acme', assets)
/** A host with some identifiers, written as `kind=value`. */
const host = (name: string, ...known: string[]): Reported => ({
  name,
  type: 'HOST',
  source: 'agent',
  identifiers: known.map((each) => {
    const [kind, value] = each.split('=') as [string, string]
    return { kind: kind.toUpperCase(), value }
  }),
})
const one = async (id: string, fields = 'id name'): Promise<Row> =>
  (await ask(`query ($id: ID!) { asset(id: $id) { ${fields} } }`, { id })).asset
const listed = async (filter: object): Promise<string[]> => {
  const text =
    'query ($filter: AssetFilter) { assets(first: 100, filter: $filter) { edges { node { id } } } }'
  return (await ask(text, { filter })).assets.edges.map(({ node }: Told) => node.id)
}

const group = async (rule: object, name = `ruled ${Math.random()}`): Promise<string> =>
  (await change('createAssetGroup', { name, rule }, 'assetGroup { id }')).assetGroup.id
const sized = async (id: string): Promise<number> =>
  (await ask('query ($id: ID!) { assetGroup(id: $id) { assetCount } }', { id })).assetGroup.assetCount

test('a group with a rule has what the rule describes, now and later', async () => {
  const [first, second] = await report(host('ruled-1', 'external_id=r1'), host('ruled-2', 'external_id=r2'))
  const rule = { criticality: ['CRITICAL'], identifier: [{ kind: 'EXTERNAL_ID', value: 'agent:r1' }] }
  const id = await group(rule)
  const { assetGroup } = await ask('query ($id: ID!) { assetGroup(id: $id) { rule version } }', { id })
  assert.deepEqual(assetGroup, { rule, version: 1 }, 'it is told as it was given')
  assert.equal(await sized(id), 0)
  await change('updateAsset', { id: first, criticality: 'CRITICAL' }, 'asset { id }')
  await change('updateAsset', { id: second, criticality: 'CRITICAL' }, 'asset { id }')
  assert.deepEqual([await sized(id), await listed({ groupId: [id] })], [1, [first]])
  const wider = await change(
    'setAssetGroupRule',
    { id, rule: { source: ['agent'], criticality: ['CRITICAL'] }, expectedVersion: 1 },
    'assetGroup { assetCount version }',
  )
  assert.deepEqual(wider.assetGroup, { assetCount: 2, version: 2 })
  assert.deepEqual((await listed({ groupId: [id] })).sort(), [first, second].sort())
  await change('retireAsset', { id: second }, 'asset { id }')
  const retired = { lifecycle: ['RETIRED'], riskScore: { from: 0, to: 5 } }
  const byRest = (version: number) =>
    admin.rest('PUT', `/asset-groups/${id}/rule`, { rule: retired, version })
  assert.equal((await byRest(1)).status, 409)
  assert.equal((await byRest(2)).body.data.version, 3)
  assert.deepEqual(await listed({ groupId: [id] }), [second])
  await change('mergeAssets', { id: first, mergeIds: [second] }, 'asset { id }')
  assert.equal(await sized(id), 0, 'what is merged is in no group by a rule')
})

test('a rule is refused that says nothing, or what no rule may say, and to who may not', async () => {
  const wrong = async (rule: object): Promise<string> => {
    const { body } = await admin.graphql(
      'mutation ($input: CreateAssetGroupInput!) { createAssetGroup(input: $input) { __typename } }',
      { input: { name: 'wrong', rule } },
    )
    return body.errors[0].extensions.details?.[0].field ?? body.errors[0].extensions.code
  }
  assert.equal(await wrong({}), 'rule')
  assert.equal(await wrong({ search: 'web' }), 'rule.search')
  assert.equal(await wrong({ groupId: [nowhere] }), 'rule.groupId')
  assert.equal(await wrong({ colour: ['RED'] }), 'VALIDATION_ERROR')
  const id = await group({ tag: ['a:b'] })
  const rule = { tag: ['a:c'] }
  assert.equal(await code('setAssetGroupRule', { id, rule }, analyst), 'FORBIDDEN')
  for (const each of [id, nowhere, 'x'])
    assert.equal(await code('setAssetGroupRule', { id: each, rule }, other), 'NOT_FOUND')
  assert.equal(await code('setAssetGroupRule', { id, rule, expectedVersion: 9 }), 'CONFLICT')
  assert.equal(await code('setAssetGroupMembers', { id, assetIds: [] }), 'ILLEGAL_TRANSITION')
  const plain = (await admin.rest('POST', '/asset-groups', { name: 'plain' })).body.data
  assert.equal(plain.rule, null)
  assert.equal(
    await code('setAssetGroupMembers', { id: plain.id, assetIds: [], expectedVersion: 9 }),
    'CONFLICT',
  )
  assert.equal(await code('setAssetGroupRule', { id: plain.id, rule }), 'ILLEGAL_TRANSITION')
})

test('a grant over a group with a rule holds for what is in it, and who may less moves nothing into it', async () => {
  const [inside, outside] = await report(host('gr-1', 'external_id=gr-1'), host('gr-2', 'external_id=gr-2'))
  const id = await group({ exposure: ['PARTNER'] })
  await change('updateAsset', { id: inside, exposure: 'PARTNER' }, 'asset { id }')
  const { me } = await ask('{ me { id } }', {}, analyst)
  const given = await admin.rest('POST', '/grants', { user_id: me.id, role: 'manager', asset_group_id: id })
  assert.equal(given.status, 201)
  const granted = await house.as('analyst@acme.example')
  await ask(
    'mutation ($input: UpdateAssetInput!) { updateAsset(input: $input) { asset { id } } }',
    { input: { id: inside, environment: 'TEST' } },
    granted,
  )
  assert.equal(await code('updateAsset', { id: outside, environment: 'TEST' }, granted), 'FORBIDDEN')
  // They may not take it out of the group either, as that takes from others what they hold by it.
  assert.equal(await code('updateAsset', { id: inside, exposure: 'INTERNAL' }, granted), 'FORBIDDEN')
  const key = await admin.rest('POST', '/api-keys', {
    name: 'writes',
    scopes: ['assets:write', 'assets:read'],
  })
  const writer = house.visitor(key.body.data.key)
  assert.equal(await code('updateAsset', { id: outside, exposure: 'PARTNER' }, writer), 'FORBIDDEN')
  assert.equal(
    await code('createAsset', { type: 'HOST', name: 'x', exposure: 'PARTNER' }, writer),
    'FORBIDDEN',
  )
  assert.deepEqual(await listed({ exposure: ['PARTNER'] }), [inside], 'what was refused has not happened')
  assert.ok(
    (
      await ask(
        'mutation ($input: UpdateAssetInput!) { updateAsset(input: $input) { asset { id } } }',
        { input: { id: outside, exposure: 'ISOLATED' } },
        writer,
      )
    ).updateAsset,
  )
})

test('a survivor is as risky as the worst of what it stands for', async () => {
  const [a, b] = await report(host('risk-a', 'external_id=risk-a'), host('risk-b', 'external_id=risk-b'))
  const score = (...given: [id: string, score: number][]) => {
    const input = given.map(([assetId, score]) => ({
      ...{ assetId, score },
      factors: [{ name: 'test', input: null, contribution: score }],
    }))
    const text = 'mutation ($input: [ScoreAssetInput!]!) { scoreAssets(input: $input) }'
    return askAs(house, 'vulns', 'acme')(text, { input })
  }
  const risks = async () => {
    const rows = [
      await one(a!, 'riskScore riskFactors { contribution }'),
      await one(b!, 'riskScore riskFactors { contribution }'),
    ]
    for (const { riskScore, riskFactors } of rows) assert.equal(riskFactors[0].contribution, riskScore)
    return rows.map(({ riskScore }) => riskScore)
  }
  /** What vulns says by itself after a change has been said. */
  const settled = async () => {
    const owner = await openOwner(house)
    const waiting = `select 1 from operations.operations where kind = 'rescore-asset' and status in ('queued', 'running')`
    await until('scores are found', 20_000, async () => (await owner.query(waiting)).rowCount === 0)
    await owner.close()
  }
  await score([a!, 20], [b!, 70])
  assert.deepEqual(await risks(), [20, 70])
  await change('mergeAssets', { id: a, mergeIds: [b] }, 'asset { id }')
  await settled()
  await score([a!, 20], [b!, 70])
  assert.deepEqual(await risks(), [70, 70])
  await score([b!, 10])
  assert.deepEqual(await risks(), [20, 10])
  await score([a!, 5])
  assert.deepEqual(await risks(), [10, 10])
  await change('splitAsset', { id: b }, 'asset { id }')
  await settled()
  await score([a!, 5], [b!, 10])
  assert.deepEqual(await risks(), [5, 10])
})

test('coverage is counted over what is there', async () => {
  const [seen] = await report({ ...host('covered-1', 'external_id=covered-1'), source: 'coverage-test' })
  const row = async () =>
    (await ask('{ assetCoverage { source seen share } }')).assetCoverage.find(
      ({ source }: Told) => source === 'coverage-test',
    )
  const { total, byLifecycle } = (await ask('{ assetStats { total byLifecycle { key count } } }')).assetStats
  const retired = byLifecycle.find(({ key }: Told) => key === 'retired')?.count ?? 0
  const { seen: count, share } = await row()
  assert.equal(count, 1)
  assert.ok(Math.abs(share - 1 / (total - retired)) < 1e-9)
  await change('retireAsset', { id: seen }, 'asset { id }')
  assert.equal(await row(), undefined)
  const { body } = await admin.rest('GET', '/assets/coverage')
  assert.ok(body.data.items.some(({ source }: Told) => source === 'agent'))
})

test('what assets were at some time is told by their history', async () => {
  const stats = async (asOf?: Date) => {
    const text =
      'query ($asOf: DateTime) { assetStats(asOf: $asOf) { total byLifecycle { key count } byCriticality { key count } } }'
    const { assetStats } = await ask(text, { asOf })
    const of = (buckets: Told[], key: string) => buckets.find((each) => each.key === key)?.count ?? 0
    const { total, byLifecycle, byCriticality } = assetStats
    return [total, of(byLifecycle, 'retired'), of(byCriticality, 'critical')]
  }
  const was = await stats()
  later += minute
  const then = new Date(Date.now() + later)
  later += minute
  const [kept, gone] = await report(
    host('then-1', 'external_id=then-1'),
    host('then-2', 'external_id=then-2'),
  )
  later += minute
  const made = new Date(Date.now() + later)
  later += minute
  await change('updateAsset', { id: kept, criticality: 'CRITICAL' }, 'asset { id }')
  await change('retireAsset', { id: gone }, 'asset { id }')
  await change('mergeAssets', { id: kept, mergeIds: [gone] }, 'asset { id }')
  const [total, retired, critical] = was as [number, number, number]
  assert.deepEqual(await stats(then), was)
  assert.deepEqual(await stats(made), [total + 2, retired, critical])
  assert.deepEqual(await stats(), [total + 1, retired, critical + 1])
  assert.deepEqual(await stats(new Date('2020-01-01')), [0, 0, 0])
})
