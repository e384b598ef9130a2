/** Weaknesses that go by several names: whatever tools call them, there is one finding of each thing in each place. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { cve, findingsNamed, ghsa, grype, scan as scanBy, trivy } from './names.ts'
import { type Owner, openOwner } from './owner.ts'

let house: TestHouse
let owner: Owner
let admin: Visitor
let stranger: Visitor

before(async () => {
  house = await openTestHouse()
  owner = await openOwner(house)
  admin = await house.as('admin@acme.example')
  stranger = await house.as('admin@globex.example')
})
after(() => house?.close())

const findings = (name: string, who = admin) => findingsNamed(who, name)
const scan = (report: string, who = admin) => scanBy(who, report)
const all = async () => (await admin.rest('GET', '/vulnerabilities/stats')).body.data

test('what two tools call by two names is one finding as soon as a report says so, of any asset', async () => {
  const image = 'both:1'
  const before = (await all()).total
  assert.equal(await scan(trivy(image, [[cve(1), 'both']])), '1 0 0 0 0')
  assert.equal(await scan(grype(image, [[ghsa(1), 'both']])), '1 0 0 0 0')
  const two = await findings('both')
  assert.deepEqual(two.map(({ sources }) => sources[0]).sort(), ['grype', 'trivy'])
  assert.equal((await all()).total, before + 2)
  const [then, counted] = [new Date().toISOString(), await all()]
  const [oldest] = two.filter(({ sources }) => sources.includes('trivy'))
  const [other] = two.filter(({ sources }) => sources.includes('grype'))
  await admin.rest('POST', `/vulnerabilities/${oldest.id}/confirm`, { reason: 'seen by hand' })
  // It is somewhere else that the tool knows both names.
  assert.equal(await scan(grype('elsewhere:1', [[ghsa(1), 'elsewhere', cve(1)]])), '1 0 0 0 0')
  const [one, ...none] = await findings('both')
  assert.deepEqual(none, [])
  assert.deepEqual([one.id, one.status, one.sources], [oldest.id, 'CONFIRMED', ['grype', 'trivy']])
  assert.ok(
    one.aliases.includes(cve(1)) &&
      one.aliases.some((name: string) => name.toUpperCase() === ghsa(1).toUpperCase()),
  )
  assert.equal((await all()).total, before + 2, 'one of both, and one elsewhere')
  const again = (await admin.rest('GET', `/vulnerabilities/stats?as_of=${then}`)).body.data
  assert.deepEqual(again, counted, 'then they were two')
  const merged = await admin.rest('GET', `/vulnerabilities/${other.id}`)
  assert.equal(merged.body.data.merged_into_id, oldest.id)
  const refused = await admin.rest('POST', `/vulnerabilities/${other.id}/confirm`, { reason: 'again' })
  assert.deepEqual([refused.status, refused.body.error.code], [409, 'ILLEGAL_TRANSITION'])
  const { rows } = await owner.query(
    `select kind, merged_into from vulns.vulnerability_history where vulnerability_id = $1 order by at desc limit 1`,
    [other.id],
  )
  assert.deepEqual(rows, [{ kind: 'merged', merged_into: oldest.id }])
})

test('either tool finds the one again, and its absence from one report closes nothing that the other sees', async () => {
  const image = 'both:1'
  assert.equal(await scan(grype(image, [[ghsa(1), 'both']])), '0 0 1 0 0')
  assert.equal(await scan(trivy(image, [[cve(1), 'both']])), '0 0 1 0 0')
  assert.equal(await scan(trivy(image, [])), '0 0 0 0 0')
  assert.deepEqual(
    (await findings('both')).map(({ status, sources }) => [status, sources]),
    [['CONFIRMED', ['grype']]],
  )
  assert.equal(await scan(grype(image, [])), '0 0 0 0 1')
  assert.deepEqual(
    (await findings('both')).map(({ status, presence }) => [status, presence]),
    [['RESOLVED', 'ABSENT']],
  )
  assert.equal(await scan(grype(image, [[ghsa(1), 'both']])), '0 0 0 1 0')
  const [back] = await findings('both')
  assert.deepEqual([back.status, back.reopenCount, back.cveId], ['OPEN', 1, cve(1)])
})

test('what is known to be one is one from the start, with its CVE, and within one report too', async () => {
  assert.equal(await scan(grype('later:1', [[ghsa(2), 'teacher', cve(2)]])), '1 0 0 0 0')
  assert.equal(await scan(trivy('later:1', [[ghsa(2), 'later']])), '1 0 0 0 0')
  const [found] = await findings('later')
  assert.equal(found.cveId, cve(2), 'so that what the world knows of it counts')
  assert.equal(
    await scan(
      grype('later:1', [
        [cve(2), 'later'],
        [ghsa(2), 'later', cve(2)],
      ]),
    ).then((line) => line.split(' ')[0]),
    '0',
  )
  const [same, ...none] = await findings('later')
  assert.deepEqual([same.id, same.sources, none.length], [found.id, ['grype', 'trivy'], 0])
  assert.equal(
    await scan(
      trivy('within:1', [
        [cve(2), 'within'],
        [ghsa(2), 'within'],
      ]),
    ),
    '1 0 1 0 0',
  )
  assert.equal(
    await scan(
      trivy('within:1', [
        [cve(2), 'within'],
        [ghsa(2), 'within'],
      ]),
    ),
    '0 0 2 0 0',
  )
  assert.equal((await findings('within')).length, 1)
})

test('a finding that is alone has the CVE of its weakness as soon as a report names it', async () => {
  await scan(trivy('lone:1', [[ghsa(3), 'lone']]))
  assert.equal((await findings('lone'))[0].cveId, null)
  await scan(grype('lone:2', [[ghsa(3), 'aside', cve(3)]]))
  const [{ cveId, aliases }] = await findings('lone')
  assert.deepEqual([cveId, aliases[0], aliases.length], [cve(3), cve(3), 2])
})

test('in whatever order three reports come, the same is left', async () => {
  const reports = (n: number, image: string) => [
    () => scan(trivy(image, [[cve(n), `p${n}`]])),
    () => scan(grype(image, [[ghsa(n), `p${n}`]])),
    () => scan(grype(`${image}-other`, [[ghsa(n), `q${n}`, cve(n)]])),
  ]
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]
  const left = []
  for (const [index, order] of orders.entries()) {
    const n = 10 + index
    const steps = reports(n, `order:${n}`)
    for (const step of order) await steps[step]!()
    const [one, ...none] = await findings(`p${n}`)
    left.push([none.length, one.cveId === cve(n), one.status, one.presence, one.sources.join()])
  }
  assert.deepEqual(left, Array(orders.length).fill([0, true, 'OPEN', 'PRESENT', 'grype,trivy']))
})

test('sixteen reports at once leave what they leave one after the other', async () => {
  const say = (image: string, half: number) => [
    trivy(
      image,
      Array.from({ length: 8 }, (_, n) => [cve(40 + n), `s${n}`] as const),
    ),
    grype(
      image,
      Array.from({ length: 8 }, (_, n) => [ghsa(40 + n), `s${n}`] as const),
    ),
    grype(
      `${image}-names-${half}`,
      Array.from(
        { length: 4 },
        (_, n) => [ghsa(40 + n + half * 4), `t${n}`, cve(40 + n + half * 4)] as const,
      ),
    ),
  ]
  const images = Array.from({ length: 6 }, (_, n) => `crowd:${n}`)
  const reports = images.flatMap((image, n) => say(image, n % 2)).slice(0, 16)
  await Promise.all(reports.map((report) => scan(report)))
  for (let n = 0; n < 8; n++) {
    const found = await findings(`in s${n}`)
    const seen = found.map(({ sources }) => sources.join()).sort()
    // The last two reports of the last image are not among the sixteen.
    assert.deepEqual(seen, [...Array(5).fill('grype,trivy'), 'trivy'], `s${n}`)
  }
})

test('two CVEs are never one, and what one organization says is nothing to another', async () => {
  await scan(grype('two:1', [[ghsa(60), 'two', cve(60)]]))
  await scan(grype('two:2', [[ghsa(60), 'two', cve(61)]]))
  assert.deepEqual((await findings('two')).map(({ cveId }) => cveId).sort(), [cve(60), cve(61)])
  await scan(
    trivy('both:1', [
      [cve(1), 'both'],
      [ghsa(1), 'both'],
    ]),
    stranger,
  )
  const theirs = await findings('both', stranger)
  assert.equal(theirs.length, 2, 'nobody has told them that it is one')
  assert.deepEqual(
    theirs.map(({ advisory }) => advisory.aliases.length),
    [1, 1],
  )
})
