import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { severities } from '#kit/severity.ts'
import { assetRiskOf, bandOf, type RiskInputs, riskOf } from '../rules-risk.ts'
import { criticalities, exposures, reachabilities } from '../tables.ts'

const inputs = (given: Partial<RiskInputs>): RiskInputs => ({
  cvss: null,
  severity: 'unknown',
  epss: null,
  kev: false,
  criticality: 'unknown',
  exposure: 'unknown',
  reachability: 'unknown',
  ...given,
})
const scoreOf = (given: Partial<RiskInputs>) => riskOf(inputs(given)).score

test('the published examples come out as published', () => {
  const worked: [Partial<RiskInputs>, number][] = [
    [{ cvss: 9.8, epss: 0.97, kev: true, criticality: 'critical', exposure: 'internet' }, 100],
    [{ cvss: 9.8, epss: 0.002, criticality: 'medium', exposure: 'internal' }, 43],
    [{ cvss: 7.5, epss: 0.6, criticality: 'high', exposure: 'internet' }, 77],
    [{ cvss: 5.3, epss: 0.01, criticality: 'low', exposure: 'isolated' }, 18],
    [{ cvss: 5.5, kev: true, criticality: 'low', exposure: 'internal' }, 70],
  ]
  for (const [given, score] of worked) assert.equal(scoreOf(given), score, JSON.stringify(given))
})

const asset = (...scores: number[]) =>
  assetRiskOf({
    worst: Math.max(0, ...scores),
    sum: scores.reduce((sum, each) => sum + each, 0),
    count: scores.length,
  }).score

test('an asset is as bad as its worst finding, and a little worse for the others', () => {
  assert.equal(asset(43), 43)
  assert.equal(asset(...Array(10).fill(43)), 49)
  assert.equal(asset(...Array(100).fill(43)), 53)
  assert.equal(asset(95, 20, 20), 97)
  assert.equal(asset(), 0)
})

test('bands begin where they are said to', () => {
  assert.deepEqual([100, 80, 79, 60, 59, 35, 34, 1, 0].map(bandOf), [
    ...['critical', 'critical', 'high', 'high', 'medium', 'medium', 'low', 'low', 'info'],
  ])
})

test('code that is never run lowers the risk, but not of what is exploited', () => {
  assert.ok(scoreOf({ cvss: 9, reachability: 'unreachable' }) < scoreOf({ cvss: 9 }))
  assert.equal(scoreOf({ cvss: 9, kev: true, reachability: 'unreachable' }), scoreOf({ cvss: 9, kev: true }))
})

const tenths = fc.integer({ min: 0, max: 100 }).map((value) => value / 10)
const any: fc.Arbitrary<RiskInputs> = fc.record({
  cvss: fc.option(tenths),
  severity: fc.constantFrom(...severities),
  epss: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  kev: fc.boolean(),
  criticality: fc.constantFrom(...criticalities),
  exposure: fc.constantFrom(...exposures),
  reachability: fc.constantFrom(...reachabilities),
})

test('a score is a whole number from 0 to 100, and its factors add up to it', () => {
  fc.assert(
    fc.property(any, (given) => {
      const { score, factors } = riskOf(given)
      assert.ok(Number.isInteger(score) && score >= 0 && score <= 100)
      assert.equal(
        factors.reduce((sum, { contribution }) => sum + contribution, 0),
        score,
      )
    }),
    { numRuns: 2_000 },
  )
})

test('nothing that is worse lowers a score', () => {
  const ordered = {
    criticality: ['low', 'medium', 'high', 'critical'],
    exposure: ['isolated', 'internal', 'partner', 'internet'],
    severity: ['info', 'low', 'medium', 'high', 'critical'],
  } as const
  fc.assert(
    fc.property(any, tenths, fc.double({ min: 0, max: 1, noNaN: true }), (given, more, epss) => {
      const { score } = riskOf(given)
      const notLower = (change: Partial<RiskInputs>) =>
        assert.ok(riskOf({ ...given, ...change }).score >= score, JSON.stringify([given, change]))
      if (given.cvss !== null) notLower({ cvss: Math.max(given.cvss, more) })
      notLower({ epss: Math.max(given.epss ?? 0, epss) })
      notLower({ kev: true })
      for (const name of ['criticality', 'exposure', 'severity'] as const) {
        const words: readonly string[] = ordered[name]
        const place = words.indexOf(given[name])
        if (place >= 0) for (const worse of words.slice(place)) notLower({ [name]: worse })
      }
    }),
    { numRuns: 2_000 },
  )
})

test('the order of findings says nothing of an asset, and one more never lowers it', () => {
  const scores = fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 50 })
  fc.assert(
    fc.property(scores, fc.integer({ min: 0, max: 100 }), (of, more) => {
      const score = asset(...of)
      assert.ok(score >= 0 && score <= 100)
      assert.equal(asset(...of.toReversed()), score)
      assert.ok(asset(...of, more) >= score)
    }),
    { numRuns: 2_000 },
  )
})
