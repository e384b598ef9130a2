/** The `nexus` command as a process: what it prints, and what it exits with. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openTestHouse, password, type TestHouse } from '../test-house.ts'
import { openOwner } from './owner.ts'
import { npmStart, tempDir } from './processes.ts'
import { trivyReport } from './reports.ts'

const dir = tempDir()
let house: TestHouse
before(async () => {
  house = await openTestHouse({ NEXUS_IMPORT_MAX_BYTES: '100000' })
})
after(async () => {
  await house?.close()
  dir.remove()
})

const write = (name: string, text: string) => {
  writeFileSync(join(dir.path, name), text)
  return join(dir.path, name)
}
async function nexus(args: string[], env: Record<string, string> = {}) {
  const command = ['node', 'scripts/nexus.mjs', ...args]
  const started = npmStart({ NEXUS_DATA_DIR: house.dataDir, ...env }, undefined, command)
  const code = await started.ended(20_000)
  return { code, output: started.output().trim() }
}
const report = trivyReport('command:1', [
  { id: 'CVE-2020-1', package: 'a' },
  { id: 'CVE-2020-2', package: 'b' },
])

test('an import prints its counts, and as JSON one line that says the same', async () => {
  const file = write('good.json', report)
  const first = await nexus(['import', file])
  assert.equal(first.code, 0, first.output)
  assert.match(first.output, /^trivy report imported\n {2}total +2\n {2}created +2\n/)
  const second = await nexus(['import', file, '--json', '--format', 'trivy', '--asset', 'named'])
  assert.deepEqual(JSON.parse(second.output), {
    format: 'trivy',
    total: 2,
    created: 2,
    updated: 0,
    unchanged: 0,
    reopened: 0,
    closed: 0,
    skipped: 0,
    errors: [],
  })
})

test('VEX goes out into a file, and comes back in', async () => {
  const file = join(dir.path, 'out.json')
  const out = await nexus(['vex', 'export', '--output', file, '--where', 'cve_id=CVE-2014-0160'])
  assert.deepEqual([out.code, out.output], [0, 'out.json: 1 statements, 0 findings left out'])
  const document = JSON.parse(readFileSync(file, 'utf8'))
  document.statements[0] = {
    ...document.statements[0],
    ...{ status: 'not_affected', justification: 'component_not_present', status_notes: 'gone' },
    timestamp: new Date().toISOString(),
  }
  writeFileSync(file, JSON.stringify(document))
  const trial = await nexus(['vex', 'import', file, '--dry-run', '--json'])
  assert.deepEqual([trial.code, JSON.parse(trial.output).changed], [0, 1], trial.output)
  const into = await nexus(['vex', 'import', file])
  assert.match(into.output, /^openvex document imported\n {2}statements +1\n {2}matched +1\n {2}changed +1\n/)
  const none = await nexus(['vex', 'export', '--where', 'cve_id=CVE-1990-1'])
  assert.deepEqual([none.code, /OpenVEX has no document/.test(none.output)], [1, true], none.output)
  const wrong = await nexus(['vex', 'import', write('no.json', '{}')])
  assert.equal(wrong.code, 1, wrong.output)
})

test('what is wrong is said with the file, the format and the reason, and exits with 1', async () => {
  const nowhere = { NEXUS_DATA_DIR: dir.path, NEXUS_URL: '' }
  const cases: [args: string[], says: RegExp, env?: Record<string, string>][] = [
    [[write('empty.json', '')], /^empty\.json \(format not recognised\): .*empty/],
    [[write('cut.json', report.slice(0, -30)), '--format', 'trivy'], /^cut\.json \(trivy\): .*truncated/],
    [[write('other.json', report), '--format', 'sarif'], /^other\.json \(sarif\): .*Trivy/],
    [
      [write('large.json', 'x'.repeat(100_001)), '--format', 'grype'],
      /^large\.json \(grype\): .*larger than 100000 bytes/,
    ],
    [[join(dir.path, 'none.json')], /^none\.json \(format not read\): no such file/],
    [
      [write('a.json', report), '--format', 'nope'],
      /^a\.json \(nope\): .*\n +format: Must be one of trivy, grype, sarif/,
    ],
    [
      [write('b.json', report)],
      /^b\.json .*vulnerabilities:import/,
      { NEXUS_EMAIL: 'viewer@acme.example', NEXUS_PASSWORD: password },
    ],
    [
      [write('c.json', report)],
      /^c\.json .*wrong/,
      { NEXUS_EMAIL: 'admin@acme.example', NEXUS_PASSWORD: 'wrong' },
    ],
    [[write('d.json', report)], /^d\.json .*npm start/, nowhere],
  ]
  for (const [args, says, env] of cases) {
    const { code, output } = await nexus(['import', ...args], env)
    assert.equal(code, 1, output)
    assert.match(output, says)
  }
  const { code, output } = await nexus(['import', join(dir.path, 'empty.json'), '--json'])
  assert.equal(code, 1)
  const { total, errors } = JSON.parse(output)
  assert.deepEqual([total, errors.length], [0, 1])
})

test('audit verify exits with 0 for a journal as it was written, and with 1 for one that was changed', async () => {
  const email = 'viewer@acme.example'
  await house.anonymous.rest('POST', '/auth/login', { email, password: 'wrong' })
  await house.as(email)
  await house.relay.catchUp()
  const right = await nexus(['audit', 'verify'])
  assert.equal(right.code, 0, right.output)
  assert.match(
    right.output,
    /^The journal is as it was written: \d+ rows of \d+ organizations, \d+ checkpoints, /,
  )
  const owner = await openOwner(house)
  const { rows } = await owner.query('select organization_id, entry_id from journal.chain where sequence = 1')
  const { organization_id: organization, entry_id: entry } = rows[0]!
  await owner.query(`update journal.entries set outcome = 'failed', code = 'x' where id = $1`, [entry])
  const wrong = await nexus(['audit', 'verify'])
  assert.equal(wrong.code, 1, wrong.output)
  assert.match(wrong.output, /^The journal was changed: /)
  assert.ok(wrong.output.includes(`edit       ${organization} row 1 entry ${entry}`), wrong.output)
  const json = await nexus(['audit', 'verify', '--json'])
  assert.equal(json.code, 1, json.output)
  assert.deepEqual(JSON.parse(json.output).problems, [{ organization, kind: 'edit', sequence: 1, entry }])
  await owner.close()
  const nowhere = await nexus(['audit', 'verify'], { NEXUS_DATA_DIR: dir.path })
  assert.deepEqual(
    [nowhere.code, /^There is no journal here/.test(nowhere.output)],
    [1, true],
    nowhere.output,
  )
})
