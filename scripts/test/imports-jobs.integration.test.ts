/** Imports as jobs: they outlive the process that was at them, and end when somebody says so. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { type EmbeddedPostgres, startPostgres } from '#kit/embedded.ts'
import { idOfName } from '#kit/id.ts'
import { batchSize } from '../../subgraphs/integrations/model/carry-out.ts'
import { openTestHouse, password, type TestHouse, type Visitor, visitorOf } from '../test-house.ts'
import { freePort, npmStart, type Started, statusOf, tempDir, until } from './processes.ts'
import { countsOf, followImport, importReport, type Run, trivyReport } from './reports.ts'

const dir = tempDir()
const acme = idOfName('organization', 'acme')
const uploads = join(dir.path, 'uploads', acme)
const perBatch = batchSize
const none = { total: 0, created: 0, updated: 0, unchanged: 0, reopened: 0, closed: 0, skipped: 0 }
let postgres: EmbeddedPostgres
let owner: pg.Client
let env: Record<string, string>
let house: TestHouse | undefined
let first: Started | undefined

const numbered = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `CVE-2021-${from + index}`, package: 'a' }))

/** Batches that nobody applies until they may: a run stands still in the midst of its work. */
const gate = 4_711
const shut = () => owner.query('select pg_advisory_lock($1)', [gate])
const open = () => owner.query('select pg_advisory_unlock($1)', [gate])
const waiting = async (count: number) => {
  const { rows } = await owner.query(
    `select count(*)::int as n from pg_locks where locktype = 'advisory' and objid = $1 and not granted`,
    [gate],
  )
  return rows[0].n === count
}

before(async () => {
  postgres = await startPostgres({ dataDir: dir.path, durable: false })
  owner = new pg.Client({ connectionString: postgres.url })
  await owner.connect()
  env = {
    DATABASE_URL: postgres.url,
    NEXUS_SECRET: 'shared by the houses of this test',
    NEXUS_DATA_DIR: dir.path,
    NEXUS_SEED: 'demo',
    NEXUS_DEMO_PASSWORD: password,
    PORT: '0',
  }
})
after(async () => {
  first?.npm.kill('SIGKILL')
  await house?.close()
  await owner?.end()
  await postgres?.stop()
  dir.remove()
})

const start = async (visitor: Visitor, file: string, report: string): Promise<Run> =>
  (await visitor.rest('POST', `/integrations/imports?file=${file}`, report)).body.data
const batchesOf = async ({ id }: Run): Promise<number> =>
  (await owner.query('select count(*)::int as n from vulns.applied_batches where run_id = $1', [id])).rows[0]
    .n
const operationOf = async ({ operation_id }: Run) =>
  (await owner.query('select * from operations.operations where id = $1', [operation_id])).rows[0]

test('an import whose process is killed in the midst of it goes on in another, and says the same', async () => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  first = npmStart({ ...env, PORT: String(port) }, undefined, ['node', 'scripts/start.ts'])
  const ready = async () => (await statusOf(`${url}/health/ready`)) === 200
  await until(`the first house is ready: ${first?.output()}`, 60_000, ready)
  await owner.query(`
    create function public.wait_at_the_gate() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock_shared(${gate}); return new; end $$;
    create trigger gate before insert on vulns.applied_batches for each row when (new.batch >= 2)
      execute function public.wait_at_the_gate()`)
  const email = 'manager@acme.example'
  const { body } = await visitorOf(url, null).rest('POST', '/auth/login', { email, password })
  const visitor = visitorOf(url, body.data.accessToken)
  // What the killed run shall not close is there before it.
  const before = await importReport(
    visitor,
    'many.json',
    trivyReport('many:1', numbered(10_000, 2 * perBatch)),
  )
  assert.equal(before.created, 2 * perBatch)

  await shut()
  const report = trivyReport('many:1', numbered(10_000 + perBatch, 5 * perBatch))
  const run = await start(visitor, 'many.json', report)
  await until('two batches are applied, and the third waits', 20_000, () => waiting(1))
  first.npm.kill('SIGKILL')
  await first.ended(5_000)
  await open()
  assert.equal((await operationOf(run)).status, 'running')
  assert.equal(readdirSync(uploads).length, 1, 'what was uploaded is still there')
  // Nobody has heard of that worker for as long as it takes.
  await owner.query(`update jobs.job set heartbeat_on = now() - interval '1 minute' where state = 'active'`)

  house = await openTestHouse(env)
  const manager = await house.as(email)
  const whole = await followImport(manager, run)
  assert.equal(whole.status, 'complete', whole.error_message ?? '')
  assert.deepEqual(countsOf(whole), {
    ...none,
    ...{ total: 5 * perBatch, created: 4 * perBatch, unchanged: perBatch, closed: perBatch },
  })
  assert.equal((await operationOf(run)).attempt, 2)
  const { rows } = await owner.query(
    `select status, count(*)::int as n from vulns.vulnerabilities where cve_id like 'CVE-2021-1%' group by status order by status`,
  )
  assert.deepEqual(rows, [
    { status: 'open', n: 5 * perBatch },
    { status: 'resolved', n: perBatch },
  ])
  await until('and goes with the run', 5_000, () => readdirSync(uploads).length === 0)
  const again = await importReport(manager, 'many.json', report)
  assert.deepEqual(countsOf(again), { ...none, total: 5 * perBatch, unchanged: 5 * perBatch })
})

test('an import that is cancelled at its work stops there, and closes nothing', async () => {
  const manager = await house!.as('manager@acme.example')
  await shut()
  const run = await start(manager, 'stopped.json', trivyReport('many:1', numbered(40_000, 5 * perBatch)))
  await until('it is in the midst of its work', 20_000, () => waiting(1))
  const cancel = (visitor: Visitor) => visitor.rest('POST', `/operations/${run.operation_id}/cancel`)
  assert.equal((await cancel(await house!.as('analyst@acme.example'))).status, 403)
  assert.equal((await cancel(await house!.as('admin@globex.example'))).status, 404)
  const cancelled = await cancel(manager)
  assert.deepEqual([cancelled.status, cancelled.body.data?.status], [200, 'cancelled'], cancelled.text)
  const twice = await cancel(manager)
  assert.deepEqual([twice.status, twice.body.error.code], [409, 'CONFLICT'])
  await open()
  await until('its worker lets it go', 20_000, async () => {
    const { rows } = await owner.query(`select state from jobs.job where data->>'operation' = $1`, [
      run.operation_id,
    ])
    return rows[0].state === 'completed'
  })
  assert.equal(await batchesOf(run), 4, 'the one that was at work, and the one that was on its way')
  const ended = await followImport(manager, run)
  assert.deepEqual([ended.status, ended.closed], ['cancelled', 0])
  const { rows } = await owner.query(
    `select count(*)::int as n from vulns.vulnerabilities where cve_id like 'CVE-2021-1%' and status = 'open'`,
  )
  assert.deepEqual(rows, [{ n: 5 * perBatch }])
})

test('an import that is cancelled while it waits is never begun, and what it left is swept later', async () => {
  const manager = await house!.as('manager@acme.example')
  await shut()
  const large = (name: string) => trivyReport(name, numbered(50_000, 3 * perBatch))
  const busy = [await start(manager, 'a.json', large('a:1')), await start(manager, 'b.json', large('b:1'))]
  await until('both workers are at something', 20_000, () => waiting(2))
  const run = await start(manager, 'waits.json', large('c:1'))
  const mutation = `mutation ($id: ID!) { cancelOperation(input: { id: $id }) { operation { status } } }`
  const { body } = await manager.graphql(mutation, { id: run.operation_id })
  assert.equal(body.data.cancelOperation.operation.status, 'CANCELLED')
  await open()
  for (const each of busy) assert.equal((await followImport(manager, each)).status, 'complete')
  const ended = await followImport(manager, run)
  assert.deepEqual([ended.status, ended.total, await batchesOf(run)], ['cancelled', 0, 0])
  const { upload } = (
    await owner.query('select upload from integrations.import_runs where id = $1', [run.id])
  ).rows[0]
  assert.ok(existsSync(join(uploads, upload)))
  const longAgo = new Date(Date.now() - 2 * 3_600_000)
  utimesSync(join(uploads, upload), longAgo, longAgo)
  await importReport(manager, 'next.json', trivyReport('next:1', numbered(60_000, 1)))
  await until('nothing is left', 5_000, () => readdirSync(uploads).length === 0)
})

test('a report that is refused is not tried again', async () => {
  const manager = await house!.as('manager@acme.example')
  const run = await importReport(manager, 'bad.json', '{"a":1}')
  assert.deepEqual([run.status, run.error_code], ['failed', 'REPORT_UNKNOWN_FORMAT'])
  const { status, attempt, error_code } = await operationOf(run)
  assert.deepEqual([status, attempt, error_code], ['failed', 1, 'REPORT_UNKNOWN_FORMAT'])
  const { rows } = await owner.query(
    `select outcome, code from journal.entries where operation = 'import-report' and subject_id = $1`,
    [run.operation_id],
  )
  assert.deepEqual(rows, [{ outcome: 'refused', code: 'REPORT_REJECTED' }])
})
