/** What a large import makes of a process: its memory has a limit, however long the report. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { type EmbeddedPostgres, startPostgres } from '#kit/embedded.ts'
import { password, visitorOf } from '../test-house.ts'
import { freePort, housePid, npmStart, type Started, statusOf, tempDir, until } from './processes.ts'
import { countsOf, importReport, trivyReport } from './reports.ts'

const findings = 30_000
const mostMb = 512
const dir = tempDir()
let postgres: EmbeddedPostgres
let started: Started | undefined

before(async () => {
  postgres = await startPostgres({ dataDir: dir.path, durable: false })
})
after(async () => {
  started?.npm.kill('SIGTERM')
  await started?.ended(20_000)
  await postgres?.stop()
  dir.remove()
})

/** The most that a process has held at any time, in MB. */
const peakOf = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024

test('a house that imports 30,000 findings stays below 512 MB', async () => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const env = {
    DATABASE_URL: postgres.url,
    NEXUS_DATA_DIR: dir.path,
    NEXUS_SEED: 'demo',
    NEXUS_DEMO_PASSWORD: password,
    PORT: String(port),
  }
  started = npmStart(env, undefined, ['node', '--max-semi-space-size=16', 'scripts/start.ts'])
  const ready = async () => (await statusOf(`${url}/health/ready`)) === 200
  await until(`the house is ready: ${started.output()}`, 120_000, ready)
  const email = 'manager@acme.example'
  const { body } = await visitorOf(url, null).rest('POST', '/auth/login', { email, password })
  const atRest = peakOf(housePid(dir.path))
  const report = trivyReport(
    'large:1',
    Array.from({ length: findings }, (_, n) => ({
      id: `CVE-2025-${10_000 + (n % 25_000)}`,
      package: `package-${n}`,
      title: `package-${n}: ${'what is wrong with it, in as many words as such texts have. '.repeat(7)}`,
    })),
  )
  const run = await importReport(visitorOf(url, body.data.accessToken), 'large.json', report)
  assert.deepEqual([run.status, countsOf(run).created], ['complete', findings], run.error_message ?? '')
  const peak = peakOf(housePid(dir.path))
  assert.ok(peak < mostMb, `${Math.round(peak)} MB, of which ${Math.round(atRest)} before the import`)
})
