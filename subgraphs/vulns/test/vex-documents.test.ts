/** VEX documents: as we write them, as others write them, and as nobody should. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { NexusError } from '#kit/errors.ts'
import type { Claim } from '../model/vex/claim.ts'
import { documentOf } from '../model/vex/export.ts'
import { matching } from '../model/vex/match.ts'
import { readVex } from '../model/vex/read.ts'
import type { VulnerabilityRow } from '../tables.ts'
import { isCyclonedx, isOpenvex } from './vex-schema.ts'

const time = (day: number) => new Date(Date.UTC(2031, 0, day))
const row = (number: number, of: Partial<VulnerabilityRow> = {}) =>
  ({
    ...{ id: `f${number}`, assetId: 'asset-1', cveId: `CVE-2031-${number}`, aliases: [`CVE-2031-${number}`] },
    component: { name: 'left', version: '1.0', purl: 'pkg:npm/left@1.0', path: null },
    ...{ location: null, ruleId: null, status: 'open', justification: null, resolution: null },
    ...{ statusReason: null, statusAt: null, resolvedAt: null, firstSeenAt: time(1), fixedVersions: [] },
    ...{ remediation: null, acceptedFrom: null, acceptedUntil: null, mergedInto: null },
    ...of,
  }) as VulnerabilityRow
const notAffected = (reason: string) => ({
  ...{ status: 'not_affected' as const, justification: 'protected_by_compiler' as const },
  ...{ statusReason: reason, statusAt: time(5) },
})
const rows = [
  row(1, notAffected('Built with a canary.')),
  row(2, { status: 'false_positive', statusReason: 'Another product', statusAt: time(4) }),
  row(3, { status: 'resolved', resolution: 'mitigated', resolvedAt: time(6) }),
  row(4, { status: 'in_remediation', fixedVersions: ['1.1', '2.0'], statusAt: time(3) }),
  row(5, { component: { name: 'odd name', version: null, purl: null, path: null } }),
  row(6, { component: null, location: { path: 'src/a b.c', line: 3 } }),
  // One package on two assets, of which one is something else.
  row(7, notAffected('Here.')),
  row(7, { id: 'f7b', assetId: 'asset-2' }),
  row(8, { aliases: ['GHSA-b', 'CVE-2031-8', 'GHSA-a'] }),
  row(8, {
    id: 'f8b',
    assetId: 'asset-2',
    aliases: ['GHSA-b', 'CVE-2031-8', 'GHSA-a'],
    firstSeenAt: time(2),
  }),
  row(9, { cveId: null, aliases: [] }),
]
const assets = new Map([
  ['asset-1', 'web 01'],
  ['asset-2', 'db/01'],
])
const told = (format: 'openvex' | 'cyclonedx', at = time(9), of = rows) =>
  documentOf(of, { format, author: 'Acme', assets, at })

for (const format of ['openvex', 'cyclonedx'] as const)
  test(`a ${format} document is one by its specification, and comes back as it was said`, () => {
    const { document, ...about } = told(format)
    assert.deepEqual([about.statements, about.findings, about.leftOut], [9, 10, 1])
    const parsed = JSON.parse(document)
    if (format === 'openvex') isOpenvex(parsed)
    else isCyclonedx(parsed)
    const read = readVex(document, null)
    assert.deepEqual([read.format, read.author, read.claims.length], [format, 'Acme', 9])
    const { claimFor } = matching(read.claims, assets, false)
    for (const each of rows.slice(0, -1)) {
      const claim = claimFor(each)
      assert.ok(claim?.word, each.id)
      const { status, justification, resolution } = each
      assert.deepEqual(claim.word, { status, justification, resolution }, each.id)
      assert.equal(claim.reason, each.statusReason ?? (status === 'false_positive' ? '' : null), each.id)
    }
    assert.equal(claimFor(rows.at(-1)!), null)
  })

test('the same findings give the same bytes but for the time, in whatever order they come', () => {
  for (const format of ['openvex', 'cyclonedx'] as const) {
    const [one, other] = [told(format), told(format, time(20), rows.toReversed())]
    assert.notEqual(one.document, other.document)
    const [at, later] = [time(9), time(20)].map((each) => each.toISOString())
    assert.equal(one.document.replace(at!, ''), other.document.replace(later!, ''))
    const id = (of: typeof one) => JSON.parse(of.document)['@id'] ?? JSON.parse(of.document).serialNumber
    assert.equal(id(one), id(other))
    assert.notEqual(id(one), id(told(format, time(9), rows.slice(1))))
  }
})

test('what holds wherever a package is, is told by its purl; what differs, by the asset', () => {
  const { statements } = JSON.parse(told('openvex').document)
  const of = (name: string) =>
    statements
      .filter((each: { vulnerability: { name: string } }) => each.vulnerability.name === name)
      .map((each: { products: unknown[] }) => each.products)
  const left = { '@id': 'pkg:npm/left@1.0', identifiers: { purl: 'pkg:npm/left@1.0' } }
  assert.deepEqual(of('CVE-2031-8'), [[left]])
  assert.deepEqual(of('CVE-2031-7'), [
    [{ '@id': 'urn:nexus:asset:db%2F01', subcomponents: [left] }],
    [{ '@id': 'urn:nexus:asset:web%2001', subcomponents: [left] }],
  ])
  assert.deepEqual(of('CVE-2031-5'), [
    [{ '@id': 'urn:nexus:asset:web%2001', subcomponents: [{ '@id': 'urn:nexus:component:odd%20name@' }] }],
  ])
  const [mitigated] = statements.filter(
    (each: { vulnerability: { name: string } }) => each.vulnerability.name === 'CVE-2031-3',
  )
  assert.deepEqual(
    [mitigated.status, mitigated.justification],
    ['not_affected', 'inline_mitigations_already_exist'],
  )
})

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
const shortly = (claims: readonly Claim[]) =>
  claims.map(({ names, word, unclear, at, reason }) => [
    names.join(),
    word ? `${word.status} ${word.justification ?? word.resolution ?? ''}`.trim() : unclear,
    at?.toISOString().slice(0, 10) ?? null,
    reason,
  ])

test('OpenVEX of others is read as the specification has it', () => {
  const read = readVex(fixture('vendor.openvex.json'), 'openvex')
  assert.deepEqual(
    [read.id, read.author],
    ['https://vendor.example/vex/2031-7', 'Vendor Security <security@vendor.example>'],
  )
  assert.deepEqual(shortly(read.claims), [
    [
      'CVE-2031-7001,GHSA-7001-7001-7001',
      'not_affected code_not_reachable',
      '2031-03-01',
      'The parser never reads external entities.',
    ],
    ['CVE-2031-7002', 'resolved fixed', '2031-02-01', null],
    ['GHSA-7003-7003-7003', 'confirmed', '2031-03-01', null],
    [
      'CVE-2031-7004',
      'Says NOT_AFFECTED without a justification',
      '2031-03-01',
      'No justification was given.',
    ],
    ['CVE-2031-7005', 'not_affected protected_by_mitigating_control', '2031-03-01', null],
    ['CVE-2031-9999', 'open', '2031-03-01', null],
  ])
  const claim = (chosen: boolean, number: number, purl: string, aliases: string[] = []) =>
    matching(read.claims, new Map(), chosen).claimFor(
      row(number, { aliases, component: { name: 'x', version: null, purl, path: null } }),
    )?.word?.status
  assert.equal(claim(false, 7001, 'pkg:npm/@vendor/parser@1.2.3'), 'not_affected')
  assert.equal(claim(false, 7001, 'pkg:npm/@vendor/parser@1.2.4'), undefined)
  assert.equal(claim(false, 1, 'pkg:npm/@vendor/parser@1.2.3', ['ghsa-7001-7001-7001']), 'not_affected')
  assert.equal(claim(false, 7002, 'pkg:deb/debian/libvendor@9?arch=amd64'), 'resolved')
  assert.equal(claim(false, 7005, 'pkg:npm/inner@4.0.0'), undefined, 'within a product that nobody named')
  assert.equal(claim(true, 7005, 'pkg:npm/inner@4.0.0'), 'not_affected')
})

test('CycloneDX of others is read, of components within components and of links to other documents', () => {
  const read = readVex(fixture('vendor.vex.cdx.json'), null)
  assert.deepEqual([read.id, read.author], ['urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79', 'Vendor PSIRT'])
  assert.deepEqual(shortly(read.claims), [
    ['CVE-2031-8001', 'not_affected protected_at_perimeter', '2031-03-01', 'A firewall stands before it.'],
    ['SNYK-1,CVE-2031-8002', 'false_positive', '2031-02-02', null],
    ['CVE-2031-8003', 'resolved fixed', '2031-03-01', null],
    ['CVE-2031-8004', 'Names a range of versions, which is not compared', '2031-03-01', null],
  ])
  const claim = (number: number, purl: string) =>
    matching(read.claims, new Map(), false).claimFor(
      row(number, { component: { name: 'x', version: null, purl, path: null } }),
    )?.word?.status
  assert.equal(claim(8001, 'pkg:maven/example/inner@2.0'), 'not_affected')
  assert.equal(claim(8002, 'pkg:pypi/some-package@3'), 'false_positive')
  assert.equal(claim(8003, 'pkg:maven/example/outer@1.0'), 'resolved')
  assert.equal(claim(8003, 'pkg:maven/example/outer@1.1'), undefined)
})

test('of several statements the latest holds, and of the same time the last', () => {
  const statement = (status: string, timestamp: string, purl = 'pkg:npm/left') => ({
    ...{ vulnerability: { name: 'CVE-2031-1' }, products: [{ '@id': purl }], timestamp, status },
    ...(status === 'affected' && { action_statement: 'Update.' }),
  })
  const last = (...statements: object[]) => {
    const read = readVex(
      JSON.stringify({
        ...{ '@context': 'https://openvex.dev/ns/v0.2.0', '@id': 'urn:a:b', author: 'A', version: 1 },
        ...{ timestamp: '2031-01-01T00:00:00Z', statements },
      }),
      null,
    )
    return matching(read.claims, assets, false).claimFor(row(1))?.place
  }
  const [early, late] = ['2031-01-01T00:00:00Z', '2031-02-01T00:00:00Z']
  assert.equal(last(statement('affected', late), statement('fixed', early)), '$.statements[0]')
  assert.equal(
    last(statement('affected', early, 'pkg:npm/left@1.0'), statement('fixed', late)),
    '$.statements[1]',
  )
  assert.equal(last(statement('affected', early), statement('fixed', early)), '$.statements[1]')
})

const openvex = (of: object) => ({
  ...{ '@context': 'https://openvex.dev/ns/v0.2.0', '@id': 'urn:a:b', author: 'A', version: 1 },
  ...{ timestamp: '2031-01-01T00:00:00Z', statements: [] },
  ...of,
})
const statement = (of: object) =>
  openvex({ statements: [{ vulnerability: { name: 'CVE-1' }, status: 'fixed', products: [], ...of }] })
const bom = (of: object) => ({ bomFormat: 'CycloneDX', specVersion: '1.6', ...of })
const deep = (levels: number): object =>
  levels === 0 ? {} : { 'bom-ref': String(levels), components: [deep(levels - 1)] }
const many = (count: number) => Array.from({ length: count }, () => ({}))

const hostile: [what: string, document: unknown, message: RegExp][] = [
  ['no JSON', '{', /no JSON/],
  ['nothing', '', /no JSON/],
  ['a list', [], /^\$: must be an object/],
  ['a truth', true, /^\$: must be an object/],
  ['lists in lists', '['.repeat(200_000), /no JSON/],
  ['another format', { document: { category: 'csaf_vex' } }, /neither OpenVEX nor CycloneDX/],
  ['its context inherited', '{"__proto__":{"@context":"https://openvex.dev/ns/v0.2.0"}}', /neither/],
  ['a version to come', openvex({ '@context': 'https://openvex.dev/ns/v9' }), /@context: must be/],
  [
    'a version of CycloneDX to come',
    bom({ specVersion: '2.0' }),
    /specVersion: must be one of 1.4, 1.5, 1.6/,
  ],
  ['a version that is a number', bom({ specVersion: 1.6 }), /specVersion: must be a text/],
  ['no author', openvex({ author: ' ' }), /author: is wanted/],
  ['no time', openvex({ timestamp: null }), /timestamp: is wanted/],
  ['a time that is none', openvex({ timestamp: '2031-13-01T00:00:00Z' }), /timestamp: must be a time/],
  ['a time in words', openvex({ timestamp: 'Jan 1, 2031' }), /timestamp: must be a time/],
  ['statements that are one', openvex({ statements: {} }), /statements: must be a list/],
  ['a statement that is a text', openvex({ statements: ['a'] }), /statements\[0\]: must be an object/],
  [
    '100,000 statements',
    openvex({ statements: many(100_000) }),
    /statements: at most 10000, and there are 100000/,
  ],
  ['a weakness that is a text', statement({ vulnerability: 'CVE-1' }), /vulnerability: must be an object/],
  ['another status', statement({ status: 'maybe' }), /statements\[0\]\.status: must be one of not_affected/],
  ['an inherited status', statement({ status: '__proto__' }), /status: must be one of/],
  ['no justification', statement({ status: 'not_affected' }), /wants a justification or an impact/],
  ['another justification', statement({ justification: 'because' }), /justification: must be one of/],
  ['NUL', statement({ status_notes: 'a\0b' }), /status_notes: must be of whole characters/],
  ['half a character', statement({ impact_statement: '\ud800' }), /impact_statement: must be of whole/],
  ['a long text', statement({ impact_statement: 'a'.repeat(10_001) }), /at most 10000 characters/],
  [
    'aliases that are numbers',
    statement({ vulnerability: { name: 'a', aliases: [1] } }),
    /aliases\[0\]: must be/,
  ],
  ['products that are texts', statement({ products: ['pkg:npm/a'] }), /products\[0\]: must be an object/],
  [
    'very many pairs',
    statement({
      vulnerability: { name: 'a', aliases: Array.from({ length: 99 }, (_, index) => `b${index}`) },
      products: many(1_000).map(() => ({ '@id': 'pkg:npm/a' })),
    }),
    /at most 50000 pairs/,
  ],
  ['components very deep', bom({ components: [deep(200)] }), /components: at most 50000, 50 deep/],
  [
    'another state',
    bom({ vulnerabilities: [{ id: 'a', analysis: { state: 'x' } }] }),
    /analysis\.state: must be/,
  ],
  [
    'no reference',
    bom({ vulnerabilities: [{ id: 'a', analysis: { state: 'resolved' }, affects: [{}] }] }),
    /ref: is/,
  ],
  ['more than a mebibyte', bom({ a: 'a'.repeat(1_100_000) }), /At most 1048576 bytes/],
]
test('what is no document is refused, with the place', () => {
  for (const [what, document, message] of hostile) {
    const given = typeof document === 'string' ? document : JSON.stringify(document)
    const refused = (error: unknown) => {
      assert.ok(error instanceof NexusError, `${what}: ${error}`)
      assert.deepEqual([error.code, error.details[0]?.field], ['VALIDATION_ERROR', 'document'], what)
      assert.match(error.details[0]!.message, message, what)
      return true
    }
    assert.throws(() => readVex(given, null), refused, what)
  }
  assert.throws(() => readVex(JSON.stringify(openvex({})), 'cyclonedx'), { code: 'VALIDATION_ERROR' })
  assert.equal(({} as Record<string, unknown>)['@context'], undefined)
})

test('a document of the largest size is read and matched in a moment', () => {
  const statements = Array.from({ length: 8_000 }, (_, index) => ({
    ...{ vulnerability: { name: 'CVE-2031-1' }, products: [{ '@id': `pkg:npm/left@${index}` }] },
    ...{ status: 'fixed' },
  }))
  const read = readVex(JSON.stringify(openvex({ statements })), null)
  const { claimFor } = matching(read.claims, assets, false)
  let asked = 0
  const counting = {
    ...row(1),
    component: { name: 'left', version: '7', purl: 'pkg:npm/left@7', path: null },
  }
  for (; asked < 10_000; asked++) assert.equal(claimFor(counting)?.place, '$.statements[7]')
  assert.equal(asked, 10_000)
})
