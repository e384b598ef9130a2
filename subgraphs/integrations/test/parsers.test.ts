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
