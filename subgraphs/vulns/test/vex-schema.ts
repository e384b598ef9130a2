/** What the specifications of OpenVEX 0.2.0 and CycloneDX 1.6 say of a document, as far as we write one. */
import assert from 'node:assert/strict'

type Json = ReturnType<typeof JSON.parse>

const only = (of: Json, at: string, wanted: readonly string[], may: readonly string[]) => {
  for (const name of wanted) assert.ok(Object.hasOwn(of, name), `${at}.${name} is wanted`)
  for (const name of Object.keys(of))
    assert.ok([...wanted, ...may].includes(name), `${at}.${name} is unknown`)
}
const isIri = (value: unknown, at: string) =>
  assert.match(String(value), /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`]+$/i, at)
const isTime = (value: unknown, at: string) =>
  assert.match(String(value), /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/, at)
const isText = (value: unknown, at: string) => assert.ok(typeof value === 'string' && value !== '', at)
const isUnique = (values: Json[], at: string) =>
  assert.equal(
    new Set(values.map((value) => JSON.stringify(value))).size,
    values.length,
    `${at} repeats itself`,
  )
const isOneOf = (value: unknown, words: string, at: string) =>
  assert.ok(words.split(' ').includes(String(value)), `${at} is ${value}`)

const statuses = 'not_affected affected fixed under_investigation'
const reasons =
  'component_not_present vulnerable_code_not_present vulnerable_code_not_in_execute_path vulnerable_code_cannot_be_controlled_by_adversary inline_mitigations_already_exist'

function isComponent(of: Json, at: string, may: readonly string[] = []) {
  only(of, at, ['@id'], ['identifiers', 'hashes', ...may])
  isIri(of['@id'], `${at}.@id`)
  if (of.identifiers) only(of.identifiers, `${at}.identifiers`, [], ['purl', 'cpe22', 'cpe23'])
  if (of.identifiers?.purl) assert.match(of.identifiers.purl, /^pkg:/)
}

export function isOpenvex(of: Json): void {
  only(
    of,
    '$',
    ['@context', '@id', 'author', 'timestamp', 'version', 'statements'],
    [...['role', 'last_updated', 'tooling']],
  )
  assert.equal(of['@context'], 'https://openvex.dev/ns/v0.2.0')
  isIri(of['@id'], '$.@id')
  isText(of.author, '$.author')
  isTime(of.timestamp, '$.timestamp')
  assert.ok(Number.isInteger(of.version) && of.version >= 1)
  assert.ok(of.statements.length >= 1)
  isUnique(of.statements, '$.statements')
  of.statements.forEach((each: Json, index: number) => {
    const at = `$.statements[${index}]`
    only(
      each,
      at,
      ['vulnerability', 'status'],
      [
        ...['@id', 'version', 'timestamp', 'last_updated', 'products', 'supplier', 'status_notes'],
        ...['justification', 'impact_statement', 'action_statement', 'action_statement_timestamp'],
      ],
    )
    only(each.vulnerability, `${at}.vulnerability`, ['name'], ['@id', 'description', 'aliases'])
    isUnique(each.vulnerability.aliases ?? [], `${at}.vulnerability.aliases`)
    isTime(each.timestamp, `${at}.timestamp`)
    isOneOf(each.status, statuses, `${at}.status`)
    if (each.justification) isOneOf(each.justification, reasons, `${at}.justification`)
    if (each.status === 'not_affected')
      assert.notEqual(Boolean(each.justification), Boolean(each.impact_statement), `${at}: one of the two`)
    else assert.ok(!each.justification && !each.impact_statement, at)
    if (each.status === 'affected') isText(each.action_statement, `${at}.action_statement`)
    assert.ok(each.products.length >= 1)
    for (const product of each.products) {
      isComponent(product, `${at}.products`, ['subcomponents'])
      for (const part of product.subcomponents ?? []) isComponent(part, `${at}.products.subcomponents`)
    }
  })
}

const states = 'resolved resolved_with_pedigree exploitable in_triage false_positive not_affected'
const responses = 'can_not_fix will_not_fix update rollback workaround_available'
const justifications =
  'code_not_present code_not_reachable requires_configuration requires_dependency requires_environment protected_by_compiler protected_at_runtime protected_at_perimeter protected_by_mitigating_control'

export function isCyclonedx(of: Json): void {
  only(
    of,
    '$',
    ['bomFormat', 'specVersion'],
    [...['$schema', 'serialNumber', 'version', 'metadata', 'components', 'vulnerabilities']],
  )
  assert.deepEqual([of.bomFormat, of.specVersion], ['CycloneDX', '1.6'])
  assert.equal(of.$schema, 'http://cyclonedx.org/schema/bom-1.6.schema.json')
  assert.match(of.serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
  assert.ok(Number.isInteger(of.version) && of.version >= 1)
  only(of.metadata, '$.metadata', [], ['timestamp', 'tools', 'supplier'])
  isTime(of.metadata.timestamp, '$.metadata.timestamp')
  const all = [...of.components, ...of.vulnerabilities]
  const refs = all.map((each: Json) => each['bom-ref'])
  assert.equal(new Set(refs).size, refs.length, 'references are unique in a document')
  isUnique(of.components, '$.components')
  isUnique(of.vulnerabilities, '$.vulnerabilities')
  for (const component of of.components) {
    only(component, '$.components', ['type', 'name'], ['bom-ref', 'version', 'purl', 'properties'])
    assert.equal(component.type, 'library')
    isText(component.name, '$.components.name')
  }
  const known = new Set(of.components.map((each: Json) => each['bom-ref']))
  of.vulnerabilities.forEach((each: Json, index: number) => {
    const at = `$.vulnerabilities[${index}]`
    only(
      each,
      at,
      ['id', 'analysis', 'affects'],
      [...['bom-ref', 'references', 'recommendation', 'properties']],
    )
    for (const reference of each.references ?? []) only(reference, `${at}.references`, ['id', 'source'], [])
    only(
      each.analysis,
      `${at}.analysis`,
      ['state'],
      [...['justification', 'response', 'detail', 'firstIssued', 'lastUpdated']],
    )
    isOneOf(each.analysis.state, states, `${at}.analysis.state`)
    if (each.analysis.justification) isOneOf(each.analysis.justification, justifications, at)
    for (const word of each.analysis.response ?? []) isOneOf(word, responses, at)
    isTime(each.analysis.lastUpdated, `${at}.analysis.lastUpdated`)
    isUnique(each.affects, `${at}.affects`)
    for (const { ref, ...rest } of each.affects) {
      assert.ok(known.has(ref), `${at}.affects: ${ref}`)
      assert.deepEqual(rest, {})
    }
  })
}
