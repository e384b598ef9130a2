/** Records that stay in their file say what they say when the whole document is held. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openReport } from '../parsers/index.ts'
import { type Source, sourceOfText } from '../parsers/records.ts'
import { fixture, fixtureNames } from './parsers-vocabulary.ts'

/** Reads a report to its end, and counts how often its bytes were asked for once it was open. */
function readThrough(text: string, room = 0) {
  let reads = 0
  const bytes = sourceOfText(text)
  const source: Source = {
    size: bytes.size,
    read: (from, length) => {
      reads += 1
      return bytes.read(from, length)
    },
  }
  const { findings, texts, checks, ...head } = openReport(source, undefined, () => {}, room)
  reads = 0
  const said = { ...head, findings: [...findings()], checks: [...checks()] }
  assert.deepEqual(
    [...texts()].map((each) => JSON.parse(each)),
    said.findings,
  )
  return { said, isWhole: reads === 0 }
}

/** The same document, which has a key twice: its lists have no place that is theirs. */
const withoutPlaces = (text: string) =>
  text.replace('{', '{"Resources": [{"Results": [{"Secrets": [{}]}]}], "Resources": null,')

const large = JSON.stringify({
  SchemaVersion: 2,
  ArtifactName: 'large:1',
  Results: Array.from({ length: 3 }, (_, layer) => ({
    Target: `layer ${layer}`,
    Class: 'lang-pkgs',
    Type: 'npm',
    Vulnerabilities: Array.from({ length: 900 }, (_, n) => ({
      VulnerabilityID: `CVE-2024-${10_000 + (n % 700)}`,
      PkgName: `package-${n % 700}`,
      PkgPath: `layer-${layer}/node_modules/package-${n % 700}`,
      InstalledVersion: '1.0',
      Severity: 'HIGH',
      Description: `Braces } ] and "quotes" \\ of ${n}: ${'ü'.repeat(n)}`,
    })),
  })),
})

for (const [name, text] of [
  ...fixtureNames
    .map((name): [string, string] => [name, fixture(name)])
    .filter(([, text]) => text.trimStart().startsWith('{')),
  ['more than is read at once', large] as const,
])
  test(`read record by record, a document says what it says as a whole: ${name}`, () => {
    const parted = readThrough(text)
    const whole = readThrough(withoutPlaces(text))
    assert.deepEqual(whole.said, parted.said)
    assert.equal(whole.isWhole, true)
    assert.equal(parted.isWhole, parted.said.total === 0)
    // The file is asked for what was in order again, and for nothing else.
    const kept = readThrough(text, 48 << 20)
    assert.deepEqual(kept.said, parted.said)
    assert.equal(kept.isWhole || name.startsWith('trivy'), true)
    assert.deepEqual(readThrough(text, 2_000).said, parted.said)
  })
