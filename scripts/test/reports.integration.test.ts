/** Reports of a house: what is in them, who gets them, and what becomes of them when they cannot be stored. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { newId } from '#kit/id.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { askForReport, followReport, makeReport, recordsOf } from './following.ts'
import { importReport, trivyReport } from './reports.ts'

const fixture = readFileSync(
  new URL('../../subgraphs/integrations/test/fixtures/trivy-image.json', import.meta.url),
)
const hostile = ['=cmd()', '+1', '-1', '@SUM(A1)', '\tx', '\rx', 'plain, "quoted"\nand ünïcode']

let house: TestHouse
let owner: pg.Client
let analyst: Visitor

before(async () => {
  house = await openTestHouse({ METRICS_PORT: '0' })
  owner = new pg.Client({ connectionString: house.databaseUrl })
  await owner.connect()
  analyst = await house.as('analyst@acme.example')
  const manager = await house.as('manager@acme.example')
  assert.equal((await importReport(manager, 'image.json', fixture)).status, 'complete')
  const weaknesses = hostile.map((name, index) => ({ id: `CVE-2024-${2000 + index}`, package: name }))
  assert.equal((await importReport(manager, 'hostile.json', trivyReport('h', weaknesses))).status, 'complete')
})
after(async () => {
  await owner?.end()
  await house?.close()
})

const reportDir = () => join(house.dataDir, 'reports')
const download = (visitor: Visitor, id: unknown, headers?: Record<string, string>) =>
  visitor.rest('GET', `/reports/${id}/download`, undefined, headers)

type Node = Record<string, unknown> & { asset: { id: string }; component: { name: string } | null }
async function listed(): Promise<{ nodes: Node[]; total: number }> {
  const { body } = await analyst.graphql(`{
    vulnerabilities(first: 100, orderBy: { field: CREATED_AT, direction: ASC }) {
      totalCount { count }
      edges { node { id title severity cveId cvssScore aliases createdAt sources asset { id } component { name } } }
    } }`)
  const { edges, totalCount } = body.data.vulnerabilities
  return { nodes: edges.map(({ node }: { node: Node }) => node), total: totalCount.count }
}

test('a CSV is the list, row by row, and no cell of it is a formula', async () => {
  const report = await makeReport(analyst, { list: 'vulnerabilities', format: 'csv' })
  const { nodes, total } = await listed()
  assert.ok(total > 20)
  assert.deepEqual([report.status, report.rows], ['complete', total])
  const file = await download(analyst, report.id)
  const [header, ...records] = recordsOf(file.text)
  const rows = records.map((cells) => Object.fromEntries(cells.map((cell, index) => [header![index], cell])))
  const text = (value: unknown) => (value === null ? '' : String(value))
  const inert = (value: string) => (/^[=+\-@\t\r]/.test(value) ? `'${value}` : value)
  assert.deepEqual(
    rows.map(
      ({
        id,
        title,
        severity,
        cve_id,
        cvss_score,
        aliases,
        created_at,
        sources,
        asset_id,
        component_name,
      }) => [id, title, severity, cve_id, cvss_score, aliases, created_at, sources, asset_id, component_name],
    ),
    nodes.map((node) => [
      node.id,
      inert(String(node.title)),
      String(node.severity).toLowerCase(),
      text(node.cveId),
      text(node.cvssScore),
      (node.aliases as string[]).join('; '),
      node.createdAt,
      (node.sources as string[]).join('; '),
      node.asset.id,
      inert(text(node.component?.name ?? null)),
    ]),
  )
  const cells = records.flat()
  for (const cell of cells) assert.doesNotMatch(cell, /^[=+\-@\t\r]/)
  for (const told of ["'=cmd()", "'+1", "'-1", "'@SUM(A1)"]) assert.ok(cells.includes(told), told)
  assert.ok(cells.some((cell) => /"quoted".*ünïcode/s.test(cell)))
})

test('JSON is the same list, untouched, and the same data make the same file', async () => {
  const report = await makeReport(analyst, { list: 'vulnerabilities', format: 'json' })
  const { nodes } = await listed()
  const rows = (await download(analyst, report.id)).body as Record<string, unknown>[]
  assert.deepEqual(
    rows.map(({ id, title, severity, aliases, asset_id }) => ({ id, title, severity, aliases, asset_id })),
    nodes.map(({ id, title, severity, aliases, asset }) => ({
      ...{ id, title, aliases, asset_id: asset.id },
      severity: String(severity).toLowerCase(),
    })),
  )
  const again = await makeReport(analyst, { list: 'vulnerabilities', format: 'json' })
  assert.notEqual(again.id, report.id)
  assert.equal(again.sha256, report.sha256)
})

test('a download says what it is, and is not sent again to who has it', async () => {
  const report = await makeReport(analyst, { list: 'assets', format: 'csv' })
  const { text, headers, status } = await download(analyst, report.id)
  const sha256 = createHash('sha256').update(text)
  const digest = sha256.copy().digest('base64')
  assert.equal(report.sha256, sha256.digest('hex'))
  assert.equal(status, 200)
  assert.equal(headers.get('content-type'), 'text/csv; charset=utf-8')
  assert.match(headers.get('content-disposition')!, /^attachment; filename="nexus-assets-[0-9T-]+Z\.csv"$/)
  assert.deepEqual(
    [headers.get('content-length'), report.bytes],
    [String(Buffer.byteLength(text)), Buffer.byteLength(text)],
  )
  assert.equal(headers.get('repr-digest'), `sha-256=:${digest}:`)
  const head = await analyst.rest('HEAD', `/reports/${report.id}/download`)
  assert.deepEqual([head.status, head.text, head.headers.get('etag')], [200, '', headers.get('etag')])
  const etag = headers.get('etag')!
  const unchanged = await download(analyst, report.id, { 'if-none-match': `"x", ${etag}` })
  assert.deepEqual([unchanged.status, unchanged.text], [304, ''])
})

test('every list can be a report, as whole as the list itself, or a part of it', async () => {
  const totals = (
    await analyst.graphql(`{ assets { totalCount { count } } alerts { totalCount { count } }
    vulnerabilities { totalCount { count } } controls { totalCount { count } }
    critical: vulnerabilities(filter: { severity: [CRITICAL] }) { totalCount { count } } }`)
  ).body.data
  for (const list of ['assets', 'alerts', 'vulnerabilities', 'controls']) {
    const report = await makeReport(analyst, { list, format: 'json' })
    assert.deepEqual([report.status, report.rows], ['complete', totals[list].totalCount.count], list)
  }
  const critical = { list: 'vulnerabilities', format: 'json', severity: ['critical'] }
  const part = await makeReport(analyst, critical)
  assert.equal(part.rows, totals.critical.totalCount.count)
  const none = await makeReport(analyst, { list: 'alerts', format: 'json', search: 'nothing is called so' })
  assert.deepEqual([none.rows, (await download(analyst, none.id)).body], [0, []])
})

test('what cannot be a report is refused, and nothing is asked for', async () => {
  const count = async () =>
    (await owner.query('select count(*)::int as n from operations.operations')).rows[0].n
  const before = await count()
  const wrong = await analyst.rest('POST', '/reports/generate', { list: 'users', format: 'pdf' })
  assert.equal(wrong.status, 400)
  assert.deepEqual(
    wrong.body.error.details.map(({ field }: { field: string }) => field),
    ['list', 'format'],
  )
  const unknown = await analyst.rest('POST', '/reports/generate', { list: 'assets', severity: ['high'] })
  assert.deepEqual([unknown.status, unknown.body.error.details[0].field], [400, 'severity'])
  const long = await analyst.graphql(
    'mutation ($s: String) { generateReport(input: { list: ASSETS, format: CSV, search: $s }) { report { id } } }',
    { s: 'x'.repeat(201) },
  )
  assert.equal(long.body.errors[0].extensions.code, 'VALIDATION_ERROR')
  const viewer = await house.as('viewer@acme.example')
  const refused = await viewer.rest('POST', '/reports/generate', { list: 'assets' })
  assert.deepEqual([refused.status, refused.body.error.code], [403, 'FORBIDDEN'])
  const stranger = await house.anonymous.rest('POST', '/reports/generate', { list: 'assets' })
  assert.equal(stranger.status, 401)
  assert.equal(await count(), before)
})

test('another tenant’s report, operation and file are answered as those that do not exist', async () => {
  const report = await makeReport(analyst, { list: 'assets', format: 'csv' })
  const other = await house.as('admin@globex.example')
  for (const path of [
    `/reports/${report.id}`,
    `/operations/${report.operation_id}`,
    `/reports/${report.id}/download`,
  ]) {
    const theirs = await other.rest('GET', path)
    const none = await other.rest('GET', path.replace(/[0-9a-f-]{36}/, newId()))
    assert.deepEqual([theirs.status, theirs.body.error], [404, none.body.error], path)
    assert.equal((await house.anonymous.rest('GET', path)).status, 401)
  }
  for (const id of ['..%2F..%2Fsecret', 'x', '%00']) assert.equal((await download(other, id)).status, 404)
  const lists = await other.graphql(
    '{ reports { totalCount { count } } operations { totalCount { count } } }',
  )
  assert.deepEqual(lists.body.data, {
    reports: { totalCount: { count: 0 } },
    operations: { totalCount: { count: 0 } },
  })
})

test('reports and their operations are listed, whoever they are about, in as many statements as ever', async () => {
  const ask = (first: number) =>
    analyst.graphql(`{ reports(first: ${first}, filter: { status: [COMPLETE] }) {
      totalCount { count } edges { node { list status rows operation { kind done total startedAt } } } } }`)
  const { body } = await ask(3)
  assert.equal(body.errors, undefined)
  for (const { node } of body.data.reports.edges)
    assert.deepEqual(
      [node.operation.kind, node.operation.done, node.operation.total],
      ['generate-report', node.rows, node.rows],
    )
  const few = await house.statements(() => ask(1))
  const many = await house.statements(() => ask(10))
  assert.deepEqual([few.length, many.length], [3, 3])
  const listed = await analyst.rest('GET', '/reports?list=assets&status=complete&limit=1')
  assert.equal(listed.body.data.items[0].list, 'assets')
})

test('where nothing can be stored it is tried again, and ends FAILED with nothing half-written', async () => {
  const kept = readdirSync(reportDir())
  rmSync(reportDir(), { recursive: true })
  // A file in the folder's place: root may write into any folder.
  writeFileSync(reportDir(), '')
  try {
    const asked = await askForReport(analyst, { list: 'assets', format: 'csv' })
    const early = await download(analyst, asked.report)
    assert.deepEqual([early.status, early.body.error.code], [409, 'NOT_READY'])
    const report = await followReport(analyst, asked)
    assert.deepEqual(
      [report.status, report.error_code, report.rows, report.sha256],
      ['failed', 'SERVICE_UNAVAILABLE', null, null],
    )
    assert.equal(report.error_message, 'There is no room to store it now')
    const late = await download(analyst, asked.report)
    assert.deepEqual([late.status, late.body.error.code], [409, 'NOT_READY'])
    const { rows } = await owner.query('select attempt from operations.operations where id = $1', [
      asked.operation,
    ])
    assert.equal(rows[0].attempt, 5)
  } finally {
    rmSync(reportDir())
  }
  assert.ok(kept.length > 5 && kept.every((name) => !name.endsWith('.part')))
  const again = await makeReport(analyst, { list: 'assets', format: 'csv' })
  assert.equal(again.status, 'complete')
  assert.deepEqual(readdirSync(reportDir()), [again.id])
})

test('a file that has gone is a part that does not answer, not a report of nothing', async () => {
  const report = await makeReport(analyst, { list: 'assets', format: 'csv' })
  rmSync(join(reportDir(), String(report.id)))
  const { status, body, headers } = await download(analyst, report.id)
  assert.deepEqual([status, body.error.code], [503, 'SERVICE_UNAVAILABLE'])
  assert.match(headers.get('content-type')!, /json/)
})

test('who reads metrics sees the queue and how jobs ended', async () => {
  const text = await (await fetch(`${house.metricsUrl}/metrics`)).text()
  for (const state of ['ready', 'active', 'failed'])
    assert.match(text, new RegExp(`nexus_jobs\\{queue="compliance.generate-report",state="${state}"\\} \\d`))
  const count = (outcome: string) =>
    Number(
      text.match(
        new RegExp(`nexus_job_seconds_count\\{job="generate-report",outcome="${outcome}"\\} (\\d+)`),
      )?.[1],
    )
  assert.ok(count('complete') > 5)
  assert.deepEqual([count('again'), count('failed')], [4, 1])
  assert.match(text, /nexus_database_connections\{schema="compliance-worker",state="idle"\}/)
})

test('what people have written is masked in a file, and not in lists', async () => {
  const written =
    'Ask ada@corp.example or +1 202-555-0147: 4111 1111 1111 1111, 219-09-9999, core@5.3.0.RELEASE'
  const masked = 'Ask a***@corp.example or ****0147: ****1111, ***-**-9999, core@5.3.0.RELEASE'
  const { body } = await analyst.rest('GET', '/alerts')
  const { id } = body.data.items[0]
  await owner.query('update alerts.alerts set description = $1 where id = $2', [written, id])
  for (const format of ['json', 'csv'] as const) {
    const report = await makeReport(analyst, { list: 'alerts', format })
    const { text } = await download(analyst, report.id)
    assert.ok(text.includes(masked) && !text.includes('ada@corp'), text)
  }
  assert.equal((await analyst.rest('GET', `/alerts/${id}`)).body.data.description, written)
})

test('a connector says how its runs went', async () => {
  const { body } = await analyst.rest('GET', '/integrations/connectors')
  const trivy = body.data.items.find(({ kind }: { kind: string }) => kind === 'trivy')
  const status = await analyst.rest('GET', `/integrations/${trivy.id}/status`)
  const { last_success_at, last_run_at, ...said } = status.body.data
  assert.ok(last_success_at && last_run_at === last_success_at)
  assert.deepEqual(said, {
    ...{ id: trivy.id, name: 'trivy reports', kind: 'trivy', status: 'healthy', last_error: null },
    runs: { complete: 2 },
    ...{ has_credentials: false, credentials_hint: null },
  })
  const other = await house.as('admin@globex.example')
  assert.equal((await other.rest('GET', `/integrations/${trivy.id}/status`)).status, 404)
})
