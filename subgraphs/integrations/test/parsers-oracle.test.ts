import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parseReport } from '../parsers/index.ts'
import type { Finding, Report } from '../parsers/report.ts'
import { assertConsistent, keys } from './parsers-vocabulary.ts'

/** Public reports with what another importer makes of them; not part of the project. */
const folder = new URL('../../../../shared/data/', import.meta.url)
const oracleFile = new URL('scanners/ORACLE.json', folder)

type Entry = {
  path: string
  expected_count: number
  by_severity?: Record<string, number>
  raw: Record<string, number>
  asserts?: { finding: number; field: string; op: string; value: unknown }[]
  findings?: Listed[]
}
type Listed = {
  severity: string
  ids?: string[]
  component?: string
  version?: string
  file?: string
  line?: number
  vuln_id?: string
}

const rules = {
  unknown: 'upstream has no severity "unknown" and files it under Info',
  merged: 'upstream merges matches of one id, name and version: each match is a record here',
  path: 'upstream keeps the URI or the absolute path, here it is below the root of the sources',
  target: 'upstream takes the target of a cluster report, an image with its tag, for a file path',
  title: 'upstream titles a package finding with id, name and version; titles are free',
}

/** Where the number differs, and by how many records of which severity. */
const differences: Record<string, { rule: keyof typeof rules; more: Record<string, number> }> = {
  'scanners/grype/check_all_fields.json': { rule: 'merged', more: { high: 1 } },
}

const entries: Entry[] = existsSync(oracleFile)
  ? JSON.parse(readFileSync(oracleFile, 'utf8')).filter(({ path }: Entry) =>
      /^scanners\/(trivy|grype|sarif)\//.test(path),
    )
  : []

const rawCount = (raw: Record<string, number>): number =>
  raw.matches ??
  raw.results ??
  (raw.vulns ?? 0) + (raw.misconfig_fail ?? 0) + (raw.secrets ?? 0) + (raw.licenses ?? 0)

const severity = (finding: Finding): string => (finding.severity === 'unknown' ? 'info' : finding.severity)

function samePath(finding: Finding, expected: unknown): boolean {
  const wanted = `/${String(expected).replace(/^file:\/+/, '')}`
  return [finding.location?.path, finding.component?.path].some(
    (path) =>
      path !== null && path !== undefined && (wanted.endsWith(`/${path}`) || `/${path}`.endsWith(wanted)),
  )
}

const v3 = (finding: Finding) => finding.cvss.find((entry) => entry.version.startsWith('3'))

/** Does a finding have the value that upstream asserts? Fields that are not here are presentation. */
const fields: Record<string, (finding: Finding, value: unknown, report: Report) => boolean> = {
  severity: (finding, value) => severity(finding) === String(value).toLowerCase(),
  component_name: (finding, value) => (finding.component?.name ?? null) === value,
  component_version: (finding, value) => (finding.component?.version ?? null) === value,
  'unsaved_vulnerability_ids[0]': (finding, value) => finding.ids.includes(String(value)),
  unsaved_vulnerability_ids: (finding, value) =>
    value === null ? finding.cveId === null : (value as string[]).every((id) => finding.ids.includes(id)),
  vuln_id_from_tool: (finding, value) => [...finding.ids, finding.ruleId].includes(String(value)),
  cwe: (finding, value) =>
    value === 0 ? finding.cwes.length === 0 : finding.cwes.includes(`CWE-${Number(value)}`),
  unsaved_cwes: (finding, value) =>
    finding.cwes.length === ((value as number[] | null) ?? []).length &&
    ((value as number[] | null) ?? []).every((cwe) => finding.cwes.includes(`CWE-${cwe}`)),
  file_path: (finding, value) => samePath(finding, value) || / \([a-z]+ [\d.]+\)$/.test(String(value)),
  line: (finding, value) => finding.location?.line === value,
  cvssv3: (finding, value) => (v3(finding)?.vector ?? null) === value,
  cvssv3_score: (finding, value) =>
    value === null ? v3(finding) === undefined : (v3(finding)?.score ?? finding.cvssScore) === value,
  fix_version: (finding, value) =>
    value === null ? finding.fixedVersions.length === 0 : finding.fixedVersions.includes(String(value)),
  fix_available: (finding, value) => finding.fixedVersions.length > 0 === (value !== false),
  mitigation: (finding, value) =>
    value === null
      ? finding.fixedVersions.length === 0
      : finding.remediation === value || finding.fixedVersions.every((fix) => String(value).includes(fix)),
  title: (finding, value, report) =>
    report.format !== 'sarif' || finding.title.startsWith(String(value).replace(/ \[\.\.\.\]$/, '')),
  references: (finding, value) =>
    String(value)
      .split('\n')
      .every((one) => !/^https?:/.test(one) || finding.references.includes(one)),
  active: (finding, value, report) => report.format !== 'sarif' || finding.suppressed === (value === false),
}

function describeFinding(listed: Listed): [string, unknown][] {
  const ids = listed.ids?.filter(Boolean) ?? []
  return [
    ['severity', listed.severity],
    ...(listed.component ? [['component_name', listed.component] as [string, unknown]] : []),
    ...(listed.version ? [['component_version', listed.version] as [string, unknown]] : []),
    ...(ids[0] ? [['unsaved_vulnerability_ids[0]', ids[0]] as [string, unknown]] : []),
    ...(listed.file ? [['file_path', listed.file] as [string, unknown]] : []),
    ...(listed.line ? [['line', listed.line] as [string, unknown]] : []),
    ...(listed.vuln_id ? [['vuln_id_from_tool', listed.vuln_id] as [string, unknown]] : []),
  ]
}

function assertFound(report: Report, wanted: [string, unknown][], what: string): void {
  const known = wanted.filter(([field]) => Object.hasOwn(fields, field))
  const found = report.findings.some((finding) =>
    known.every(([field, value]) => fields[field]!(finding, value, report)),
  )
  assert.ok(found, `${what}: no finding has ${JSON.stringify(known)}`)
}

describe('reports of the open set', {
  skip: entries.length === 0 ? 'the folder ../shared/data is not here' : false,
}, () => {
  for (const entry of entries)
    describe(entry.path, () => {
      const text = readFileSync(new URL(entry.path, folder), 'utf8')
      const report = parseReport(text)
      const difference = differences[entry.path]

      it(`has the number of records${difference ? ` (${rules[difference.rule]})` : ''}`, () => {
        assertConsistent(report)
        assert.equal(report.total, difference ? rawCount(entry.raw) : entry.expected_count)
        assert.equal(report.format, entry.path.split('/')[1])
      })

      it(`has the severities (${rules.unknown})`, () => {
        const { unknown, info, ...others } = report.severities
        const counts: Record<string, number> = { ...others, info: info + unknown }
        for (const name of Object.keys(counts)) {
          const upstream = entry.by_severity?.[name[0]!.toUpperCase() + name.slice(1)] ?? 0
          assert.equal(counts[name], upstream + (difference?.more[name] ?? 0), name)
        }
      })

      it(`has what upstream asserts and found (${rules.path}; ${rules.target}; ${rules.title})`, () => {
        const asserted = Map.groupBy(entry.asserts ?? [], ({ finding }) => finding)
        for (const [index, list] of asserted)
          assertFound(
            report,
            list.map(({ field, value, op }): [string, unknown] => [field, op === 'is true' ? true : value]),
            `finding ${index}`,
          )
        for (const [index, listed] of (entry.findings ?? []).entries())
          assertFound(report, describeFinding(listed), `listed ${index}`)
      })

      it('has the same keys when its records come in another order', () => {
        const again = JSON.parse(text, (name, value) =>
          Array.isArray(value) && ['matches', 'results', 'Results', 'Vulnerabilities'].includes(name)
            ? value.reverse()
            : value,
        )
        assert.deepEqual(keys(parseReport(JSON.stringify(again))), keys(report))
      })
    })
})
