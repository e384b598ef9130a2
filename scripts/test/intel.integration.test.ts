/** What the world knows of weaknesses: loaded from files as FIRST and CISA publish them, and brought to findings. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type Db, openDatabase, roleOf, urlAs } from '#kit/database.ts'
import { root } from '#kit/register.ts'
import type { Tables } from '../../subgraphs/vulns/tables.ts'
import { kevOf } from '../intel-files.ts'
import { Refused } from '../nexus-client.ts'
import { load } from '../nexus-intel.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { until } from './processes.ts'
import { importReport, trivyReport } from './reports.ts'

let house: TestHouse
let admin: Visitor
let owner: Db<Tables>
let service: Db<Tables>
const folder = mkdtempSync(join(tmpdir(), 'nexus-intel-'))

before(async () => {
  house = await openTestHouse()
  admin = await house.as('admin@acme.example')
  const { keys, log } = house.surroundings
  const open = (url: string) => openDatabase<Tables>({ url, schema: 'vulns', log, connections: 2 })
  const role = roleOf(house.databaseUrl, 'vulns')
  owner = open(house.databaseUrl)
  service = open(urlAs(house.databaseUrl, role, keys.passwordOf(role)))
  const weaknesses = [1, 2, 3].map((number) => ({
    ...{ id: `CVE-2034-300${number}`, package: `package-${number}`, severity: 'MEDIUM' },
  }))
  await importReport(admin, 'intel.json', trivyReport('intel:1', weaknesses))
})
after(async () => {
  rmSync(folder, { recursive: true, force: true })
  await owner?.destroy()
  await service?.destroy()
  await house?.close()
})

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const epss = (date: string, scores: Record<string, number>) =>
  [
    `#model_version:v2031.01.01,score_date:${date}T00:00:00+0000`,
    'cve,epss,percentile',
    ...Object.entries(scores).map(([cve, score]) => `${cve},${score},0.5`),
    '',
  ].join('\n')
const kev = (...of: object[]) =>
  JSON.stringify({ title: 'A list', catalogVersion: '1', count: of.length, vulnerabilities: of })
const bring = (files: Parameters<typeof load>[0]) => load(files, { owner, service })

type Row = ReturnType<typeof JSON.parse>
async function findings(filter = ''): Promise<Record<string, Row>> {
  const { body } =
    await admin.graphql(`{ vulnerabilities(filter: { search: "CVE-2034-300" ${filter} }) { edges { node {
    cveId version riskScore slaReason updatedAt riskFactors { contribution }
    advisory { epss { score date model } kev { listed dueDate ransomware assertions { asserter } } } } } } }`)
  assert.equal(body.errors, undefined, JSON.stringify(body.errors))
  return Object.fromEntries(
    body.data.vulnerabilities.edges.map(({ node }: { node: Row }) => [node.cveId.slice(-1), node]),
  )
}

test('what nobody has looked up is not the same as what is not on the list', async () => {
  const before = await findings()
  assert.deepEqual(before[1].advisory, { epss: null, kev: null })
  assert.deepEqual(await findings('kev: true'), {})
})

test('likelihoods are loaded, gzipped or not, and only findings that are judged otherwise are written', async () => {
  const before = await findings()
  const first = await bring({
    epss: file('a.csv.gz', gzipSync(epss('2031-01-01', { 'CVE-2034-3001': 0.9, 'CVE-2034-3002': 0.00001 }))),
  })
  assert.deepEqual(first, { epss: 2, epssWritten: 2, kev: 0, kevChanged: 0, findings: 1 })
  const after = await findings()
  assert.ok(after[1].riskScore > before[1].riskScore)
  assert.deepEqual([after[1].slaReason, after[2].updatedAt], ['EXPLOITABLE', before[2].updatedAt])
  assert.deepEqual(after[1].advisory.epss, { score: 0.9, date: '2031-01-01', model: 'v2031.01.01' })
  assert.equal(after[3].advisory.epss, null)
  assert.deepEqual(Object.keys(await findings('minEpss: 0.5')), ['1'])
  // The next day: every likelihood is another, and no finding is.
  const next = await bring({
    epss: file('b.csv', epss('2031-01-02', { 'CVE-2034-3001': 0.90001, 'CVE-2034-3002': 0.00002 })),
  })
  assert.deepEqual([next.epssWritten, next.findings], [2, 0])
  assert.equal((await findings())[1].updatedAt, after[1].updatedAt)
  assert.equal((await findings())[1].advisory.epss.date, '2031-01-02')
})

test('what is exploited is listed by whoever says so, until nobody does', async () => {
  const listed = {
    ...{ cveID: 'CVE-2034-3003', dateAdded: '2031-01-01', dueDate: '2031-01-22' },
    knownRansomwareCampaignUse: 'Known',
  }
  const loaded = await bring({ kev: file('kev.json', kev(listed)) })
  assert.deepEqual([loaded.kev, loaded.kevChanged, loaded.findings], [1, 1, 1])
  const now = await findings()
  assert.ok(now[3].riskScore >= 70)
  assert.deepEqual(now[3].advisory.kev, {
    ...{ listed: true, dueDate: '2031-01-22', ransomware: true },
    assertions: [{ asserter: 'CISA' }],
  })
  assert.equal(now[1].advisory.kev.listed, false, 'it was looked up')
  assert.deepEqual(Object.keys(await findings('kev: true')), ['3'])
  assert.deepEqual(Object.keys(await findings('kev: false')).sort(), ['1', '2'])
  for (const { riskScore, riskFactors } of Object.values(now))
    assert.equal(
      riskFactors.reduce((sum: number, each: { contribution: number }) => sum + each.contribution, 0),
      riskScore,
    )
  const other = file('other.json', kev({ cveID: 'CVE-2034-3003', dateAdded: '2030-12-01', dueDate: null }))
  await bring({ kev: other, asserter: 'ENISA' })
  const none = file('none.json', kev())
  await bring({ kev: none })
  assert.deepEqual((await findings())[3].advisory.kev.assertions, [{ asserter: 'ENISA' }])
  const gone = await bring({ kev: none, asserter: 'ENISA' })
  assert.deepEqual([gone.kevChanged, gone.findings], [1, 1])
  assert.equal((await findings())[3].advisory.kev.listed, false)
})

test('the assets of what is news are told at the next occasion', async () => {
  const risk = async () =>
    (await admin.graphql('{ assets(filter: { search: "intel:1" }) { edges { node { riskScore } } } }')).body
      .data.assets.edges[0].node.riskScore
  await bring({ kev: file('again.json', kev({ cveID: 'CVE-2034-3003', dateAdded: '2031-01-01' })) })
  const [, , { riskScore }] = Object.values(await findings())
  const { body } = await admin.graphql(
    '{ vulnerabilities(filter: { cveId: ["CVE-2014-0160"] }) { edges { node { id } } } }',
  )
  const { id } = body.data.vulnerabilities.edges[0].node
  await admin.rest('POST', `/vulnerabilities/${id}/confirm`, {})
  await until('the asset knows', 5_000, async () => (await risk()) >= riskScore)
})

test('a file that is none is refused, and says where', async () => {
  const refused = async (files: Parameters<typeof load>[0], message: RegExp) =>
    assert.rejects(bring(files), (error) => error instanceof Refused && message.test(error.message))
  await refused({ epss: join(folder, 'nothing') }, /no such file/)
  await refused({ epss: file('empty.csv', '') }, /empty/)
  await refused({ epss: file('bad.csv', 'cve,epss\nCVE-2034-3001,2\n') }, /line 2/)
  await refused({ epss: file('columns.csv', 'a,b\n1,2\n') }, /columns/)
  await refused({ epss: file('cut.gz', gzipSync('cve,epss\n').subarray(0, 12)) }, /damaged/)
  await refused({ kev: file('bad.json', '{') }, /no JSON/)
  await refused({ kev: file('other-list.json', '{"a":1}') }, /no catalogue/)
})

test('the service may not write what is everybody’s', async () => {
  const write = service
    .updateTable('vulnIntel')
    .set({ epss: 0 })
    .where('cveId', '=', 'CVE-2034-3001')
    .execute()
  await assert.rejects(write, { code: '42501' })
})

const real = join(root, '../shared/data/threat/kev/known_exploited_vulnerabilities.json')
if (existsSync(real))
  test('the list of CISA is read as a whole', async () => {
    const rows = await kevOf(real)
    assert.ok(rows.length > 1_000)
    assert.ok(rows.every(({ dueDate }) => dueDate !== null))
  })
