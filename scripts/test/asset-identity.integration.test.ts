/** Which asset is meant: by identifiers that tell, by those that only suggest, and by people, who have the last word. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { type Reported, reportAs } from './observing.ts'

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
const meant = async (kind: string, value: string, by = admin): Promise<string[]> => {
  const text =
    'query ($kind: IdentifierKind!, $value: String!) { assetsByIdentifier(kind: $kind, value: $value) { id } }'
  return (await ask(text, { kind, value }, by)).assetsByIdentifier.map(({ id }: Row) => id)
}
const about = async (list: string, id: string, fields: string, more = ''): Promise<Row[]> => {
  const text = `query ($id: [ID!]) { ${list}(filter: { assetId: $id ${more} }) { edges { node { id ${fields} } } } }`
  return (await ask(text, { id: [id] }))[list].edges.map(({ node }: Told) => node)
}
const listed = async (filter: object): Promise<string[]> => {
  const text =
    'query ($filter: AssetFilter) { assets(first: 100, filter: $filter) { edges { node { id } } } }'
  return (await ask(text, { filter })).assets.edges.map(({ node }: Told) => node.id)
}

test('a strong identifier tells the asset, however it is called and whoever sees it', async () => {
  const digest = `sha256:${'ab'.repeat(32)}`
  const image: Reported = {
    ...{ name: 'shop:1', type: 'CONTAINER_IMAGE', source: 'Registry' },
    identifiers: [{ kind: 'IMAGE_DIGEST', value: digest.toUpperCase() }],
  }
  const [first] = await report(image)
  const [again] = await report({ ...image, name: 'shop:latest', source: 'scanner' })
  assert.equal(again, first)
  assert.deepEqual(await meant('IMAGE_DIGEST', digest), [first])
  const { sources, identifiers } = await one(
    first!,
    'sources { source } identifiers { kind value strength source }',
  )
  assert.deepEqual(sources, [{ source: 'registry' }, { source: 'scanner' }])
  assert.deepEqual(identifiers, [
    { kind: 'IMAGE_DIGEST', value: digest, strength: 'STRONG', source: 'scanner' },
  ])
  assert.deepEqual(await listed({ source: ['scanner'] }), [first])
  assert.deepEqual(await listed({ identifier: [{ kind: 'IMAGE_DIGEST', value: digest }] }), [first])
  assert.deepEqual(await meant('IMAGE_DIGEST', digest, other), [])
  // The same id at another source is another id.
  const [fleet] = await report(host('id-a', 'external_id=77'))
  const [cmdb] = await report({ ...host('id-b', 'external_id=77'), source: 'cmdb' })
  assert.notEqual(fleet, cmdb)
  assert.deepEqual(await meant('EXTERNAL_ID', 'cmdb:77'), [cmdb])
})

test('two kinds of medium identifiers tell it, one does not', async () => {
  const [first] = await report(
    host('pc-1', 'hardware_serial=ser-1', 'mac=0A-00-00-00-00-01', 'hostname=pc-1'),
  )
  const [moved] = await report(
    host('pc-one', 'hardware_serial= SER-1 ', 'mac=0a:00:00:00:00:01', 'hostname=pc-one'),
  )
  assert.equal(moved, first)
  const [single] = await report(host('pc-2', 'hardware_serial=SER-1'))
  assert.notEqual(single, first)
  assert.deepEqual((await meant('HARDWARE_SERIAL', 'ser-1')).sort(), [first, single].sort())
  const [proposal] = await about('assetProposals', single!, 'state evidence { kind value }')
  assert.deepEqual(
    [proposal!.state, proposal!.evidence],
    ['OPEN', [{ kind: 'HARDWARE_SERIAL', value: 'SER-1' }]],
  )
  // What makers leave where a number should be tells nothing.
  const [blank] = await report(
    host('pc-3', 'hardware_serial=To be filled by O.E.M.', 'mac=00:00:00:00:00:00'),
  )
  const [blanker] = await report(
    host('pc-4', 'hardware_serial=To be filled by O.E.M.', 'mac=00:00:00:00:00:00'),
  )
  assert.notEqual(blank, blanker)
})

test('two hosts with one hardware UUID, and another MAC and name, are two assets and one conflict', async () => {
  const uuid = 'hardware_uuid=4C4C4544-0042-3510-8056-B4C04F4E3132'
  const hosts = [
    host('clone-1', uuid, 'mac=0a:00:00:00:01:01', 'hostname=clone-1'),
    host('clone-2', uuid, 'mac=0a:00:00:00:01:02', 'hostname=clone-2'),
  ]
  const before = await listed({})
  const ids = await report(...hosts)
  assert.equal(new Set(ids).size, 2)
  assert.deepEqual(await report(...hosts), ids, 'each is found again')
  assert.equal((await listed({})).length, before.length + 2)
  const conflicts = await about(
    'assetConflicts',
    ids[0]!,
    'reason kind asset { id } other { id } occurrences',
  )
  assert.equal(conflicts.length, 1)
  const [{ reason, kind, asset, other: second, occurrences }] = conflicts as [Row]
  assert.deepEqual([reason, kind, [asset.id, second.id].sort()], ['SHARED', 'HARDWARE_UUID', [...ids].sort()])
  assert.ok(occurrences >= 2)
  assert.deepEqual(await about('assetProposals', ids[0]!, ''), [])
  const { assetConflict } = await change(
    'dismissAssetConflict',
    { id: conflicts[0]!.id },
    'assetConflict { dismissedAt }',
  )
  assert.ok(assetConflict.dismissedAt)
  assert.deepEqual(await about('assetConflicts', ids[0]!, '', 'isDismissed: false'), [])
  assert.equal(await code('dismissAssetConflict', { id: conflicts[0]!.id }), 'ILLEGAL_TRANSITION')
})

test('weak identifiers propose and never merge; a person decides, once', async () => {
  const [first, second, third] = await report(
    host('dhcp-1', 'external_id=dhcp-1', 'ip=10.1.2.3'),
    host('dhcp-2', 'external_id=dhcp-2', 'ip=10.1.2.3'),
    host('dhcp-3', 'external_id=dhcp-3', 'ip=10.1.2.3'),
  )
  assert.equal(new Set([first, second, third]).size, 3)
  const proposals = await about('assetProposals', third!, 'version asset { id } other { id }')
  const withIn = (id: string) => proposals.find(({ asset, other }) => [asset.id, other.id].includes(id))!
  assert.equal(proposals.length, 2)
  const { id } = withIn(first!)
  assert.equal(await code('acceptAssetProposal', { id }, analyst), 'FORBIDDEN')
  assert.equal(await code('acceptAssetProposal', { id }, other), 'NOT_FOUND')
  assert.equal(await code('acceptAssetProposal', { id, expectedVersion: 7 }), 'CONFLICT')
  await change('acceptAssetProposal', { id, expectedVersion: 1 }, 'assetProposal { state }')
  assert.deepEqual(
    (await one(third!, 'mergedInto { id }')).mergedInto,
    { id: first },
    'the older one answers',
  )
  const wrong = `/assets/proposals/${withIn(second!).id}/dismiss`
  assert.equal((await other.rest('POST', wrong, {})).body.error.code, 'NOT_FOUND')
  assert.equal((await admin.rest('POST', wrong, { version: 7 })).status, 409)
  const { state, version } = (await admin.rest('POST', wrong, { version: 1 })).body.data
  assert.deepEqual({ state, version }, { state: 'dismissed', version: 2 })
  assert.equal(await code('acceptAssetProposal', { id: withIn(second!).id }), 'ILLEGAL_TRANSITION')
  await report(host('dhcp-3', 'external_id=dhcp-3', 'ip=10.1.2.3'))
  assert.equal((await about('assetProposals', third!, '', 'state: [DISMISSED]')).length, 1)
})

test('two assets that turn out to share a strong identifier become one, and who splits them has the last word', async () => {
  const [agent] = await report(host('vm-a', 'external_id=vm', 'cloud_id=i-0abc'))
  const [cloud] = await report({ ...host('vm-b', 'external_id=arn-1'), source: 'aws' })
  assert.notEqual(agent, cloud)
  const both: Reported = { ...host('vm-b', 'external_id=arn-1', 'cloud_id=i-0abc'), source: 'aws' }
  assert.deepEqual(await report(both), [agent])
  assert.deepEqual((await one(cloud!, 'mergedInto { id }')).mergedInto, { id: agent })
  assert.ok(!(await listed({})).includes(cloud!))
  assert.deepEqual(await meant('EXTERNAL_ID', 'aws:arn-1'), [agent])
  assert.deepEqual(await listed({ source: ['aws'] }), [agent], 'what it was seen by counts for both')
  const { mergedAssets, identifiers } = await one(agent!, 'mergedAssets { id } identifiers { value }')
  assert.deepEqual(mergedAssets, [{ id: cloud }])
  assert.deepEqual(identifiers.map(({ value }: Told) => value).sort(), ['agent:vm', 'aws:arn-1', 'i-0abc'])
  const alone = { ...host('vm-b', 'external_id=arn-1'), source: 'aws' }
  assert.deepEqual(await report(alone), [cloud], 'what hangs on it is found again where it hangs')
  assert.equal(await code('updateAsset', { id: cloud, name: 'x' }), 'ILLEGAL_TRANSITION')
  assert.equal(await code('setAssetTags', { assetId: cloud, tags: [] }), 'ILLEGAL_TRANSITION')
  await change('splitAsset', { id: cloud }, 'asset { id }')
  assert.deepEqual(await meant('EXTERNAL_ID', 'aws:arn-1'), [cloud])
  await report(both)
  assert.equal((await one(cloud!, 'mergedInto { id }')).mergedInto, null, 'no source merges them again')
  const [conflict] = await about('assetConflicts', cloud!, 'reason')
  assert.equal(conflict!.reason, 'KEPT_APART')
})

test('an identifier that goes to and fro more than three times an hour tells nothing any more', async () => {
  const by = (name: string, mac: string) => host(name, 'external_id=imaged', `mac=${mac}`, `hostname=${name}`)
  const turns = [by('flap-1', '0a:00:00:00:02:01'), by('flap-2', '0a:00:00:00:02:02')]
  const strength = async (id: string) =>
    (await one(id, 'identifiers { kind strength demotedAt }')).identifiers.find(
      ({ kind }: Told) => kind === 'EXTERNAL_ID',
    )
  const [id] = await report(turns[0]!)
  for (let turn = 1; turn <= 3; turn++) assert.deepEqual(await report(turns[turn % 2]!), [id])
  assert.equal((await strength(id!)).strength, 'STRONG')
  assert.deepEqual(await about('assetConflicts', id!, ''), [])
  // What happened more than an hour ago does not count.
  later = 61 * minute
  await report(turns[0]!)
  assert.equal((await strength(id!)).strength, 'STRONG')
  for (let turn = 1; turn <= 3; turn++) await report(turns[turn % 2]!)
  const { strength: now, demotedAt } = await strength(id!)
  assert.equal(now, 'WEAK')
  assert.ok(demotedAt)
  const [conflict] = await about('assetConflicts', id!, 'reason kind value')
  assert.deepEqual(
    [conflict!.reason, conflict!.kind, conflict!.value],
    ['FLAPPING', 'EXTERNAL_ID', 'agent:imaged'],
  )
  const [next] = await report(
    host('flap-3', 'external_id=imaged', 'mac=0a:00:00:00:02:03', 'hostname=flap-3'),
  )
  assert.notEqual(next, id)
  later = 0
})

test('merging is refused to who may not, for what is not there, and for what is merged', async () => {
  const [a, b, c] = await report(
    ...['x', 'y', 'z'].map((name) => host(`no-${name}`, `external_id=no-${name}`)),
  )
  const input = { id: a, mergeIds: [b] }
  assert.equal(await code('mergeAssets', input, analyst), 'FORBIDDEN')
  assert.equal(await code('mergeAssets', input, other), 'NOT_FOUND')
  for (const id of [nowhere, 'x'])
    assert.equal(await code('mergeAssets', { id: a, mergeIds: [id] }), 'NOT_FOUND')
  assert.equal(await code('mergeAssets', { id: a, mergeIds: [a] }), 'VALIDATION_ERROR')
  assert.equal(await code('mergeAssets', { id: a, mergeIds: [] }), 'VALIDATION_ERROR')
  assert.equal(await code('mergeAssets', { ...input, expectedVersion: 9 }), 'CONFLICT')
  assert.equal(await code('splitAsset', { id: b }), 'ILLEGAL_TRANSITION')
  const merged = await admin.rest('POST', `/assets/${a}/merge`, { asset_ids: [b] })
  assert.deepEqual([merged.status, merged.body.data.id], [200, a])
  assert.equal((await admin.rest('GET', `/assets/${b}`)).body.data.merged_into_id, a)
  assert.equal(await code('mergeAssets', { id: b, mergeIds: [c] }), 'ILLEGAL_TRANSITION')
  assert.equal(await code('mergeAssets', { id: c, mergeIds: [b] }), 'ILLEGAL_TRANSITION')
  const split = await admin.rest('POST', `/assets/${b}/split`, {})
  assert.deepEqual([split.status, split.body.data.merged_into_id], [200, null])
})

test('whatever is merged and split again is as it was', async () => {
  const names = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5']
  const ids = await report(
    ...names.map((name, index) => host(name, `external_id=${name}`, `mac=0a:00:00:00:03:0${index}`)),
  )
  for (const [index, id] of ids.entries())
    await change('setAssetTags', { assetId: id, tags: [`n:${index}`] }, 'asset { id }')
  const fields = `id name criticality lifecycle tags identifiers { kind value strength source }
    sources { source } mergedInto { id } mergedAssets { id } mergedAt`
  const state = () => Promise.all(ids.map((id) => one(id, fields)))
  const before = await state()
  let seed = 20_261_121
  const below = (count: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return seed % count
  }
  for (let round = 0; round < 4; round++) {
    const roots = [...ids]
    const merged: string[] = []
    while (roots.length > 1 + below(2)) {
      const [id] = roots.splice(below(roots.length), 1)
      await change('mergeAssets', { id: roots[below(roots.length)], mergeIds: [id] }, 'asset { id }')
      merged.push(id!)
    }
    const all = (await state()).filter(({ mergedInto }) => mergedInto !== null)
    assert.equal(all.length, merged.length)
    assert.ok(
      all.every(({ mergedInto }) => roots.includes(mergedInto.id)),
      `round ${round}: to the last one`,
    )
    while (merged.length > 0) {
      const [id] = merged.splice(below(merged.length), 1)
      await change('splitAsset', { id }, 'asset { id }')
    }
    assert.deepEqual(await state(), before, `round ${round}`)
  }
})
