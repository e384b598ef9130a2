import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formats, parseReport } from '../parsers/index.ts'
import {
  altered,
  assertConsistent,
  findingOf,
  fixture,
  fixtureNames,
  keys,
  parsed,
} from './parsers-vocabulary.ts'

/** Every array of the document in reverse: the order of records says nothing about them. */
function reversed(value: unknown, name = ''): unknown {
  // Rules, extensions, artifacts and message arguments are referred to by index.
  const indexed = ['rules', 'extensions', 'artifacts', 'arguments'].includes(name)
  if (Array.isArray(value)) {
    const items = value.map((item) => reversed(item))
    return indexed ? items : items.reverse()
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, reversed(item, key)]))
}

describe('every format', () => {
  for (const name of fixtureNames) {
    const format = name.endsWith('.sarif') ? 'sarif' : name.split('-', 1)[0]!
    it(`${name} is told by its structure and read the same when named`, () => {
      const report = parsed(name)
      assert.equal(report.format, format)
      assertConsistent(report)
      assert.deepEqual(parseReport(fixture(name), format), report)
      assert.deepEqual(parseReport(`\uFEFF${fixture(name)}\n`, format), report)
    })
    it(`${name} has the same findings whatever the order of its records`, () => {
      const report = parseReport(JSON.stringify(reversed(JSON.parse(fixture(name)))), format)
      assert.deepEqual(keys(report), keys(parsed(name)))
      assert.deepEqual(report.severities, parsed(name).severities)
    })
  }
  it('is listed', () => assert.deepEqual([...formats], ['trivy', 'grype', 'sarif']))
})

describe('identity', () => {
  it('survives another wording, score, severity, line and time', () => {
    const before = parsed('trivy-image.json')
    const after = parsed('trivy-image-next.json')
    const gone = keys(before).filter((key) => !keys(after).includes(key))
    const fresh = keys(after).filter((key) => !keys(before).includes(key))
    assert.deepEqual(
      gone.map((key) => key.split('|')[1]),
      ['CVE-2021-23337', 'CVE-2023-38545'],
    )
    assert.deepEqual(
      fresh.map((key) => key.split('|')[1]),
      ['CVE-2024-2961'],
    )
    assert.equal(findingOf(before, 'CVE-2023-5363').severity, 'high')
    assert.equal(findingOf(after, 'CVE-2023-5363').severity, 'medium')
    assert.equal(findingOf(after, 'CVE-2023-5363').cvssScore, 5.9)
  })

  it('is the same in Trivy and Grype for the same package of the same image', () => {
    const trivy = keys(parsed('trivy-image.json'))
    const shared = keys(parsed('grype-image.json')).filter((key) => trivy.includes(key))
    assert.deepEqual(
      shared.map((key) => key.split('|').slice(1, 3).join(' ')),
      [
        'CVE-2011-3374 pkg:deb/apt',
        'CVE-2021-23337 pkg:npm/lodash',
        'CVE-2021-44228 pkg:maven/org.apache.logging.log4j/log4j-core',
        'CVE-2023-38545 pkg:deb/libcurl4',
        'CVE-2023-4911 pkg:deb/libc6',
        'CVE-2023-5363 pkg:deb/libssl3',
      ],
    )
  })

  it('does not depend on the purl that newer versions of Trivy add', () => {
    const bare = altered('trivy-image.json', (root) => {
      for (const result of root.Results)
        for (const found of result.Vulnerabilities ?? []) delete found.PkgIdentifier
    })
    assert.deepEqual(keys(parseReport(bare)), keys(parsed('trivy-image.json')))
  })

  it('survives an upgrade that leaves the weakness, although the file name carries the version', () => {
    const upgraded = fixture('trivy-image.json').replaceAll('2.14.1', '2.14.9')
    assert.deepEqual(keys(parseReport(upgraded)), keys(parsed('trivy-image.json')))
  })

  it('is the same for the three spellings of a check of Trivy', () => {
    for (const [id, avd] of [
      ['DS002', undefined],
      ['DS-0002', undefined],
      ['DS002', 'AVD-DS-0002'],
    ]) {
      const text = altered('trivy-image.json', (root) => {
        const check = root.Results.at(-1).Misconfigurations[0]
        check.ID = id
        check.AVDID = avd
      })
      assert.deepEqual(keys(parseReport(text)), keys(parsed('trivy-image.json')))
    }
  })

  it('of code does not move with the lines, nor with where the sources were checked out', () => {
    const moved = altered('semgrep.sarif', (root) => {
      root.runs[0].originalUriBaseIds = { '%SRCROOT%': { uri: 'file:///builds/shop/' } }
      for (const result of root.runs[0].results)
        for (const { physicalLocation: place } of result.locations) {
          place.region.startLine += 100
          place.region.snippet.text = `\t  ${place.region.snippet.text}  \n`
          place.artifactLocation.uri = `file:///builds/shop/${place.artifactLocation.uri}`
        }
    })
    assert.deepEqual(keys(parseReport(moved)), keys(parsed('semgrep.sarif')))
  })

  it('tells apart by order what nothing better tells apart, and folds a record that repeats another', () => {
    const report = parsed('semgrep.sarif')
    assert.equal(keys(report).filter((key) => key.includes('md5-used')).length, 2)
    assert.equal(keys(report).filter((key) => key.endsWith('|#2')).length, 1)
    const twice = parseReport(
      altered('semgrep.sarif', (root) => root.runs[0].results.push(...root.runs[0].results)),
    )
    assert.deepEqual(keys(twice), keys(report))
    assert.equal(twice.skipped, report.total)
  })

  it('keeps apart values that only their separators join', () => {
    const named = (pkg: string, id: string) =>
      parseReport(
        JSON.stringify([
          { Target: 'x', Type: 'npm', Vulnerabilities: [{ VulnerabilityID: id, PkgName: pkg }] },
        ]),
      ).findings[0]!.key
    assert.notEqual(named('b|c', 'X-A'), named('c', 'X-A|pkg:npm/b'))
  })
})

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
