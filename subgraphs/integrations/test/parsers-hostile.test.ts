import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseReport } from '../parsers/index.ts'
import { ReportError } from '../parsers/report.ts'
import { altered, assertConsistent, fixture, fixtureNames, parsed, refusal } from './parsers-vocabulary.ts'

describe('a file that is refused', () => {
  const cases: [string, string, string | undefined, string, RegExp][] = [
    ['nothing', '', undefined, 'REPORT_EMPTY', /empty/],
    ['white space', '\uFEFF \n\t', 'trivy', 'REPORT_EMPTY', /empty/],
    ['prose', 'no findings today', undefined, 'REPORT_NOT_JSON', /not valid JSON/],
    ['XML', '<?xml version="1.0"?><a/>', undefined, 'REPORT_NOT_JSON', /XML/],
    ['JSON lines', '{"a":1}\n{"a":2}\n', undefined, 'REPORT_NOT_JSON', /More data/],
    ['an object of nobody', '{"hello":1}', undefined, 'REPORT_UNKNOWN_FORMAT', /trivy, grype, sarif/],
    ['an empty list, unnamed', '[]', undefined, 'REPORT_UNKNOWN_FORMAT', /no known format/],
    ['a number', '7', undefined, 'REPORT_UNKNOWN_FORMAT', /no known format/],
    ['a format of nobody', '{}', 'nessus', 'REPORT_UNKNOWN_FORMAT', /"nessus"/],
    ['a prototype for a format', '{}', '__proto__', 'REPORT_UNKNOWN_FORMAT', /known format/],
    ['SARIF named Trivy', fixture('semgrep.sarif'), 'trivy', 'REPORT_WRONG_FORMAT', /Trivy.*SARIF/],
    ['Trivy named Grype', fixture('trivy-image.json'), 'grype', 'REPORT_WRONG_FORMAT', /Grype.*Trivy/],
    ['another object named Grype', '{"a":1}', 'grype', 'REPORT_WRONG_FORMAT', /Grype/],
    ['a future Trivy', '{"SchemaVersion":3,"Results":[]}', undefined, 'REPORT_UNSUPPORTED_VERSION', /3/],
    ['an old SARIF', '{"version":"2.0.0","runs":[]}', undefined, 'REPORT_UNSUPPORTED_VERSION', /2\.0\.0/],
    ['failed SARIF runs', '{"version":"2.1.0","runs":null}', 'sarif', 'REPORT_INVALID', /\$\.runs/],
  ]
  for (const [what, text, format, code, message] of cases)
    it(`${what}: ${code}`, () => {
      const error = refusal(text, format)
      assert.equal(error.code, code)
      assert.match(error.message, message)
    })

  it('is named by the path of the first value that does not fit', () => {
    const broken = altered('trivy-image.json', (root) => {
      root.Results[0].Vulnerabilities[3].PkgName = 12
    })
    assert.match(refusal(broken).message, /\$\.Results\[0\]\.Vulnerabilities\[3\]\.PkgName/)
    assert.equal(refusal(broken).format, 'trivy')
    const anonymous = altered('grype-image.json', (root) => {
      delete root.matches[2].vulnerability.id
    })
    assert.match(refusal(anonymous).message, /\$\.matches\[2\]\.vulnerability\.id/)
    const scalar = altered('semgrep.sarif', (root) => {
      root.runs[0].results[1] = 'x'
    })
    assert.match(refusal(scalar).message, /\$\.runs\[0\]\.results\[1\]/)
    const elsewhere = altered('semgrep.sarif', (root) => {
      root.runs[0].externalPropertyFileReferences = { results: [{ location: { uri: 'more.sarif' } }] }
    })
    assert.match(refusal(elsewhere).message, /another file/)
  })

  it('is called truncated wherever it was cut', () => {
    for (const name of fixtureNames) {
      const text = fixture(name).trimEnd()
      for (let end = 1; end < text.length; end += 1 + Math.floor(text.length / 400))
        assert.equal(refusal(text.slice(0, end)).code, 'REPORT_TRUNCATED', `${name} cut at ${end}`)
    }
  })
})

describe('hostile content', () => {
  it('loses NUL and half surrogate pairs, and is cut to size', () => {
    const text = altered('trivy-image.json', (root) => {
      const [found] = root.Results[0].Vulnerabilities
      found.Title = `a\u0000b\ud800c${'x'.repeat(100_000)}`
      found.Description = `\udc00${'\u{1F600}'.repeat(50_000)}`
      found.References = Array.from({ length: 500 }, (_, i) => `https://e.example/${i}`).concat(
        'javascript:alert(1)',
      )
      found.CVSS = { nvd: { V3Vector: 'CVSS:3.1/AV:N' }, bad: { V3Vector: 'CVSS:3.1/AV:Q/AC:L' } }
    })
    const report = parseReport(text)
    assertConsistent(report)
    assert.match(report.findings[0]!.title, /abcxxx/)
    assert.deepEqual(report.findings[0]!.cvss, [])
    assert.equal(report.findings[0]!.cvssScore, null)
  })

  it('cannot reach a prototype', () => {
    for (const name of fixtureNames) {
      const poisoned = fixture(name).replace(
        '{',
        '{"__proto__":{"polluted":1},"constructor":{"prototype":{}},',
      )
      assert.deepEqual(parseReport(poisoned), parsed(name))
    }
    assert.equal(Reflect.get({}, 'polluted'), undefined)
    const odd =
      '{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Target":"t","Type":"constructor","Vulnerabilities":[{"VulnerabilityID":"__proto__","PkgName":"toString","Severity":"constructor","CVSS":{"__proto__":{"V3Vector":"x"}}}]}]}'
    assertConsistent(parseReport(odd))
  })

  it('does not make the parsers slow', () => {
    const long = ['[', '/', '../', 'CVE-', 'cwe-0', 'Package: ', '{0}', '|', '\\', 'a@'].map((part) =>
      part.repeat(20_000),
    )
    const results = long.flatMap((text) =>
      Array.from({ length: 10 }, () => ({
        ruleId: text,
        message: { text },
        properties: { tags: [text], cwe: text },
        locations: [{ physicalLocation: { artifactLocation: { uri: text } } }],
      })),
    )
    const text = JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name: 'x' } }, results }] })
    const started = performance.now()
    assertConsistent(parseReport(text))
    assert.ok(performance.now() - started < 5000)
  })
})

type Step = { at: number; value: unknown; how: 'set' | 'delete' | 'double' }

/** Walks to the nth value of a document and sets, deletes or doubles it. */
function mutate(root: unknown, steps: readonly Step[]): unknown {
  const slots: [Record<string, unknown>, string][] = []
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    const holder = value as Record<string, unknown>
    for (const key of Object.keys(holder)) {
      slots.push([holder, key])
      visit(holder[key])
    }
  }
  visit(root)
  for (const { at, value, how } of steps) {
    const [holder, key] = slots[at % slots.length]!
    if (how === 'delete') delete holder[key]
    else if (how === 'double' && Array.isArray(holder)) holder.push(holder[Number(key)])
    else holder[key] = value
  }
  return root
}

const readsOrRefuses = (text: string) => {
  try {
    assertConsistent(parseReport(text))
  } catch (error) {
    if (!(error instanceof ReportError)) throw error
    assert.ok(error.message.length < 400)
  }
}

describe('any file', () => {
  const step = fc.record({
    at: fc.nat(),
    value: fc.jsonValue({ maxDepth: 2, stringUnit: 'binary' }) as fc.Arbitrary<unknown>,
    how: fc.constantFrom('set' as const, 'delete' as const, 'double' as const),
  })
  for (const name of fixtureNames)
    it(`is read in a consistent way or refused: ${name} with values changed`, () => {
      fc.assert(
        fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), (steps) =>
          readsOrRefuses(JSON.stringify(mutate(JSON.parse(fixture(name)), steps))),
        ),
        { numRuns: 300 },
      )
    })
  it('is read in a consistent way or refused: arbitrary text and JSON', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), readsOrRefuses), { numRuns: 500 })
    fc.assert(fc.property(fc.json(), readsOrRefuses), { numRuns: 500 })
  })
})
