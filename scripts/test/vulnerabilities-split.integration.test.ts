/** Names that were taken for one weakness, and are not: what was one by them comes apart, and stays so. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openDatabase } from '#kit/database.ts'
import { before as backfill } from '../../subgraphs/vulns/migrations/0040-names-apart.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { cve, findingsNamed, ghsa, grype, scan, scanned, trivy } from './names.ts'
import { type Owner, openOwner } from './owner.ts'

let house: TestHouse
let owner: Owner
let admin: Visitor

before(async () => {
  house = await openTestHouse()
  owner = await openOwner(house)
  admin = await house.as('admin@acme.example')
})
after(() => house?.close())

const findings = (name: string, who = admin) => findingsNamed(who, name)
const split = async (input: object, who = admin) => {
  const { body } = await who.graphql(
    `mutation ($input: SplitVulnerabilityInput!) { splitVulnerability(input: $input) {
      apartCount vulnerability { id cveId aliases version } apart { id cveId aliases status mergedInto { id } } } }`,
    { input },
  )
  return body.errors ? body.errors[0].extensions.code : body.data.splitVulnerability
}
const standing = async (name: string) =>
  (await findings(name))
    .map(({ cveId, sources, status, presence }) => [cveId, sources.join(), status, presence].join(' '))
    .sort()

test('what was merged comes apart with its triage and its scans, and no report merges it again', async () => {
  const image = 'parted:1'
  await scan(admin, trivy(image, [[cve(1), 'parted']]))
  await scan(admin, grype(image, [[ghsa(1), 'parted']]))
  const [one, other] = await findings('parted')
  const [first, second] = one.sources[0] === 'trivy' ? [one, other] : [other, one]
  await admin.rest('POST', `/vulnerabilities/${first.id}/confirm`, { reason: 'seen' })
  await admin.rest('POST', `/vulnerabilities/${second.id}/false-positive`, { reason: 'not this one' })
  await scan(admin, grype('teacher:1', [[ghsa(1), 'teacher', cve(1)]]))
  const [merged, ...none] = await findings('parted')
  assert.deepEqual(
    [merged.id, merged.status, merged.sources, none.length],
    [first.id, 'CONFIRMED', ['grype', 'trivy'], 0],
  )

  const done = await split({
    id: first.id,
    aliases: [ghsa(1).toLowerCase()],
    reason: 'They are two',
    expectedVersion: merged.version,
  })
  assert.equal(done.apartCount, 1)
  assert.deepEqual(
    done.apart.map(
      ({ id, status, cveId, mergedInto }: { id: string; status: string; cveId: null; mergedInto: null }) => [
        id,
        status,
        cveId,
        mergedInto,
      ],
    ),
    [[second.id, 'FALSE_POSITIVE', null, null]],
  )
  const apart = [`${cve(1)} trivy CONFIRMED PRESENT`, ' grype FALSE_POSITIVE PRESENT'].sort()
  assert.deepEqual(await standing('parted'), apart)
  // The teacher's own finding has a name of each: the one that it is known by stays.
  assert.deepEqual(
    (await findings('teacher')).map(({ cveId }) => cveId),
    [cve(1)],
  )

  assert.equal(await scan(admin, grype(image, [[ghsa(1), 'parted']])), '0 0 1 0 0')
  assert.equal(await scan(admin, trivy(image, [[cve(1), 'parted']])), '0 0 1 0 0')
  await scan(
    admin,
    grype('teacher:1', [
      [ghsa(1), 'teacher', cve(1)],
      [ghsa(1), 'also', cve(1)],
    ]),
  )
  await scan(admin, grype('teacher:2', [[ghsa(1), 'another', cve(1)]]))
  assert.deepEqual(await standing('parted'), apart)
  assert.deepEqual(
    (await findings('another')).map(({ cveId, aliases }) => [cveId, aliases]),
    [[cve(1), [cve(1)]]],
  )
  // Either goes its own way.
  assert.equal(await scan(admin, trivy(image, [])), '0 0 0 0 1')
  assert.deepEqual((await findings('parted')).map(({ status }) => status).sort(), [
    'FALSE_POSITIVE',
    'RESOLVED',
  ])

  const { rows } = await owner.query(
    `select operation, subject_id, jsonb_array_length(changes) as changes from journal.entries where operation = 'splitVulnerability' and outcome = 'done'`,
  )
  assert.deepEqual(
    rows.map(({ subject_id }) => subject_id),
    [first.id],
  )
  const { body } = await admin.rest('GET', `/vulnerabilities/${second.id}/history`)
  assert.deepEqual(body.data.items.map(({ kind }: { kind: string }) => kind).slice(0, 2), [
    'merged',
    'merged',
  ])
})

test('what was one from the start is made of what its scans told, and both go on', async () => {
  await scan(admin, grype('known:0', [[ghsa(2), 'lesson', cve(2)]]))
  const image = 'known:1'
  await scan(
    admin,
    trivy(image, [
      [cve(2), 'known'],
      [cve(2), 'only'],
    ]),
  )
  await scan(admin, grype(image, [[ghsa(2), 'known']]))
  const [one, ...none] = await findings('known')
  assert.deepEqual([one.sources, none.length], [['grype', 'trivy'], 0])
  const { status, body } = await admin.rest('POST', `/vulnerabilities/${one.id}/split`, {
    aliases: [ghsa(2)],
    reason: 'No',
  })
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual(
    [body.data.apart_count, body.data.apart[0].cve_id, body.data.apart[0].aliases],
    [1, null, [ghsa(2)]],
  )
  assert.deepEqual(await standing('known'), [' grype OPEN PRESENT', `${cve(2)} trivy OPEN PRESENT`])
  for (let times = 0; times < 2; times++) {
    await scan(
      admin,
      trivy(image, [
        [cve(2), 'known'],
        [cve(2), 'only'],
      ]),
    )
    const said = await scan(admin, grype(image, [[ghsa(2), 'known']]))
    assert.equal(said, times === 0 ? '0 1 0 0 0' : '0 0 1 0 0')
    assert.deepEqual(await standing('known'), [' grype OPEN PRESENT', `${cve(2)} trivy OPEN PRESENT`])
  }
})

test('a scan that tells both names sees both', async () => {
  await scan(admin, grype('twice:0', [[ghsa(3), 'lesson3', cve(3)]]))
  const both = trivy('twice:1', [
    [cve(3), 'twice'],
    [ghsa(3), 'twice'],
  ])
  await scan(admin, both)
  const [one] = await findings('twice')
  assert.equal((await split({ id: one.id, aliases: [ghsa(3)], reason: 'No' })).apartCount, 1)
  const two = [' trivy OPEN PRESENT', `${cve(3)} trivy OPEN PRESENT`]
  assert.deepEqual(await standing('twice'), two)
  assert.equal(await scan(admin, both), '0 1 1 0 0')
  assert.equal(await scan(admin, both), '0 0 2 0 0')
  assert.deepEqual(await standing('twice'), two)
})

test('who may not, and what cannot be, is refused', async () => {
  await scan(
    admin,
    grype('refused:1', [
      [ghsa(4), 'refused', cve(4)],
      [ghsa(5), 'single'],
    ]),
  )
  const [{ id, version }] = await findings('refused')
  const [single] = await findings('single')
  const input = { id, aliases: [ghsa(4)], reason: 'No' }
  const viewer = await house.as('viewer@acme.example')
  const stranger = await house.as('admin@globex.example')
  assert.equal(await split(input, viewer), 'FORBIDDEN')
  assert.equal(await split(input, stranger), 'NOT_FOUND')
  for (const wrong of [
    { aliases: [] },
    { aliases: [cve(99)] },
    { aliases: [ghsa(4), cve(4)] },
    { aliases: null },
    { reason: ' ' },
  ])
    assert.equal(await split({ ...input, ...wrong }), 'VALIDATION_ERROR', JSON.stringify(wrong))
  assert.equal(await split({ ...input, id: crypto.randomUUID() }), 'NOT_FOUND')
  assert.equal(await split({ ...input, expectedVersion: version + 7 }), 'CONFLICT')
  assert.equal(await split({ ...input, id: single.id }), 'ILLEGAL_TRANSITION')
  // Once is enough.
  assert.equal((await split(input)).apartCount, 0)
  assert.equal(await split(input), 'ILLEGAL_TRANSITION')
})

test('findings from before their keys were kept are found by them, and become one', async () => {
  const image = 'keyless:1'
  await scan(admin, trivy(image, [[cve(7), 'keyless']]))
  await scan(admin, grype(image, [[ghsa(7), 'keyless']]))
  const { rowCount } = await owner.query(
    `update vulns.vulnerabilities set weakness = null, component_key = null where title like '%keyless%'`,
  )
  assert.equal(rowCount, 2)
  await scan(admin, grype('says:7', [[ghsa(7), 'lesson7', cve(7)]]))
  assert.equal((await findings('keyless')).length, 2, 'nobody knows of what they are')
  await owner.query(
    `insert into vulns.key_searches (organization_id, is_open)
      select organization_id, true from vulns.vulnerabilities where title like '%keyless%' limit 1`,
  )
  await house.rounds()
  assert.deepEqual(await standing('keyless'), [`${cve(7)} grype,trivy OPEN PRESENT`])
  const { rows } = await owner.query(`select count(*)::int as count from vulns.key_searches where is_open`)
  assert.deepEqual(rows, [{ count: 0 }])
})

test('what was merged before that was kept comes apart too, and its scans say which is whose', async () => {
  const image = 'earlier:1'
  await scan(admin, trivy(image, [[cve(8), 'earlier']]))
  await scan(admin, grype(image, [[ghsa(8), 'earlier']]))
  await scan(admin, grype('says:8', [[ghsa(8), 'lesson8', cve(8)]]))
  for (const table of ['told_names', 'stated_names', 'name_statements'])
    await owner.query(`delete from vulns.${table}`)
  const { log } = house.surroundings
  const db = openDatabase<unknown>({ url: house.databaseUrl, schema: 'vulns', log, connections: 1 })
  await backfill(db).finally(() => db.destroy())
  const [one] = await findings('earlier')
  assert.equal((await split({ id: one.id, aliases: [ghsa(8)], reason: 'They are two' })).apartCount, 1)
  const two = [' grype OPEN PRESENT', `${cve(8)} trivy OPEN PRESENT`]
  await scan(admin, trivy(image, [[cve(8), 'earlier']]))
  await scan(admin, grype(image, [[ghsa(8), 'earlier']]))
  assert.deepEqual(await standing('earlier'), two)
})

test('an import that is reverted takes back what it alone has said of names', async () => {
  const image = 'taken-back:1'
  await scan(admin, trivy(image, [[cve(6), 'unsaid']]))
  await scan(admin, grype(image, [[ghsa(6), 'unsaid']]))
  const lesson = (from: string) => grype(from, [[ghsa(6), 'instruction', cve(6)]])
  const first = await scanned(admin, lesson('says:1'))
  const second = await scanned(admin, lesson('says:2'))
  assert.equal((await findings('unsaid')).length, 1)
  const revert = async (id: string) => {
    const { status, body } = await admin.rest('POST', `/integrations/imports/${id}/revert`, {})
    assert.equal(status, 200, JSON.stringify(body))
  }
  await revert(first.id)
  assert.equal((await findings('unsaid')).length, 1, 'another one says so too')
  await revert(second.id)
  const two = [' grype OPEN PRESENT', `${cve(6)} trivy OPEN PRESENT`]
  assert.deepEqual(await standing('unsaid'), two)
  await scan(admin, grype(image, [[ghsa(6), 'unsaid']]))
  assert.deepEqual(await standing('unsaid'), two)
  await scan(admin, lesson('says:3'))
  assert.deepEqual(await standing('unsaid'), [`${cve(6)} grype,trivy OPEN PRESENT`])
})
