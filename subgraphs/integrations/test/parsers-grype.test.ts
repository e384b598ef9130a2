import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseReport } from '../parsers/index.ts'
import { findingOf, parsed } from './parsers-vocabulary.ts'

describe('Grype', () => {
  it('takes the only related CVE for the advisory, and no CVE when there are several', () => {
    const image = parsed('grype-image.json')
    const log4j = findingOf(image, 'log4j-core')
    assert.equal(log4j.cveId, 'CVE-2021-44228')
    assert.deepEqual(log4j.ids, ['CVE-2021-44228', 'GHSA-jfh8-c2jp-5v3q'])
    const elsa = findingOf(parsed('grype-directory.json'), 'widget')
    assert.equal(elsa.cveId, null)
    assert.deepEqual(elsa.ids, ['ELSA-2024-0001'])
  })

  it('folds a match by advisory and a match by CVE of the same package', () => {
    const report = parsed('grype-directory.json')
    assert.deepEqual([report.total, report.skipped], [3, 1])
    assert.deepEqual(findingOf(report, 'django').fixedVersions, ['3.2.10'])
  })

  it('leaves out what the user ignored; Negligible is info, Unknown is unknown', () => {
    const report = parsed('grype-image.json')
    assert.equal(report.total, 8)
    assert.ok(!JSON.stringify(report).includes('CVE-2005-2541'))
    assert.equal(findingOf(report, 'CVE-2011-3374').severity, 'info')
    assert.equal(findingOf(report, 'CVE-2023-50495').severity, 'unknown')
    assert.equal(findingOf(report, 'CVE-2011-3374').cvssScore, 3.7)
    assert.equal(findingOf(report, 'GHSA-P6MC').cvss[0]?.version, '4.0')
  })
})

describe('Grype before version 0.11', () => {
  it('is read with its scores, fix and links', () => {
    const vulnerability = {
      id: 'CVE-2020-0001',
      severity: 'High',
      links: ['https://security.example/CVE-2020-0001'],
      cvssV2: { baseScore: 6.8, vector: 'AV:N/AC:M/Au:N/C:P/I:P/A:P' },
      fixedInVersion: '1.2-4',
    }
    const artifact = { name: 'widget', version: '1.2-3', type: 'deb', locations: [], metadata: null }
    const [found] = parseReport(
      JSON.stringify({ matches: [{ vulnerability, artifact, matchDetails: {} }] }),
    ).findings
    assert.equal(found?.cvssScore, 6.8)
    assert.deepEqual(found?.fixedVersions, ['1.2-4'])
    assert.deepEqual(found?.references, ['https://security.example/CVE-2020-0001'])
    assert.equal(found?.key, 'package|CVE-2020-0001|pkg:deb/widget|')
  })
})
