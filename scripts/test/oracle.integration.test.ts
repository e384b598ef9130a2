/** Real reports, where the data folder stands beside the project: through the door, into the database. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { root } from '#kit/register.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { importReport } from './reports.ts'

const data = join(root, '..', 'shared', 'data')
const skip = existsSync(data) ? false : 'the folder ../shared/data is not here'

type Expected = { path: string; expected_count: number; raw: Record<string, number> }
const inData = /^scanners\/(trivy|grype|sarif)\//
const files: Expected[] = skip
  ? []
  : JSON.parse(readFileSync(join(data, 'scanners/ORACLE.json'), 'utf8')).filter((each: Expected) =>
      inData.test(each.path),
    )
// Where upstream merged or filtered, every raw record is counted here.
const rawOf = ({ raw }: Expected) =>
  raw.matches ?? raw.results ?? (raw.vulns ?? 0) + (raw.misconfig_fail ?? 0)

suite('real reports', { skip }, () => {
  let house: TestHouse
  let admin: Visitor
  before(async () => {
    house = await openTestHouse()
    admin = await house.as('admin@acme.example')
  })
  after(() => house?.close())

  for (const expected of files) {
    test(`${expected.path}, twice`, async () => {
      const file = basename(expected.path)
      const report = readFileSync(join(data, expected.path))
      const asset = `&asset=${encodeURIComponent(expected.path)}`
      const first = await importReport(admin, file, report, asset)
      assert.equal(first.status, 'complete', first.error_message ?? '')
      assert.ok([expected.expected_count, rawOf(expected)].includes(first.total), `${first.total} records`)
      assert.equal(first.created + first.skipped, first.total)
      const second = await importReport(admin, file, report, asset)
      assert.deepEqual([second.created, second.updated, second.closed, second.reopened], [0, 0, 0, 0])
      assert.equal(second.unchanged, first.created)
      const { body } = await admin.graphql(
        'query ($id: ID!) { importRun(id: $id) { asset { openVulnerabilityCount } } }',
        { id: first.id },
      )
      assert.equal(body.data.importRun.asset.openVulnerabilityCount, first.created)
    })
  }
  test('there are real reports of each format', () => {
    for (const format of ['trivy', 'grype', 'sarif'])
      assert.ok(files.filter((each) => each.path.includes(`/${format}/`)).length >= 8, format)
  })
})
