import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parseReport } from '../parsers/index.ts'
import type { Finding, Report } from '../parsers/report.ts'
import { ReportError } from '../parsers/report.ts'

export const fixtureNames = [
  'trivy-image.json',
  'trivy-image-next.json',
  'trivy-legacy.json',
  'trivy-kubernetes.json',
  'trivy-filesystem.json',
  'grype-image.json',
  'grype-directory.json',
  'semgrep.sarif',
  'codeql.sarif',
  'trivy-image.sarif',
] as const

export type FixtureName = (typeof fixtureNames)[number]

export const fixture = (name: FixtureName): string =>
  readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')

export const parsed = (name: FixtureName): Report => parseReport(fixture(name))

/** A fixture after a change to its JSON, as text. */
export function altered(name: FixtureName, change: (root: ReturnType<typeof JSON.parse>) => void): string {
  const root = JSON.parse(fixture(name))
  change(root)
  return JSON.stringify(root)
}

export const keys = (report: Report): string[] => report.findings.map((finding) => finding.key).sort()

export function findingOf(report: Report, part: string): Finding {
  const found = report.findings.filter((finding) => finding.key.includes(part))
  assert.equal(found.length, 1, `${part} stands in ${found.length} keys`)
  return found[0]!
}

export function refusal(text: string, format?: string): ReportError {
  try {
    parseReport(text, format)
  } catch (error) {
    assert.ok(error instanceof ReportError, `not a ReportError: ${error}`)
    assert.ok(error.message.length > 10 && error.message.length < 400, error.message)
    return error
  }
  throw new assert.AssertionError({ message: 'the report was accepted' })
}

const severities = ['critical', 'high', 'medium', 'low', 'info', 'unknown']

/** What is true of every report, whatever the file. */
export function assertConsistent(report: Report): void {
  assert.equal(report.findings.length + report.skipped, report.total)
  assert.equal(
    Object.values(report.severities).reduce((sum, count) => sum + count, 0),
    report.total,
  )
  assert.equal(new Set(report.findings.map((finding) => finding.key)).size, report.findings.length)
  assertStorable(report)
  for (const finding of report.findings) {
    assert.ok(finding.key.length > 0 && finding.title.length > 0)
    assert.ok(finding.title.length <= 500)
    assert.ok(severities.includes(finding.severity))
    assert.equal(new Set(finding.ids).size, finding.ids.length)
    if (finding.cveId) assert.equal(finding.ids[0], finding.cveId)
    if (finding.cveId) assert.match(finding.cveId, /^CVE-\d{4}-\d{4,}$/)
    assert.ok(finding.cvssScore === null || (finding.cvssScore >= 0 && finding.cvssScore <= 10))
    for (const cvss of finding.cvss) assert.ok(cvss.score >= 0 && cvss.score <= 10)
    assert.ok(finding.references.length <= 50)
    for (const reference of finding.references) assert.match(reference, /^https?:\/\//i)
    for (const cwe of finding.cwes) assert.match(cwe, /^CWE-[1-9]\d*$/)
    const at = finding.location?.line ?? null
    assert.ok(at === null || (Number.isInteger(at) && at > 0 && at < 2 ** 31))
  }
}

/** PostgreSQL takes neither NUL nor half a surrogate pair. */
function assertStorable(value: unknown): void {
  if (typeof value === 'string') assert.ok(value.isWellFormed() && !value.includes('\0'))
  else if (Array.isArray(value)) for (const item of value) assertStorable(item)
  else if (typeof value === 'object' && value !== null)
    for (const item of Object.values(value)) assertStorable(item)
}
