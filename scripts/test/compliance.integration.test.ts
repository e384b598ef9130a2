/** From a scanner's report to a posture, and back down to the asset that spoils it. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import pg from 'pg'
import { root } from '#kit/register.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { type Configured, configurationReport, importReport, trivyReport } from './reports.ts'

let house: TestHouse
let admin: Visitor

before(async () => {
  house = await openTestHouse()
  admin = await house.as('admin@acme.example')
})
after(() => house?.close())

const control = async (code: string, visitor = admin) => {
  const { body } = await visitor.graphql(
    `query ($code: String!) { controls(filter: { search: $code }) { edges { node { id code status parent { code }
      failures(first: 10) { totalCount { count } pageInfo { hasNextPage endCursor }
        edges { node { result target check { ruleId tool severity } asset { name } } } } } } } }`,
    { code },
  )
  assert.equal(body.errors, undefined)
  return body.data.controls.edges.find((edge: { node: { code: string } }) => edge.node.code === code).node
}
const fields =
  'framework { name } score coverage grade total applicable assessed passed warned failed notAssessed unmappedChecks'
const postureAsOf = async (asOf?: string, visitor = admin) => {
  const text = `query ($asOf: DateTime) { posture(asOf: $asOf) { ${fields} } }`
  const { body } = await visitor.graphql(text, { asOf })
  assert.equal(body.errors, undefined)
  return body.data.posture
}
/** Every posture that these tests have seen, and when. */
const taken: [asOf: string, posture: unknown][] = []
const posture = async (visitor = admin) => {
  const now = new Date().toISOString()
  const seen = await postureAsOf(undefined, visitor)
  if (visitor === admin) taken.push([now, seen])
  return seen
}
const resultsOf = async (asset: string, visitor = admin) => {
  const { body } = await visitor.graphql(
    `query ($asset: String!) { assets(filter: { search: $asset }) { edges { node { checkResults(first: 100) {
      totalCount { count } edges { node { result target check { ruleId } asset { name } } } } } } } }`,
    { asset },
  )
  assert.equal(body.errors, undefined)
  const edges = body.data.assets.edges[0]?.node.checkResults.edges ?? []
  return edges.map((edge: { node: unknown }) => edge.node) as { result: string; target: string }[]
}

const asOwner = async (text: string, values: unknown[] = []) => {
  const owner = new pg.Client({ connectionString: house.databaseUrl })
  await owner.connect()
  return (await owner.query(text, values).finally(() => owner.end())).rows
}

const asRoot: Configured = { rule: 'DS002', title: "Image user should not be 'root'", status: 'FAIL' }
const latest: Configured = { rule: 'DS001', title: "':latest' tag used", status: 'FAIL', severity: 'MEDIUM' }
const health: Configured = { rule: 'DS026', title: 'No HEALTHCHECK defined', status: 'PASS', severity: 'LOW' }
const custom: Configured = { rule: 'USER-0001', title: 'A rule of our own', status: 'PASS' }
const report = (...checks: Configured[]) => configurationReport('shop-images', checks)
const passed = (check: Configured): Configured => ({ ...check, status: 'PASS' })

test('before any report nothing is assessed, and nothing is claimed', async () => {
  assert.deepEqual(await posture(), {
    framework: { name: 'NIST Cybersecurity Framework' },
    score: null,
    coverage: 0,
    grade: null,
    total: 106,
    applicable: 106,
    assessed: 0,
    passed: 0,
    warned: 0,
    failed: 0,
    notAssessed: 106,
    unmappedChecks: 0,
  })
  const { status, failures } = await control('PR.PS-01')
  assert.deepEqual([status, failures.totalCount.count], ['NOT_ASSESSED', 0])
})

test('failures make their controls fail, and name the asset', async () => {
  const run = await importReport(admin, 'a.json', report(asRoot, latest, health, custom))
  assert.deepEqual([run.status, run.total, run.created], ['complete', 2, 2], run.error_message ?? '')
  const access = await control('PR.AA-05')
  assert.deepEqual([access.status, access.parent.code], ['FAIL', 'PR.AA'])
  assert.deepEqual(
    access.failures.edges.map((edge: { node: unknown }) => edge.node),
    [
      {
        result: 'FAIL',
        target: 'Dockerfile',
        check: { ruleId: 'DS-0002', tool: 'Trivy', severity: 'HIGH' },
        asset: { name: 'shop-images' },
      },
    ],
  )
  assert.equal((await control('PR.PS-01')).failures.totalCount.count, 1)
  // Both controls fail: 0 of 6 + 3.
  const { score, assessed, failed, grade, coverage, unmappedChecks } = await posture()
  assert.deepEqual(
    { score, assessed, failed, grade, coverage, unmappedChecks },
    { score: 0, assessed: 2, failed: 2, grade: null, coverage: 1.9, unmappedChecks: 1 },
  )
})

test('the same report twice counts the same', async () => {
  const before = [await posture(), await resultsOf('shop-images')]
  assert.equal(
    (await importReport(admin, 'a.json', report(asRoot, latest, health, custom))).status,
    'complete',
  )
  assert.deepEqual([await posture(), await resultsOf('shop-images')], before)
  assert.equal((await resultsOf('shop-images')).length, 4)
})

test('a category has what its subcategories have, once', async () => {
  const { status, failures, parent } = await control('PR.PS')
  assert.deepEqual([status, failures.totalCount.count, parent], ['FAIL', 1, null])
  assert.equal((await control('PR.DS')).status, 'NOT_ASSESSED')
})

test('one that is mended lets its control recover', async () => {
  await importReport(admin, 'b.json', report(passed(asRoot), latest, health, custom))
  const { status, failures } = await control('PR.AA-05')
  assert.deepEqual([status, failures.totalCount.count], ['PASS', 0])
  assert.equal((await control('PR.PS-01')).status, 'FAIL')
  // 6 of 6 + 3.
  const { score, passed: passing, failed } = await posture()
  assert.deepEqual({ score, passing, failed }, { score: 66.7, passing: 1, failed: 1 })
  await importReport(admin, 'c.json', report(passed(latest), health))
  assert.equal((await control('PR.PS-01')).status, 'PASS')
  assert.equal((await control('PR.AA-05')).status, 'NOT_ASSESSED', 'nobody says anything of it any more')
  assert.equal((await resultsOf('shop-images')).length, 2)
})

test('a report about packages alone says nothing of another tool’s or asset’s checks', async () => {
  const before = await posture()
  await importReport(admin, 'd.json', trivyReport('other:1', [{ id: 'CVE-2024-7', package: 'p' }]))
  assert.deepEqual(await posture(), before)
})

test('a refused file writes no result', async () => {
  const before = [await posture(), await resultsOf('shop-images')]
  const refused = await importReport(admin, 'bad.json', report(asRoot).replace('"ID":"DS002",', ''))
  assert.equal(refused.status, 'failed')
  assert.deepEqual([await posture(), await resultsOf('shop-images')], before)
})

test('a run is not complete until its checks are applied, and the file again sets it right', async () => {
  const machines = `${new URL(house.databaseUrl).pathname.slice(1)}_compliance_ingest`
  const again = report(asRoot, health)
  await asOwner(`revoke insert (target) on compliance.check_results from ${machines}`)
  const cut = await importReport(admin, 'cut.json', again)
  await asOwner(`grant insert (target) on compliance.check_results to ${machines}`)
  assert.deepEqual([cut.status, cut.error_code], ['failed', 'INTERNAL_SERVER_ERROR'])
  assert.equal((await control('PR.AA-05')).status, 'NOT_ASSESSED')
  assert.equal((await importReport(admin, 'cut.json', again)).status, 'complete')
  assert.equal((await control('PR.AA-05')).status, 'FAIL')
})

test('a mapping that a person took out is not brought back by a report', async () => {
  const taken = `update compliance.control_checks m set origin = $1 from compliance.checks c
    where c.id = m.check_id and c.rule_id = 'DS-0002'`
  const { unmappedChecks } = await posture()
  await asOwner(taken, ['suppressed'])
  await importReport(admin, 'e.json', report(asRoot, health))
  assert.equal((await control('PR.AA-05')).status, 'NOT_ASSESSED')
  assert.equal((await posture()).unmappedChecks, unmappedChecks, 'taken out is not the same as unmapped')
  await asOwner(taken, ['manual'])
  assert.equal((await control('PR.AA-05')).status, 'FAIL')
  const origins = await asOwner('select distinct origin from compliance.control_checks order by origin')
  assert.deepEqual(origins, [{ origin: 'auto' }, { origin: 'manual' }])
})

test('a posture can be taken again as of any time', async () => {
  const worse = { ...latest, severity: 'CRITICAL' } as const
  for (const checks of [[asRoot, worse], [passed(asRoot), worse, health], [health], [asRoot, latest]]) {
    await importReport(admin, 'past.json', report(...checks))
    await posture()
  }
  assert.ok(new Set(taken.map(([, seen]) => JSON.stringify(seen))).size > 6, 'they were not all the same')
  for (const [asOf, seen] of taken) assert.deepEqual(await postureAsOf(asOf), seen, asOf)
  const [first, seen] = taken[0]!
  const { body } = await admin.rest('GET', `/compliance/posture?as_of=${first}`)
  assert.equal(body.data.coverage, (seen as { coverage: number }).coverage)
  const later = await admin.rest('GET', '/compliance/posture?as_of=2999-01-01T00:00:00Z')
  assert.deepEqual(later.body.data, (await admin.rest('GET', '/compliance/posture')).body.data)
})

test('the other tenant sees none of it', async () => {
  const other = await house.as('admin@globex.example')
  assert.equal((await posture(other)).assessed, 0)
  const { status, failures } = await control('PR.AA-05', other)
  assert.deepEqual([status, failures.totalCount.count], ['NOT_ASSESSED', 0])
  const { body } = await admin.graphql(
    '{ assets(filter: { search: "shop-images" }) { edges { node { id } } } }',
  )
  const asset = await other.graphql(
    'query ($id: ID!) { asset(id: $id) { checkResults { totalCount { count } } } }',
    {
      id: body.data.assets.edges[0].node.id,
    },
  )
  assert.deepEqual(asset.body, { data: { asset: null } })
})

test('statements do not depend on how many controls, results or assets are in the answer', async () => {
  const many = Array.from({ length: 60 }, (_, index) => ({ ...asRoot, target: `images/${index}/Dockerfile` }))
  await importReport(admin, 'f.json', configurationReport('many-images', many))
  const asked = async (text: string) =>
    (
      await house.statements(async () => {
        const { body } = await admin.graphql(text)
        assert.equal(body.errors, undefined)
      })
    ).map((statement) => statement.schema)
  assert.deepEqual(await asked('{ posture { score } }'), ['compliance', 'compliance'])
  // Which framework is meant is asked each time; until a result changes, the rest is remembered.
  assert.deepEqual(await asked('{ posture { score } }'), ['compliance'])
  const cost = (first: number) =>
    asked(`{ controls(first: ${first}, filter: { search: "PR." }) { edges { node { status parent { code }
      failures(first: ${first}) { totalCount { count }
        edges { node { check { title } asset { name } } } } } } }
      assets(first: ${first}) { edges { node { checkResults(first: 3) { edges { node { id } } } } } } }`)
  const few = await cost(5)
  assert.deepEqual((await cost(50)).sort(), few.sort())
  // Controls, tallies, parents, failures, totals, checks; the assets' results.
  assert.equal(few.filter((schema) => schema === 'compliance').length, 7)
  const { failures } = await control('PR.AA-05')
  assert.deepEqual([failures.totalCount.count, failures.pageInfo.hasNextPage], [61, true])
})

test('REST says the same', async () => {
  const { body: frameworks } = await admin.rest('GET', '/compliance/frameworks')
  const [framework] = frameworks.data.items
  assert.deepEqual([framework.name, framework.version], ['NIST Cybersecurity Framework', '2.0'])
  const { body } = await admin.rest('GET', `/compliance/controls?framework_id=${framework.id}&limit=100`)
  assert.equal(body.data.pagination.total, 128)
  const { body: found } = await admin.rest('GET', '/compliance/controls?search=PR.AA-05')
  const [item] = found.data.items
  assert.deepEqual([item.code, item.status, item.framework_id], ['PR.AA-05', 'fail', framework.id])
  const named = await admin.rest('GET', `/compliance/posture?framework_id=${framework.id}`)
  const unnamed = await admin.rest('GET', '/compliance/posture')
  assert.deepEqual(named.body.data, unnamed.body.data)
  const { score, coverage } = await posture()
  assert.deepEqual([named.body.data.score, named.body.data.coverage], [score, coverage])
  for (const id of ['x', '01a1fc87-6e56-7175-bb20-000000000000'])
    assert.equal((await admin.rest('GET', `/compliance/posture?framework_id=${id}`)).status, 404)
  assert.equal((await house.anonymous.rest('GET', '/compliance/posture')).status, 401)
})

const data = join(root, '..', 'shared', 'data')
const skip = existsSync(data) ? false : 'the folder ../shared/data is not here'

suite('real reports of configuration', { skip }, () => {
  for (const path of ['scanners/trivy/misconfigurations_and_secrets.json', 'scanners/trivy/kubernetes.json'])
    test(`${path}: every misconfiguration fails a check`, async () => {
      const oracle: { path: string; raw: { misconfig_fail: number } }[] = JSON.parse(
        readFileSync(join(data, 'scanners/ORACLE.json'), 'utf8'),
      )
      const expected = oracle.find((each) => each.path === path)!.raw.misconfig_fail
      assert.ok(expected > 0)
      const asset = `real-${basename(path)}`
      for (const _ of ['once', 'twice']) {
        const run = await importReport(admin, 'r.json', readFileSync(join(data, path)), `&asset=${asset}`)
        assert.equal(run.status, 'complete', run.error_message ?? '')
        const results = await resultsOf(asset)
        assert.equal(results.filter(({ result }) => result === 'FAIL').length, expected)
        assert.equal(results.length, expected)
      }
    })
})
