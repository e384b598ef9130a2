/** VEX out of one organization and into another, through the doors of a running house. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { idOfName } from '#kit/id.ts'
import { isCyclonedx, isOpenvex } from '../../subgraphs/vulns/test/vex-schema.ts'
import { type Answer, openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { findingsNamed, grype, scan as scanNames, trivy } from './names.ts'
import { type Owner, openOwner } from './owner.ts'
import { until } from './processes.ts'
import { importReport, trivyReport } from './reports.ts'

const acme = idOfName('organization', 'acme')
const day = 86_400_000
let house: TestHouse
let owner: Owner
let admin: Visitor
let analyst: Visitor
let viewer: Visitor
let manager: Visitor
let stranger: Visitor
let ahead = 0

before(async () => {
  house = await openTestHouse({}, { clock: () => new Date(Date.now() + ahead) })
  owner = await openOwner(house)
  ;[admin, analyst, viewer, manager, stranger] = await Promise.all([
    house.as('admin@acme.example'),
    house.as('analyst@acme.example'),
    house.as('viewer@acme.example'),
    house.as('manager@acme.example'),
    house.as('admin@globex.example'),
  ])
})
after(() => house?.close())

type Json = ReturnType<typeof JSON.parse>
const cve = (number: number) => `CVE-2037-${number}`
const purl = (number: number) => `pkg:npm/package-${number}@1.0`

/** A scan of an image whose packages have purls, but for those whose number is a multiple of ten. */
async function scan(by: Visitor, image: string, numbers: readonly number[]): Promise<void> {
  const report = JSON.parse(
    trivyReport(
      image,
      numbers.map((number) => ({ id: cve(number), package: `package-${number}` })),
    ),
  )
  for (const each of report.Results[0].Vulnerabilities) {
    const number = Number(each.VulnerabilityID.slice(9))
    if (number % 10 !== 0) each.PkgIdentifier = { PURL: purl(number) }
  }
  const run = await importReport(by, `${image}.json`, JSON.stringify(report))
  assert.equal(run.status, 'complete', JSON.stringify(run))
}

type Finding = { id: string; status: string; justification: string | null; resolution: string | null }
type Found = Finding & { asset: { name: string }; statusReason: string | null; version: number }
async function findings(by: Visitor, numbers: readonly number[]): Promise<Found[]> {
  const { body } = await by.graphql(
    `query ($cve: [String!]) { vulnerabilities(filter: { cveId: $cve }, first: 100) { edges { node {
      id cveId status justification resolution statusReason version asset { id name } } } } }`,
    { cve: numbers.map(cve) },
  )
  assert.equal(body.errors, undefined, JSON.stringify(body.errors))
  return body.data.vulnerabilities.edges.map(({ node }: Json) => node)
}
const one = async (by: Visitor, number: number, image?: string): Promise<Found> =>
  (await findings(by, [number])).find(({ asset }) => !image || asset.name.includes(image))!
const standing = async (by: Visitor, numbers: readonly number[]): Promise<string[]> =>
  (await findings(by, numbers))
    .map((each: Json) =>
      [each.asset.name, each.cveId, each.status, each.justification, each.resolution].join(' '),
    )
    .sort()
async function move(by: Visitor, id: string, status: string, more: object = {}): Promise<void> {
  const answer = await by.rest('POST', `/vulnerabilities/${id}/status`, { status, ...more })
  assert.equal(answer.status, 200, answer.text)
}

const give = (by: Visitor, format: string, numbers: readonly number[]): Promise<Answer> =>
  by.rest('GET', `/vulnerabilities/vex?format=${format}&cve_id=${numbers.map(cve).join()}`)
const take = (by: Visitor, document: object | string, query = ''): Promise<Answer> =>
  by.rest(
    'POST',
    `/vulnerabilities/vex${query}`,
    typeof document === 'string' ? document : JSON.stringify(document),
  )
async function taken(by: Visitor, document: object | string, query = ''): Promise<Json> {
  const answer = await take(by, document, query)
  assert.equal(answer.status, 200, answer.text)
  return answer.body.data
}
const counts = ({ matched, changed, unchanged, refused, unmatched }: Json) => ({
  ...{ matched, changed, unchanged, refused, unmatched },
})

const checks = { openvex: isOpenvex, cyclonedx: isCyclonedx }
const types = { openvex: 'application/json', cyclonedx: 'application/vnd.cyclonedx+json; version=1.6' }

for (const [format, from] of [
  ['openvex', 1_000],
  ['cyclonedx', 2_000],
] as const)
  test(`what one organization says in ${format} stands in another one that has the same findings`, async () => {
    const numbers = [0, 1, 2, 3, 4, 5, 6, 7].map((each) => from + each)
    for (const by of [admin, stranger]) {
      await scan(by, `${format}:1`, numbers)
      await scan(by, `${format}:2`, numbers.slice(0, 3))
    }
    const at = (offset: number, image = 1) => one(analyst, from + offset, `${format}:${image}`)
    const id = async (offset: number, image?: number) => (await at(offset, image)).id
    const because = { reason: 'Looked at' }
    // Of the first two, one says something else on either image.
    await move(analyst, await id(0), 'not_affected', { ...because, justification: 'requires_configuration' })
    await move(analyst, await id(1), 'not_affected', { ...because, justification: 'protected_at_perimeter' })
    for (const image of [1, 2]) await move(analyst, await id(2, image), 'confirmed')
    await move(analyst, await id(3), 'false_positive', because)
    await move(analyst, await id(4), 'resolved', { resolution: 'mitigated' })
    await move(analyst, await id(5), 'resolved', { resolution: 'fixed' })
    await move(analyst, await id(6), 'not_affected', { ...because, justification: 'requires_dependency' })
    const told = await give(viewer, format, numbers)
    assert.equal(told.status, 200, told.text)
    assert.equal(told.headers.get('content-type'), types[format])
    assert.match(told.headers.get('content-disposition')!, /^attachment; filename="nexus\.\w+/)
    // Two of them by their assets, and of the third one for both.
    assert.deepEqual([told.headers.get('x-statements'), told.headers.get('x-left-out')], ['10', '0'])
    const document = JSON.parse(told.text)
    checks[format](document)
    ahead += 1_000
    const again = JSON.parse((await give(admin, format, numbers)).text)
    const untimed = (of: Json) => ({ ...of, timestamp: null, metadata: null })
    assert.deepEqual(untimed(again), untimed(document))

    const before = await standing(stranger, numbers)
    const trial = await taken(stranger, told.text, '?dry_run=true')
    assert.deepEqual(await standing(stranger, numbers), before, 'a trial writes nothing')
    const done = await taken(stranger, told.text)
    assert.deepEqual(counts(done), { matched: 11, changed: 8, unchanged: 3, refused: 0, unmatched: 0 })
    assert.deepEqual(counts(trial), counts(done))
    assert.deepEqual([done.format, done.author, done.dry_run, trial.dry_run], [format, 'Acme', false, true])
    assert.deepEqual(await standing(stranger, numbers), await standing(admin, numbers))
    const [{ statusReason }] = (await findings(stranger, [from + 3])) as [Found]
    assert.match(statusReason!, /^VEX urn:uuid:[0-9a-f-]{36} by Acme: Looked at$/)
    assert.deepEqual(counts(await taken(stranger, told.text)), {
      ...{ matched: 11, changed: 0, unchanged: 11, refused: 0, unmatched: 0 },
    })
  })

const statement = (number: number, status: string, at: string, more: object = {}) => ({
  ...{ vulnerability: { name: cve(number) }, products: [{ '@id': purl(number) }], timestamp: at, status },
  ...(status === 'affected' && { action_statement: 'Update.' }),
  ...(status === 'not_affected' && { justification: 'vulnerable_code_not_present' }),
  ...more,
})
const vendor = (...statements: object[]) => ({
  ...{ '@context': 'https://openvex.dev/ns/v0.2.0', '@id': 'https://vendor.example/1', author: 'Vendor' },
  ...{ timestamp: '2031-01-01T00:00:00Z', version: 1, statements },
})
const when = (ms: number) => new Date(Date.now() + ahead + ms).toISOString()
const refusals = ({ items }: Json) =>
  items
    .filter((each: Json) => each.outcome === 'refused')
    .map(({ code, message }: Json) => `${code} ${message}`)

test('somebody’s own later word stays, and a later statement counts from when it was made', async () => {
  await scan(admin, 'words:1', [3_001, 3_002, 3_003])
  const { id } = await one(admin, 3_001)
  await move(analyst, id, 'not_affected', { justification: 'code_not_present', reason: 'Ours' })
  await move(analyst, id, 'open')
  const older = await taken(analyst, vendor(statement(3_001, 'fixed', when(-day))))
  assert.deepEqual(refusals(older), ['CONFLICT Something else was said of it later'])
  ahead += day
  const newer = await taken(analyst, vendor(statement(3_001, 'fixed', when(-1_000))))
  assert.deepEqual(counts(newer), { matched: 1, changed: 1, unchanged: 0, refused: 0, unmatched: 0 })
  assert.equal((await one(admin, 3_001)).resolution, 'FIXED')
  // Two editions of one document: the second is later than the first, though it was made before that was brought in.
  const first = statement(3_002, 'affected', when(-2 * day))
  const second = statement(3_002, 'not_affected', when(-day))
  assert.equal((await taken(analyst, vendor(first))).changed, 1)
  assert.equal((await taken(analyst, vendor(second))).changed, 1)
  assert.equal((await one(admin, 3_002)).status, 'NOT_AFFECTED')
  assert.deepEqual(refusals(await taken(analyst, vendor(first))), [
    'CONFLICT Something else was said of it later',
  ])
  // One of a time to come is as good as one of now.
  await taken(analyst, vendor(statement(3_003, 'affected', when(400 * day))))
  ahead += day
  assert.equal((await taken(analyst, vendor(statement(3_003, 'fixed', when(-1_000))))).changed, 1)
})

test('what the lifecycle does not allow is refused, and the rest is done', async () => {
  await scan(admin, 'steps:1', [4_001, 4_002, 4_003, 4_004])
  const id = async (number: number) => (await one(admin, number)).id
  await move(analyst, await id(4_001), 'resolved', { resolution: 'fixed' })
  ahead += day
  const done = await taken(
    analyst,
    vendor(
      statement(4_001, 'not_affected', when(0)),
      statement(4_002, 'not_affected', when(0), { justification: undefined, impact_statement: 'No.' }),
      statement(4_003, 'not_affected', when(0), { products: [{ '@id': 'pkg:npm/package-4003@2.0' }] }),
      statement(4_004, 'affected', when(0)),
    ),
  )
  assert.deepEqual(counts(done), { matched: 3, changed: 1, unchanged: 0, refused: 2, unmatched: 1 })
  assert.deepEqual(refusals(done), [
    'ILLEGAL_TRANSITION A finding that is resolved cannot become not_affected',
    'VALIDATION_ERROR Says NOT_AFFECTED without a justification',
  ])
  assert.deepEqual(
    done.items.map(({ statement, outcome }: Json) => `${statement} ${outcome}`),
    [
      '$.statements[0] refused',
      '$.statements[1] refused',
      '$.statements[3] changed',
      '$.statements[2] unmatched',
    ],
  )
})

test('an import is one row of the journal with a digest, and an event for each finding', async () => {
  await scan(admin, 'heard:1', [5_001, 5_002, 5_003])
  const heard = await house.surroundings.events.subscribe(
    acme,
    'vulnerability.updated',
    'vulnerability.resolved',
  )
  const document = vendor(
    statement(5_001, 'affected', when(0)),
    statement(5_002, 'fixed', when(0)),
    statement(5_003, 'under_investigation', when(0)),
  )
  assert.equal((await taken(analyst, { ...document, '@id': 'https://vendor.example/5' })).changed, 2)
  const events = [(await heard.next()).value, (await heard.next()).value]
  await heard.return()
  const known = await Promise.all([one(admin, 5_001), one(admin, 5_002)])
  assert.deepEqual(events.map((each) => `${each?.event} ${each?.vulnerabilityId}`).sort(), [
    `vulnerability.resolved ${known[1].id}`,
    `vulnerability.updated ${known[0].id}`,
  ])
  const { body } = await admin.graphql(
    `{ auditEvents(filter: { subjectId: ["https://vendor.example/5"] }) { edges { node { operation outcome changes } } } }`,
  )
  const [{ node }, ...others] = body.data.auditEvents.edges
  assert.deepEqual([node.operation, node.outcome, others.length], ['importVex', 'DONE', 0])
  const [said, ...rows] = node.changes.filter(({ kind }: Json) => kind !== 'seen')
  const values = Object.fromEntries(said.patch.map(({ path, value }: Json) => [path, value]))
  assert.deepEqual([values['/author'], values['/statements'], values['/changed']], ['Vendor', 3, 2])
  assert.ok('/digest' in values)
  assert.deepEqual(rows.map(({ id }: Json) => id).sort(), known.map(({ id }) => id).sort())
})

test('who may write to some assets changes what is on them; the rest is refused, and others’ is not there', async () => {
  for (const by of [admin, stranger]) {
    await scan(by, 'granted:1', [6_001])
    await scan(by, 'granted:2', [6_001])
  }
  const document = vendor(statement(6_001, 'fixed', when(0)))
  assert.equal((await take(viewer, document)).status, 403)
  const [mine] = (await findings(admin, [6_001])).filter(({ asset }) => asset.name.includes('granted:1'))
  const assetId = (mine as Json).asset.id
  assert.equal((await admin.rest('PUT', `/assets/${assetId}/tags`, { tags: ['vex:mine'] })).status, 200)
  const userId = (await viewer.rest('GET', '/auth/me')).body.data.id
  const grant = { role: 'analyst', tag: 'vex:mine', user_id: userId }
  assert.equal((await manager.rest('POST', '/grants', grant)).status, 201)
  await until(
    'the grant counts',
    5_000,
    async () => (await take(viewer, vendor(), '?dry_run=true')).status === 200,
  )
  const done = await taken(viewer, document)
  assert.deepEqual(counts(done), { matched: 2, changed: 1, unchanged: 0, refused: 1, unmatched: 0 })
  assert.deepEqual(refusals(done), ['FORBIDDEN This needs the permission vulnerabilities:write'])
  assert.equal((await one(admin, 6_001, 'granted:1')).status, 'RESOLVED')
  assert.deepEqual(await Promise.all((await findings(stranger, [6_001])).map(({ status }) => status)), [
    'OPEN',
    'OPEN',
  ])
  const narrow = await taken(admin, document, `?asset_id=${assetId}`)
  assert.deepEqual(counts(narrow), { matched: 1, changed: 0, unchanged: 1, refused: 0, unmatched: 0 })
})

test('a document is refused as a whole, with the place, and nothing of it is done', async () => {
  await scan(admin, 'whole:1', [7_001])
  const bad = vendor(statement(7_001, 'fixed', when(0)), statement(7_001, 'perhaps', when(0)))
  const refused = async (answer: Promise<Answer>) => {
    const { status, body } = await answer
    return [status, body.error.code, body.error.details[0]?.field, body.error.details[0]?.message]
  }
  const words = 'must be one of not_affected, affected, fixed, under_investigation'
  assert.deepEqual(await refused(take(analyst, bad)), [
    ...[400, 'VALIDATION_ERROR', 'document', `$.statements[1].status: ${words}`],
  ])
  assert.deepEqual((await refused(take(analyst, '<html>'))).slice(0, 3), [
    400,
    'VALIDATION_ERROR',
    'document',
  ])
  assert.deepEqual((await refused(take(analyst, vendor(), '?format=cyclonedx'))).slice(2), [
    ...['format', 'The document is openvex'],
  ])
  assert.equal((await take(analyst, 'a'.repeat(1_100_000))).body.error.code, 'PAYLOAD_TOO_LARGE')
  assert.equal((await one(admin, 7_001)).status, 'OPEN')
  // Through the graph a text is no longer than the graph takes.
  const long = JSON.stringify(
    vendor(...Array.from({ length: 400 }, () => statement(7_001, 'fixed', when(0)))),
  )
  assert.ok(long.length > 50_000)
  const mutation = 'mutation ($input: ImportVexInput!) { importVex(input: $input) { matched changed } }'
  const { body } = await analyst.graphql(mutation, { input: { document: long } })
  assert.equal(body.errors[0].extensions.code, 'VALIDATION_ERROR')
  assert.match(body.errors[0].message, /more than 50000 characters in one string/)
  assert.deepEqual(counts(await taken(analyst, long, '?dry_run=true')).changed, 1)
  const short = JSON.stringify(vendor(statement(7_001, 'fixed', when(0))))
  const done = await analyst.graphql(mutation, { input: { document: short } })
  assert.deepEqual(done.body.data.importVex, { matched: 1, changed: 1 })
})

test('a GHSA id finds what is told by a CVE id, and the other way', async () => {
  await scan(admin, 'alias:1', [8_001])
  await owner.query(`update vulns.vulnerabilities set aliases = '{CVE-2037-8001,GHSA-aaaa-bbbb-cccc}'
    where cve_id = 'CVE-2037-8001'`)
  const byGhsa = statement(8_001, 'affected', when(0), { vulnerability: { name: 'ghsa-aaaa-bbbb-cccc' } })
  assert.equal((await taken(analyst, vendor(byGhsa))).changed, 1)
  assert.equal((await taken(analyst, vendor(statement(8_001, 'affected', when(0))))).unchanged, 1)
})

test('what is said by one name of a weakness holds for what is told by another, as far as it is known to be one', async () => {
  const [told, said] = ['CVE-2037-9900', 'GHSA-vexx-vexx-0001']
  await scanNames(admin, trivy('alias:1', [[told, 'aliased']]))
  const document = (names: { name: string; aliases?: string[] }) =>
    JSON.stringify({
      ...{ '@context': 'https://openvex.dev/ns/v0.2.0', '@id': 'urn:alias', author: 'Vendor', version: 1 },
      timestamp: new Date().toISOString(),
      statements: [
        {
          vulnerability: names,
          products: [{ '@id': 'pkg:npm/aliased' }],
          ...{ status: 'not_affected', justification: 'vulnerable_code_not_present' },
        },
      ],
    })
  const withPurl = JSON.parse(trivy('alias:1', [[told, 'aliased']]))
  withPurl.Results[0].Vulnerabilities[0].PkgIdentifier = { PURL: 'pkg:npm/aliased@1.0.0' }
  await scanNames(admin, JSON.stringify(withPurl))
  const into = async () =>
    (await admin.rest('POST', '/vulnerabilities/vex', document({ name: said }))).body.data
  assert.equal((await into()).unmatched, 1, 'nobody has said that they are one')
  await scanNames(admin, grype('alias:2', [[said, 'elsewhere', told]]))
  assert.equal((await into()).changed, 1)
  const [found] = await findingsNamed(admin, 'aliased')
  assert.equal(found.status, 'NOT_AFFECTED')
})

test('a document of nothing is valid, or is refused by a name of its own', async () => {
  const get = (format: string) => admin.rest('GET', `/vulnerabilities/vex?format=${format}&cve_id=CVE-1990-1`)
  const refused = await get('openvex')
  assert.deepEqual([refused.status, refused.body.error.code], [422, 'NOTHING_TO_EXPORT'])
  const empty = await get('cyclonedx')
  assert.equal(empty.status, 200)
  isCyclonedx(JSON.parse(empty.text))
  const { body } = await admin.graphql(
    '{ exportVex(format: OPENVEX, filter: { cveId: ["CVE-1990-1"] }) { document } }',
  )
  assert.equal(body.errors[0].extensions.code, 'NOTHING_TO_EXPORT')
})

test('more findings than one document holds are to be narrowed', async () => {
  await owner.query(`insert into vulns.vulnerabilities (id, organization_id, asset_id, fingerprint, kind, cve_id, aliases, severity, title)
    select gen_random_uuid(), '${acme}', gen_random_uuid(), 'vex-' || i, 'package', 'CVE-2037-9001', '{CVE-2037-9001}', 'low', 'Many'
    from generate_series(1, 10001) i`)
  const told = await give(viewer, 'openvex', [9_001])
  assert.deepEqual([told.status, told.body.error.details[0].field], [400, 'filter'])
  const into = await take(analyst, vendor(statement(9_001, 'fixed', when(0))))
  assert.deepEqual([into.status, into.body.error.details[0].field], [400, 'filter'])
})
