import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseReport } from '../parsers/index.ts'
import { altered, findingOf, parsed } from './parsers-vocabulary.ts'

describe('SARIF', () => {
  it('finds rules in extensions, levels in rules, and bands of security-severity', () => {
    const report = parsed('codeql.sarif')
    assert.equal(report.assetName, 'git.example/shop/gateway')
    assert.deepEqual(report.severities, { critical: 1, high: 3, medium: 1, low: 0, info: 1, unknown: 0 })
    const log = findingOf(report, 'log-injection')
    assert.equal(log.title, 'This entry depends on a header in log.js.')
    assert.deepEqual(log.cwes, ['CWE-117'])
    assert.deepEqual(log.location, { path: 'src/log.js', line: 8 })
  })

  it('counts one record a location, marks suppressed ones, and drops passes', () => {
    const text = altered('codeql.sarif', (root) => {
      const [first] = root.runs[0].results
      first.locations.push({ physicalLocation: { artifactLocation: { uri: 'src/other.js' } } })
    })
    assert.equal(parseReport(text).total, parsed('codeql.sarif').total + 1)
    const suppressed = parsed('semgrep.sarif').findings.filter((finding) => finding.suppressed)
    assert.deepEqual(
      suppressed.map((finding) => finding.ruleId),
      ['generic.secrets.private-key'],
    )
  })

  it('obeys the level that an invocation sets for a rule', () => {
    const text = altered('semgrep.sarif', (root) => {
      root.runs[0].invocations[0].ruleConfigurationOverrides = [
        { descriptor: { id: 'typescript.crypto.md5-used' }, configuration: { level: 'error' } },
      ]
    })
    assert.equal(parseReport(text).severities.info, 0)
  })

  it('reads the package out of the text of a package scanner', () => {
    const report = parsed('trivy-image.sarif')
    assert.equal(report.assetName, 'registry.example/shop/checkout:1.4.2')
    const libc = findingOf(report, '|libc6|')
    assert.equal(libc.kind, 'package')
    assert.equal(libc.cveId, 'CVE-2023-4911')
    assert.deepEqual(libc.component?.version, '2.36-9+deb12u1')
    assert.deepEqual(libc.fixedVersions, ['2.36-9+deb12u3'])
  })

  it('says when a scan did not succeed, and drops credentials from the name of the repository', () => {
    const text = altered('semgrep.sarif', (root) => {
      root.runs[0].invocations[0].executionSuccessful = false
      root.runs[0].versionControlProvenance[0].repositoryUri =
        'https://bot:hunter2@git.example/shop/storefront'
    })
    assert.equal(parseReport(text).complete, false)
    assert.equal(parseReport(text).assetName, 'git.example/shop/storefront')
  })
})
