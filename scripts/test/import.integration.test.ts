import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { root } from '#kit/register.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { countsOf, importReport, trivyReport, type Weakness } from './reports.ts'

let house: TestHouse
let admin: Visitor

before(async () => {
  house = await openTestHouse({ NEXUS_IMPORT_MAX_BYTES: '2000000' })
  admin = await house.as('admin@acme.example')
})
after(() => house?.close())

const none = { total: 0, created: 0, updated: 0, unchanged: 0, reopened: 0, closed: 0, skipped: 0 }
const fixture = (name: string) => readFileSync(`${root}subgraphs/integrations/test/fixtures/${name}`)
const weakness = (number: number): Weakness => ({ id: `CVE-2023-${number}`, package: `package-${number}` })

async function findings(image: string) {
  const { body } = await admin.graphql(
    `query ($name: String!) { assets(filter: { search: $name }) { edges { node { id openVulnerabilityCount
      vulnerabilities(first: 100) { edges { node { id cveId status presence reopenCount severity title sources } } } } } } }`,
    { name: image },
  )
  const [asset] = body.data.assets.edges
  const list = asset.node.vulnerabilities.edges.map((edge: { node: { cveId: string } }) => edge.node)
  return {
    open: asset.node.openVulnerabilityCount,
    byCve: Object.fromEntries(list.map((each: { cveId: string }) => [each.cveId, each])),
  }
}

test('the same report twice creates nothing and closes nothing', async () => {
  const report = trivyReport('twice:1', [weakness(1001), weakness(1002)])
  assert.deepEqual(countsOf(await importReport(admin, 'a.json', report)), { ...none, total: 2, created: 2 })
  assert.deepEqual(countsOf(await importReport(admin, 'a.json', report)), { ...none, total: 2, unchanged: 2 })
})

test('what a complete run no longer sees is resolved, and what it sees again is open again', async () => {
  const both = trivyReport('back:1', [weakness(2001), weakness(2002)])
  const first = await importReport(admin, 'back.json', both)
  assert.equal(first.created, 2)
  const fewer = await importReport(admin, 'back.json', trivyReport('back:1', [weakness(2001)]))
  assert.deepEqual(countsOf(fewer), { ...none, total: 1, unchanged: 1, closed: 1 })
  const gone = (await findings('back:1')).byCve['CVE-2023-2002']
  assert.deepEqual([gone.status, gone.presence], ['RESOLVED', 'ABSENT'])
  const again = await importReport(admin, 'back.json', both)
  assert.deepEqual(countsOf(again), { ...none, total: 2, unchanged: 1, reopened: 1 })
  const back = (await findings('back:1')).byCve['CVE-2023-2002']
  assert.deepEqual([back.status, back.presence, back.reopenCount, back.id], ['OPEN', 'PRESENT', 1, gone.id])
})

test('a re-worded and re-scored finding stays the same finding', async () => {
  await importReport(admin, 'word.json', trivyReport('word:1', [weakness(3001)]))
  const before = (await findings('word:1')).byCve['CVE-2023-3001']
  const other = { ...weakness(3001), severity: 'CRITICAL', title: 'In other words', version: '1.1' }
  const run = await importReport(admin, 'word.json', trivyReport('word:1', [other]))
  assert.deepEqual(countsOf(run), { ...none, total: 1, updated: 1 })
  const now = (await findings('word:1')).byCve['CVE-2023-3001']
  assert.deepEqual([now.id, now.severity], [before.id, 'CRITICAL'])
  assert.match(now.title, /In other words$/)
})

test('a run closes nothing of another asset or another scanner', async () => {
  const trivy = fixture('trivy-image.json')
  const grype = fixture('grype-image.json')
  const first = await importReport(admin, 'trivy.json', trivy)
  assert.equal(first.created, first.total)
  const second = await importReport(admin, 'grype.json', grype)
  assert.ok(second.updated > 0 && second.created < second.total, 'both see some of the same findings')
  const third = await importReport(admin, 'trivy.json', fixture('trivy-image-next.json'))
  assert.equal(third.reopened, 0)
  const other = await importReport(admin, 'other.json', trivyReport('another:1', [weakness(4001)]))
  assert.equal(other.closed, 0)
  for (const [file, report] of [
    ['trivy.json', fixture('trivy-image-next.json')],
    ['grype.json', grype],
  ] as const) {
    const { total, unchanged, skipped, closed } = await importReport(admin, file, report)
    assert.deepEqual([unchanged + skipped, closed], [total, 0], `${file} is settled`)
  }
})

test('the asset is the one that was named, else the report’s, else the file’s', async () => {
  const report = trivyReport('reported:1', [weakness(5001)])
  const assetOf = async (query: string, text = report) => {
    const { id } = await importReport(admin, 'from-file.json', text, query)
    const { body } = await admin.graphql(`{ importRun(id: "${id}") { asset { id name } } }`)
    return body.data.importRun.asset
  }
  assert.equal((await assetOf('&asset=web-01')).name, 'web-01')
  const { body } = await admin.graphql('{ assets(filter: { search: "web-01" }) { totalCount { count } } }')
  assert.equal(body.data.assets.totalCount.count, 1, 'the asset that was there was meant')
  assert.equal((await assetOf('')).name, 'reported:1')
  assert.equal((await assetOf('', trivyReport('', [weakness(5001)]))).name, 'from-file.json')
})

test('a report that cannot be read changes nothing, and says why', async () => {
  const text = trivyReport('refused:1', [weakness(6001)])
  const before = await admin.graphql('{ vulnerabilityStats { total } assetStats { total } }')
  const refusals: [file: string, report: string, query: string, code: string, says: RegExp][] = [
    ['empty.json', ' \n', '', 'REPORT_EMPTY', /empty\.json .*empty/],
    ['cut.json', text.slice(0, -40), '', 'REPORT_TRUNCATED', /cut\.json .*truncated/],
    ['cut.json', text.slice(0, -40), '&format=trivy', 'REPORT_TRUNCATED', /cut\.json \(trivy\)/],
    ['wrong.json', text, '&format=grype', 'REPORT_WRONG_FORMAT', /wrong\.json \(grype\).*Trivy/i],
    ['text.json', 'not a report', '', 'REPORT_NOT_JSON', /text\.json .*JSON/],
    ['odd.json', '{"a":1}', '', 'REPORT_UNKNOWN_FORMAT', /odd\.json/],
    [
      'bad.json',
      text.replace('"CVE-2023-6001"', '{}'),
      '',
      'REPORT_INVALID',
      /bad\.json \(trivy\).*VulnerabilityID/,
    ],
  ]
  for (const [file, report, query, code, says] of refusals) {
    const run = await importReport(admin, file, report, query)
    assert.deepEqual([run.status, run.error_code], ['failed', code], `${file}: ${run.error_message}`)
    assert.match(run.error_message!, says)
  }
  const after = await admin.graphql('{ vulnerabilityStats { total } assetStats { total } }')
  assert.deepEqual(after.body, before.body)
})

test('more than the limit, an unknown format and a stranger are refused before anything is kept', async () => {
  const large = await admin.rest('POST', '/integrations/imports?file=large.json', 'x'.repeat(2_000_001))
  assert.deepEqual([large.status, large.body.error.code], [413, 'PAYLOAD_TOO_LARGE'])
  const format = await admin.rest('POST', '/integrations/imports?format=nope&file=a.json', '{}')
  assert.deepEqual([format.status, format.body.error.details[0].field], [400, 'format'])
  const analyst = await house.as('analyst@acme.example')
  assert.equal((await analyst.rest('POST', '/integrations/imports?file=a.json', '{}')).status, 403)
  assert.equal((await house.anonymous.rest('POST', '/integrations/imports?file=a.json', '{}')).status, 401)
})

test('sixteen overlapping reports at once leave what they leave one after the other', async () => {
  const reportOf = (index: number) =>
    trivyReport(
      'parallel:1',
      Array.from({ length: 20 }, (_, offset) => weakness(7000 + ((index * 3 + offset) % 40))),
    )
  const runs = await Promise.all(
    Array.from({ length: 16 }, (_, index) => importReport(admin, `${index}.json`, reportOf(index))),
  )
  for (const run of runs) {
    const { status, total, created, updated, unchanged, reopened, skipped } = run
    assert.equal(status, 'complete', run.error_message ?? '')
    assert.equal(created + updated + unchanged + reopened + skipped, total)
  }
  const last = runs.toSorted((a, b) => (a.id < b.id ? -1 : 1)).at(-1)!
  assert.ok(last)
  assert.equal(Object.keys((await findings('parallel:1')).byCve).length, 40)
  await importReport(admin, 'settle.json', reportOf(0))
  assert.equal((await findings('parallel:1')).open, 20)
})

test('a run closes nothing that another tool said in the same format', async () => {
  const sarif = (name: string) => importReport(admin, name, fixture(name), '&asset=one-repository')
  const semgrep = await sarif('semgrep.sarif')
  const codeql = await sarif('codeql.sarif')
  assert.deepEqual([semgrep.closed, codeql.closed], [0, 0])
  const again = await sarif('semgrep.sarif')
  assert.deepEqual([again.unchanged, again.reopened, again.closed], [semgrep.created, 0, 0])
})
