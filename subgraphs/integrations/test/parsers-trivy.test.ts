import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseReport } from '../parsers/index.ts'
import { altered, findingOf, fixture, keys, parsed } from './parsers-vocabulary.ts'

describe('Trivy', () => {
  it('reads an image: packages, secrets, failed checks', () => {
    const report = parsed('trivy-image.json')
    assert.equal(report.assetName, 'registry.example/shop/checkout:1.4.2')
    assert.equal(report.assetType, 'container_image')
    assert.equal(report.total, 12)
    assert.deepEqual(report.severities, { critical: 4, high: 5, medium: 1, low: 1, info: 0, unknown: 1 })
    const log4j = findingOf(report, 'CVE-2021-44228')
    assert.deepEqual(log4j.ids, ['CVE-2021-44228', 'GHSA-jfh8-c2jp-5v3q'])
    assert.deepEqual(log4j.fixedVersions, ['2.15.0', '2.3.1', '2.12.2'])
    assert.deepEqual(log4j.cwes, ['CWE-20', 'CWE-400', 'CWE-502'])
    assert.equal(log4j.cvssScore, 10)
    assert.equal(log4j.cvss[0]?.source, 'ghsa')
    assert.equal(log4j.component?.purl, 'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1')
    const secret = findingOf(report, 'secret|')
    assert.deepEqual(secret.location, { path: 'root/.aws/credentials', line: 4 })
    assert.ok(!JSON.stringify(secret).includes('****'))
  })

  it('folds two installed versions of one package in one lock file', () => {
    const report = parsed('trivy-legacy.json')
    assert.deepEqual([report.total, report.skipped], [4, 1])
    assert.equal(report.assetName, 'registry.example/shop/legacy:0.9')
    assert.deepEqual(findingOf(report, 'minimist').fixedVersions, ['1.2.6', '0.2.4'])
  })

  it('takes null for the empty report of old versions, and an empty list when it is named', () => {
    assert.equal(parseReport('null').total, 0)
    assert.equal(parseReport('[]', 'trivy').total, 0)
    assert.equal(parseReport('{"SchemaVersion":2,"ArtifactName":"a"}').total, 0)
  })

  it('keeps workloads of a cluster apart, not the tags of their images', () => {
    const report = parsed('trivy-kubernetes.json')
    assert.equal(report.assetName, 'demo-cluster')
    assert.equal(report.total, 6)
    assert.equal(report.skipped, 0)
    const released = fixture('trivy-kubernetes.json').replaceAll(':2.0', ':2.1')
    assert.deepEqual(keys(parseReport(released)), keys(report))
    const failed = altered('trivy-kubernetes.json', (root) => {
      root.Resources[0].Error = 'scan failed'
    })
    assert.equal(parseReport(failed).complete, false)
  })

  it('reads checks, secrets and licences of a repository', () => {
    const report = parsed('trivy-filesystem.json')
    assert.deepEqual(report.tool, { name: 'Trivy', version: '0.68.1' })
    assert.equal(report.findings.filter((finding) => finding.kind === 'config').length, 4)
    assert.equal(findingOf(report, 'license|').component?.name, 'bash')
  })

  it('knows the checks that were passed, which are no records', () => {
    const { checks, findings } = parsed('trivy-image.json')
    const failed = checks.filter((check) => check.result === 'fail')
    assert.deepEqual(
      failed.map((check) => check.key),
      findings.filter((finding) => finding.kind === 'config').map((finding) => finding.key),
    )
    const [passed, ...others] = checks.filter((check) => check.result === 'pass')
    assert.deepEqual([passed?.ruleId, passed?.severity, others], ['DS-0001', 'medium', []])
    assert.deepEqual(parsed('grype-image.json').checks, [])
  })

  it('lets a check that failed at a place not pass there too, and an exception not count', () => {
    const changed = (status: string) => {
      const report = altered('trivy-kubernetes.json', (root) => {
        const found = root.Resources[1].Results[0].Misconfigurations
        found[1].Status = status
      })
      return parseReport(report).checks.map(({ ruleId, result }) => [ruleId, result])
    }
    const rest = [
      ['KSV-0001', 'fail'],
      ['KSV-0014', 'fail'],
    ]
    assert.deepEqual(changed('PASS'), rest)
    assert.deepEqual(changed('EXCEPTION'), rest)
    assert.deepEqual(changed('FAIL'), [rest[0], ...rest])
  })
})
