/** Workers as processes of their own: what they do, and what becomes of it when they or their peers die. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { type EmbeddedPostgres, startPostgres } from '#kit/embedded.ts'
import { readRegister } from '#kit/register.ts'
import { openTestHouse, password, type Visitor, visitorOf } from '../test-house.ts'
import { askForReport, followReport, makeReport } from './following.ts'
import { type Gate, openGate } from './gate.ts'
import { freePort, npmStart, type Started, statusOf, tempDir, until } from './processes.ts'
import { importReport, trivyReport } from './reports.ts'

const dir = tempDir()
const served = ['identity', 'vulns', 'compliance', 'integrations']
const findings = 1_203
const processes = new Map<string, Started>()
let postgres: EmbeddedPostgres
let owner: pg.Client
let env: Record<string, string>
let gate: Gate
let analyst: Visitor

const start = (name: string, ...args: string[]) => {
  const started = npmStart(env, undefined, ['node', ...args])
  processes.set(name, started)
  return started
}
const urlOf = (name: string) => env[`NEXUS_${name.toUpperCase()}_URL`]!
const isReady = (url: string) => async () => (await statusOf(new URL('/health/ready', url).href)) === 200

/** A worker whose way to the findings can be shut. */
async function startWorker(name: string): Promise<Started & { metrics: string }> {
  const port = await freePort()
  const metrics = `http://127.0.0.1:${port}`
  const settings = { ...env, METRICS_PORT: String(port), NEXUS_VULNS_URL: gate.url, LOG_LEVEL: 'info' }
  const started = npmStart(settings, undefined, ['node', 'subgraphs/main.ts', 'all', 'work'])
  processes.set(name, started)
  await until(`${name} is ready: ${started.output()}`, 20_000, isReady(metrics))
  return { ...started, metrics }
}

before(async () => {
  postgres = await startPostgres({ dataDir: dir.path, durable: false })
  const port = await freePort()
  env = {
    DATABASE_URL: postgres.url,
    NEXUS_SECRET: 'shared by all processes of this test',
    NEXUS_DATA_DIR: dir.path,
    PORT: String(port),
  }
  for (const { name } of readRegister({}))
    env[`NEXUS_${name.toUpperCase()}_URL`] = `http://127.0.0.1:${await freePort()}/graphql`
  const migrations = ['one', 'two', 'three'].map((name) => start(name, 'subgraphs/main.ts', 'all', 'migrate'))
  for (const { ended, output } of migrations) assert.equal(await ended(60_000), 0, output())
  owner = new pg.Client({ connectionString: postgres.url })
  await owner.connect()
  const seeding = await openTestHouse({ ...env, NEXUS_SEED: 'demo', PORT: '0' })
  try {
    const weaknesses = Array.from({ length: findings }, (_, index) => ({
      id: `CVE-2020-${10_000 + index}`,
      package: 'a',
    }))
    const manager = await seeding.as('manager@acme.example')
    const run = await importReport(manager, 'many.json', trivyReport('many', weaknesses))
    assert.equal(run.created, findings, run.error_message ?? '')
  } finally {
    await seeding.close()
  }
  for (const name of served) start(name, 'subgraphs/main.ts', name, 'serve')
  start('gateway', 'gateway/main.ts')
  gate = await openGate(urlOf('vulns'))
  await Promise.all(served.map((name) => until(`${name} is ready`, 30_000, isReady(urlOf(name)))))
  const gateway = `http://127.0.0.1:${port}`
  await until('the gateway lives', 20_000, async () => (await statusOf(`${gateway}/health/live`)) === 200)
  const { body } = await visitorOf(gateway, null).rest('POST', '/auth/login', {
    email: 'analyst@acme.example',
    password,
  })
  analyst = visitorOf(gateway, body.data.accessToken)
})
after(async () => {
  await gate?.close()
  await owner?.end()
  for (const { npm, ended } of processes.values()) {
    npm.kill('SIGCONT')
    npm.kill('SIGTERM')
    await ended(12_000).catch(() => npm.kill('SIGKILL'))
  }
  await postgres?.stop()
  dir.remove()
})

const total = findings + 3
const asked = { list: 'vulnerabilities', format: 'json' }
const page = 'vulnerabilities(first'
const fileOf = (id: unknown) => readFileSync(join(dir.path, 'reports', String(id)))
const attemptsOf = async (operation: string) =>
  (await owner.query('select attempt from operations.operations where id = $1', [operation])).rows[0].attempt

async function assertWhole(report: Record<string, unknown>): Promise<void> {
  assert.deepEqual([report.status, report.rows, report.error_code], ['complete', total, null])
  const file = fileOf(report.id)
  assert.equal(createHash('sha256').update(file).digest('hex'), report.sha256)
  const ids = (JSON.parse(String(file)) as { id: string }[]).map(({ id }) => id)
  assert.equal(new Set(ids).size, total)
  assert.equal((await analyst.rest('GET', `/reports/${report.id}/download`)).text, String(file))
}

test('a report waits until there is a worker, which another process is', async () => {
  const waiting = await askForReport(analyst, asked)
  const early = await analyst.rest('GET', `/reports/${waiting.report}/download`)
  assert.deepEqual([early.status, early.body.error.code], [409, 'NOT_READY'])
  const { metrics, output } = await startWorker('first')
  assert.equal(await statusOf(`${metrics}/health/live`), 200)
  await assertWhole(await followReport(analyst, waiting))
  const requestId = 'followed-into-its-job'
  const answer = await analyst.rest('POST', '/reports/generate', asked, { 'x-request-id': requestId })
  await followReport(analyst, {
    report: answer.body.data.report.id,
    operation: answer.body.data.operation.id,
  })
  await until('the job is logged under its request', 2_000, () =>
    output()
      .split('\n')
      .some((line) => line.includes('a job ended') && line.includes(requestId)),
  )
  assert.match(
    await (await fetch(`${metrics}/metrics`)).text(),
    /nexus_jobs\{queue="compliance.generate-report"/,
  )
})

test('a worker that is killed in the midst of a report loses it to another, which makes it whole', async () => {
  gate.shut(page, 2)
  const of = await askForReport(analyst, asked)
  await until('it asks for the second page', 10_000, () => gate.waiting() > 0)
  const killed = processes.get('first')!
  killed.npm.kill('SIGKILL')
  await killed.ended(5_000)
  assert.deepEqual(
    readdirSync(join(dir.path, 'reports')).filter((name) => name.includes(of.report)),
    [`${of.report}.1.part`],
  )
  gate.open()
  await startWorker('second')
  await assertWhole(await followReport(analyst, of))
  assert.equal(await attemptsOf(of.operation), 2)
  assert.deepEqual(
    readdirSync(join(dir.path, 'reports')).filter((name) => name.includes(of.report)),
    [of.report],
  )
})

test('a worker that slept through its time wakes up to no effect', async () => {
  gate.shut(page, 2)
  const of = await askForReport(analyst, asked)
  await until('it asks for the second page', 10_000, () => gate.waiting() > 0)
  const sleeper = processes.get('second')!
  sleeper.npm.kill('SIGSTOP')
  await startWorker('third')
  await until('another has taken it up', 60_000, async () => (await attemptsOf(of.operation)) === 2)
  gate.open()
  const report = await followReport(analyst, of)
  await assertWhole(report)
  const row = async () =>
    (await owner.query('select * from compliance.followed_reports where id = $1', [of.report])).rows[0]
  const before = await row()
  const { ino, mtimeMs } = statSync(join(dir.path, 'reports', of.report))
  sleeper.npm.kill('SIGCONT')
  await until('it has seen that it is superseded', 15_000, () =>
    /"outcome":"(superseded|again)"/.test(sleeper.output()),
  )
  assert.deepEqual(await row(), before)
  const after = statSync(join(dir.path, 'reports', of.report))
  assert.deepEqual([after.ino, after.mtimeMs], [ino, mtimeMs])
  assert.deepEqual(
    readdirSync(join(dir.path, 'reports')).filter((name) => name.endsWith('.part')),
    [],
  )
})

test('many reports at once are each made once, whoever makes them', async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => askForReport(analyst, asked)))
  for (const of of all) {
    await assertWhole(await followReport(analyst, of))
    assert.equal(await attemptsOf(of.operation), 1)
  }
})

test('a worker that is told to stop hands back what it cannot finish', async () => {
  gate.shut(page, 2)
  const of = await askForReport(analyst, asked)
  await until('it asks for the second page', 10_000, () => gate.waiting() > 0)
  for (const name of ['second', 'third']) processes.get(name)!.npm.kill('SIGTERM')
  for (const name of ['second', 'third']) {
    const { ended, output } = processes.get(name)!
    assert.equal(await ended(10_000), 0, output())
  }
  const { rows } = await owner.query(`select state from jobs.job where data->>'operation' = $1`, [
    of.operation,
  ])
  assert.deepEqual(rows, [{ state: 'retry' }])
  gate.open()
  await startWorker('fourth')
  await assertWhole(await followReport(analyst, of))
})

test('a report whose worker dies at its last attempt ends FAILED, and says that it was cut off', async () => {
  gate.shut(page, 2)
  const of = await askForReport(analyst, asked)
  await until('it asks for the second page', 10_000, () => gate.waiting() > 0)
  const { rowCount } = await owner.query(
    `update jobs.job set retry_limit = 0 where data->>'operation' = $1`,
    [of.operation],
  )
  assert.equal(rowCount, 1)
  const killed = processes.get('fourth')!
  killed.npm.kill('SIGKILL')
  await killed.ended(5_000)
  gate.open()
  await startWorker('fifth')
  const report = await followReport(analyst, of)
  assert.deepEqual([report.status, report.error_code, report.sha256], ['failed', 'INTERRUPTED', null])
  const { status, body } = await analyst.rest('GET', `/reports/${of.report}/download`)
  assert.deepEqual([status, body.error.code], [409, 'NOT_READY'])
})

test('a report whose peer is away is tried again, and ends FAILED for that reason; later it is made', async () => {
  const vulns = processes.get('vulns')!
  vulns.npm.kill('SIGKILL')
  await vulns.ended(5_000)
  const failed = await makeReport(analyst, asked)
  assert.deepEqual([failed.status, failed.error_code, failed.rows], ['failed', 'SERVICE_UNAVAILABLE', null])
  assert.doesNotMatch(JSON.stringify(failed), /127\.0\.0\.1|ECONNREFUSED/)
  start('vulns', 'subgraphs/main.ts', 'vulns', 'serve')
  await until('vulns is back', 20_000, isReady(urlOf('vulns')))
  await assertWhole(await makeReport(analyst, asked))
})

test('all work that ended has one row in the journal, done or given up', async () => {
  const { rows } = await owner.query(`
    select e.outcome, e.code, count(*)::int as rows, count(distinct o.id)::int as operations
    from operations.operations o left join journal.entries e
      on e.organization_id = o.organization_id and e.subject_id = o.id::text and e.operation = o.kind
    where o.status in ('complete', 'failed')
      -- The change that these follow from has the row.
      and o.kind <> all ('{rescore-asset,rescore-assets,judge-findings}') group by e.outcome, e.code order by e.code nulls first`)
  assert.deepEqual(
    rows.map(({ outcome, code }) => [outcome, code]),
    [
      ['done', null],
      ['failed', 'INTERRUPTED'],
      ['failed', 'SERVICE_UNAVAILABLE'],
    ],
  )
  for (const { rows: written, operations } of rows) assert.equal(written, operations)
})
