/** Assets as people keep them: what they are worth, whose they are, and whether they are still there. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { askAs } from './observing.ts'

const day = 86_400_000
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

type Told = ReturnType<typeof JSON.parse>
const all = `id name type externalId environment criticality exposure dataClassification lifecycle retiredAt
  owner { id } ownerTeam { id } riskScore riskFactors { name input contribution } metadata tags version`

/** The asset that a mutation answers. */
async function change(name: string, input: object, by = admin): Promise<Told> {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input`
  const text = `mutation ($input: ${type}!) { ${name}(input: $input) { asset { ${all} } } }`
  const { body } = await by.graphql(text, { input })
  assert.equal(body.errors, undefined, JSON.stringify(body))
  return body.data[name].asset
}
/** The code that a mutation is refused with, and the field that is wrong. */
async function refused(name: string, input: object, by = admin): Promise<unknown[]> {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input`
  const { body } = await by.graphql(`mutation ($input: ${type}!) { ${name}(input: $input) { __typename } }`, {
    input,
  })
  const { code, details } = body.errors[0].extensions
  return details ? [code, details[0].field] : [code]
}
const made = (name: string, more: object = {}) => change('createAsset', { type: 'HOST', name, ...more })
/** The names of those that a filter finds, by the alphabet. */
async function named(filter: object, by = admin): Promise<string[]> {
  const text =
    'query ($filter: AssetFilter) { assets(first: 100, filter: $filter) { totalCount { count } edges { node { name } } } }'
  const { body } = await by.graphql(text, { filter })
  assert.equal(body.errors, undefined, JSON.stringify(body))
  const names = body.data.assets.edges.map((edge: Told) => edge.node.name)
  assert.equal(body.data.assets.totalCount.count, names.length)
  return names
}

test('an asset is made, told apart by its version, and what is left out of a change stays', async () => {
  const asset = await made('  build-07 ', { criticality: 'HIGH', metadata: { rack: 7 } })
  assert.deepEqual(
    [asset.name, asset.criticality, asset.exposure, asset.lifecycle, asset.version, asset.metadata],
    ['build-07', 'HIGH', 'UNKNOWN', 'ACTIVE', 1, { rack: 7 }],
  )
  const { id } = asset
  const exposed = await change('updateAsset', { id, exposure: 'INTERNET', expectedVersion: 1 })
  assert.deepEqual(
    [exposed.criticality, exposed.exposure, exposed.metadata, exposed.version],
    ['HIGH', 'INTERNET', { rack: 7 }, 2],
  )
  assert.deepEqual(await refused('updateAsset', { id, name: 'late', expectedVersion: 1 }), ['CONFLICT'])
  const cleared = await change('updateAsset', { id, criticality: null, metadata: null })
  assert.deepEqual([cleared.criticality, cleared.metadata, cleared.version], ['UNKNOWN', {}, 3])
  assert.equal((await change('updateAsset', { id })).version, 3)
  assert.deepEqual(await refused('updateAsset', { id, name: null }), ['VALIDATION_ERROR', 'name'])
  assert.deepEqual(await refused('updateAsset', { id, metadata: [1] }), ['VALIDATION_ERROR', 'metadata'])
  const large = { text: 'x'.repeat(17_000) }
  assert.deepEqual(await refused('updateAsset', { id, metadata: large }), ['VALIDATION_ERROR', 'metadata'])
  assert.deepEqual(await refused('createAsset', { type: 'HOST', name: 'a\u0007b' }), [
    'VALIDATION_ERROR',
    'name',
  ])
})

test('an owner is a member or a team of the same organization', async () => {
  const { id } = await made('owned-01')
  const { body: people } = await admin.graphql('{ me { id } }')
  const me = people.data.me.id
  const team = (await admin.rest('POST', '/teams', { name: 'Owners' })).body.data.id
  const mine = await change('updateAsset', { id, ownerUserId: me })
  assert.deepEqual([mine.owner, mine.ownerTeam], [{ id: me }, null])
  const ours = await change('updateAsset', { id, ownerTeamId: team })
  assert.deepEqual([ours.owner, ours.ownerTeam], [{ id: me }, { id: team }])
  assert.deepEqual(await named({ ownerId: [team, nowhere, 'x'] }), ['owned-01'])
  assert.deepEqual(await named({ ownerId: [me] }), ['owned-01'])
  assert.equal((await change('updateAsset', { id, ownerUserId: null })).owner, null)
  assert.deepEqual(await named({ ownerId: [me] }), [])
  const theirs = (await other.graphql('{ me { id } }')).body.data.me.id
  for (const ownerUserId of [theirs, nowhere, 'x'])
    assert.deepEqual(await refused('updateAsset', { id, ownerUserId }), ['NOT_FOUND'])
  await admin.rest('DELETE', `/teams/${team}`)
  assert.deepEqual(await refused('updateAsset', { id, ownerTeamId: team }), ['NOT_FOUND'])
  assert.equal((await change('updateAsset', { id, ownerTeamId: null })).ownerTeam, null)
})

test('who may write assets says of them what they are, and nobody else', async () => {
  const { id } = await made('guarded-01')
  for (const [name, input] of [
    ['createAsset', { type: 'HOST', name: 'mine' }],
    ['updateAsset', { id, criticality: 'LOW' }],
    ['retireAsset', { id }],
    ['reviveAsset', { id }],
  ] as const)
    assert.deepEqual(await refused(name, input, analyst), ['FORBIDDEN'], name)
  for (const name of ['updateAsset', 'retireAsset', 'reviveAsset'])
    for (const each of [id, nowhere, 'x'])
      assert.deepEqual(await refused(name, { id: each }, other), ['NOT_FOUND'], name)
  // A grant over its tag lets them, for this asset alone.
  await change('setAssetTags', { assetId: id, tags: ['team:guards'] })
  const { body } = await analyst.graphql('{ me { id } }')
  const grant = { user_id: body.data.me.id, role: 'manager', tag: 'team:guards' }
  assert.equal((await admin.rest('POST', '/grants', grant)).status, 201)
  const again = await house.as('analyst@acme.example')
  assert.equal((await change('updateAsset', { id, criticality: 'LOW' }, again)).criticality, 'LOW')
  const beside = await made('guarded-02')
  assert.deepEqual(await refused('updateAsset', { id: beside.id, criticality: 'LOW' }, again), ['FORBIDDEN'])
})

test('an asset is retired once, and comes back', async () => {
  const { id } = await made('leaving-01')
  const gone = await change('retireAsset', { id })
  assert.equal(gone.lifecycle, 'RETIRED')
  assert.ok(gone.retiredAt)
  assert.deepEqual(await refused('retireAsset', { id }), ['ILLEGAL_TRANSITION'])
  assert.deepEqual(await refused('reviveAsset', { id, expectedVersion: 1 }), ['CONFLICT'])
  assert.deepEqual(await named({ lifecycle: ['RETIRED'] }), ['leaving-01'])
  assert.ok((await named({})).includes('leaving-01'))
  const back = await change('reviveAsset', { id, expectedVersion: 2 })
  assert.deepEqual([back.lifecycle, back.retiredAt, back.version], ['ACTIVE', null, 3])
  assert.deepEqual(await refused('reviveAsset', { id }), ['ILLEGAL_TRANSITION'])
})

test('what no source has seen for 30 days is stale, and what was made by hand never is', async () => {
  await made('by-hand-01')
  const seeded = ['ci-runner', 'db-01', 'shop', 'shop-api', 'web-01']
  assert.deepEqual(await named({ lifecycle: ['STALE'] }), [])
  later = 31 * day
  try {
    assert.deepEqual(await named({ lifecycle: ['STALE'] }), seeded)
    assert.ok((await named({ lifecycle: ['ACTIVE'] })).includes('by-hand-01'))
    const { body } = await admin.graphql(
      '{ assetStats { total byLifecycle { key count } } assets(filter: { search: "web-01" }) { edges { node { lifecycle } } } }',
    )
    const { byLifecycle, total } = body.data.assetStats
    const counts = Object.fromEntries(byLifecycle.map(({ key, count }: Told) => [key, count]))
    assert.equal(counts.stale, seeded.length)
    assert.equal(counts.active + counts.stale + (counts.retired ?? 0), total)
    assert.equal(body.data.assets.edges[0].node.lifecycle, 'STALE')
  } finally {
    later = 0
  }
})

test('vulns alone says what the risk of assets is, of its own organization, and the factors are the score', async () => {
  const { id } = await made('risky-01')
  // A new asset is scored once by itself.
  await house.quiet()
  const { body } = await other.graphql('{ assets(first: 1) { edges { node { id riskScore } } } }')
  const foreign = body.data.assets.edges[0].node
  const factors = [
    { name: 'worst finding', input: { findings: 3 }, contribution: 60.5 },
    { name: 'more findings', input: null, contribution: 1.5 },
  ]
  const text = 'mutation ($input: [ScoreAssetInput!]!) { scoreAssets(input: $input) }'
  const input = [id, foreign.id].map((assetId) => ({ assetId, score: 62, factors }))
  assert.equal((await askAs(house, 'vulns', 'acme')<{ scoreAssets: number }>(text, { input })).scoreAssets, 1)
  const asked = await admin.graphql(`query ($id: ID!) { asset(id: $id) { ${all} } }`, { id })
  const { riskScore, riskFactors, version } = asked.body.data.asset
  assert.deepEqual([riskScore, riskFactors, version], [62, factors, 1])
  assert.deepEqual(await named({ riskScore: { from: 62, to: 62 } }), ['risky-01'])
  assert.deepEqual(await named({ riskScore: { from: 63 } }), [])
  const theirs = await other.graphql('query ($id: ID!) { asset(id: $id) { riskScore } }', { id: foreign.id })
  assert.equal(theirs.body.data.asset.riskScore, foreign.riskScore)
  for (const name of ['integrations', 'gateway', 'compliance'])
    await assert.rejects(askAs(house, name, 'acme')(text, { input }), { code: 'FORBIDDEN' })
})

test('lists are filtered by tag and by group', async () => {
  const { id } = await made('tagged-01')
  await change('setAssetTags', { assetId: id, tags: ['team:tagged'] })
  assert.deepEqual(await named({ tag: [' Team:Tagged '] }), ['tagged-01'])
  assert.deepEqual(await refused('setAssetTags', { assetId: id, tags: [], expectedVersion: 1 }), ['CONFLICT'])
  assert.deepEqual(await named({ tag: ['team:tagge'] }), [])
  const group = (await admin.rest('POST', '/asset-groups', { name: 'Filtered' })).body.data.id
  await admin.rest('PUT', `/asset-groups/${group}/members`, { asset_ids: [id] })
  assert.deepEqual(await named({ groupId: [group] }), ['tagged-01'])
  assert.deepEqual(await named({ groupId: [group] }, other), [])
  const tags = Array.from({ length: 1_001 }, (_, index) => `a:${index}`)
  const { body } = await admin.graphql(
    'query ($tag: [String!]) { assets(filter: { tag: $tag }) { totalCount { count } } }',
    { tag: tags },
  )
  assert.equal(body.errors[0].extensions.code, 'VALIDATION_ERROR')
})

test('REST makes, changes and retires assets by the same rules', async () => {
  const created = await admin.rest('POST', '/assets', {
    type: 'database',
    name: 'rest-01',
    exposure: 'internal',
  })
  assert.deepEqual([created.status, created.body.data.exposure], [201, 'internal'])
  const { id } = created.body.data
  const changed = await admin.rest('PUT', `/assets/${id}`, { criticality: 'critical', version: 1 })
  const { criticality, exposure, version } = changed.body.data
  assert.deepEqual([criticality, exposure, version], ['critical', 'internal', 2])
  assert.equal((await admin.rest('PUT', `/assets/${id}`, { criticality: 'low', version: 1 })).status, 409)
  assert.equal((await admin.rest('PUT', `/assets/${id}`, { criticality: 'grave' })).status, 400)
  assert.equal((await admin.rest('POST', `/assets/${id}/retire`, {})).body.data.lifecycle, 'retired')
  assert.equal((await admin.rest('POST', `/assets/${id}/retire`, {})).status, 409)
  assert.equal((await admin.rest('POST', `/assets/${id}/revive`, {})).body.data.lifecycle, 'active')
  assert.equal((await other.rest('PUT', `/assets/${id}`, { name: 'x' })).status, 404)
  assert.equal((await analyst.rest('PUT', `/assets/${id}`, { name: 'x' })).status, 403)
  const list = await admin.rest('GET', '/assets?exposure=internal&criticality=critical&sort=name')
  assert.ok(list.body.data.items.some((item: Told) => item.id === id))
})
