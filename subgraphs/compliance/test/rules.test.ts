import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applies, controlsOf, standingOf, statusOf, weightOf } from '../rules.ts'
import type { Tally } from '../tables.ts'

const none: Tally = { pass: 0, fail: 0, warn: 0, error: 0, notApplicable: 0, worst: 0 }
const tally = (some: Partial<Tally>): Tally => ({ ...none, ...some })
const repeated = (some: Partial<Tally>, times: number) => Array.from({ length: times }, () => tally(some))

test('one failure, or one check that could not be run, makes a control fail', () => {
  const vectors: [Partial<Tally>, string][] = [
    [{}, 'not_assessed'],
    [{ notApplicable: 3 }, 'not_assessed'],
    [{ pass: 1, notApplicable: 3 }, 'pass'],
    [{ pass: 1_000, warn: 1 }, 'warn'],
    [{ pass: 1_000, fail: 1 }, 'fail'],
    [{ pass: 1_000, error: 1 }, 'fail'],
    [{ warn: 1, fail: 1 }, 'fail'],
  ]
  for (const [given, status] of vectors) assert.equal(statusOf(tally(given)), status, JSON.stringify(given))
})

test('a control applies unless all that is known of it says otherwise', () => {
  assert.equal(applies(none), true)
  assert.equal(applies(tally({ notApplicable: 1 })), false)
  assert.equal(applies(tally({ notApplicable: 1, pass: 1 })), true)
})

test('a control weighs 10, 6, 3 or 1', () => {
  assert.deepEqual([5, 4, 3, 2, 1, 0].map(weightOf), [10, 6, 3, 1, 1, 1])
})

test('the score is the weighed mean over what was assessed, and the coverage stands apart', () => {
  const critical = tally({ fail: 1, worst: 5 })
  const high = tally({ pass: 4, worst: 4 })
  const medium = tally({ warn: 1, worst: 3 })
  const low = tally({ pass: 1, worst: 2 })
  // (6 · 1 + 3 · 0.5 + 1 · 1) / (10 + 6 + 3 + 1)
  assert.deepEqual(standingOf([critical, high, medium, low, none, tally({ notApplicable: 1 })]), {
    score: 42.5,
    coverage: 80,
    grade: 'f',
    total: 6,
    applicable: 5,
    assessed: 4,
    passed: 2,
    warned: 1,
    failed: 1,
    notAssessed: 1,
  })
})

test('without an assessed control there is no score, and below 80 % no grade', () => {
  const { score, coverage, grade } = standingOf(repeated({}, 5))
  assert.deepEqual([score, coverage, grade], [null, 0, null])
  assert.deepEqual([standingOf([]).score, standingOf([]).coverage], [null, 0])
  const short = standingOf([...repeated({ pass: 1 }, 79), ...repeated({}, 21)])
  assert.deepEqual([short.score, short.coverage, short.grade], [100, 79, null])
  const enough = standingOf([...repeated({ pass: 1 }, 80), ...repeated({}, 20)])
  assert.deepEqual([enough.score, enough.coverage, enough.grade], [100, 80, 'a'])
})

test('grades begin at 90, 80, 70 and 60', () => {
  const graded = (passed: number) =>
    standingOf([...repeated({ pass: 1 }, passed), ...repeated({ fail: 1 }, 100 - passed)]).grade
  const vectors: [number, string][] = [
    [90, 'a'],
    [89, 'b'],
    [80, 'b'],
    [79, 'c'],
    [70, 'c'],
    [69, 'd'],
    [60, 'd'],
    [59, 'f'],
  ]
  for (const [passed, grade] of vectors) assert.equal(graded(passed), grade, `${passed}`)
})

test('a check speaks for one control, or for none', () => {
  const vectors: [ruleId: string, title: string, controls: string[]][] = [
    ['DS-0001', "':latest' tag used", ['PR.PS-01']],
    ['DS-0002', "Image user should not be 'root'", ['PR.AA-05']],
    ['KSV-0001', 'Process can elevate its own privileges', ['PR.AA-05']],
    ['KSV-0012', 'Runs as root user', ['PR.AA-05']],
    ['KSV-0014', 'Root file system is not read-only', ['PR.PS-01']],
    ['AWS-0057', 'IAM policy should avoid use of wildcards', ['PR.AA-05']],
    ['AWS-0086', 'S3 Access block should block public ACL', ['PR.AA-05']],
    ['AWS-0088', 'Unencrypted S3 bucket.', ['PR.DS-01']],
    ['AWS-0054', 'Use of plain HTTP.', ['PR.DS-02']],
    ['AWS-0043', 'Elasticsearch domain should be encrypted in-transit', ['PR.DS-02']],
    ['AWS-0089', 'S3 Bucket Logging', ['PR.PS-04']],
    ['GCP-0027', 'An ingress rule is open to the world', ['PR.PS-01']],
    ['USER-0001', 'A rule of our own about encryption', []],
    ['custom.rule', 'Runs as root user', []],
  ]
  for (const [ruleId, title, controls] of vectors)
    assert.deepEqual(controlsOf({ tool: 'Trivy', ruleId, title }), controls, title)
  assert.deepEqual(controlsOf({ tool: 'Other', ruleId: 'DS-0002', title: 'Runs as root user' }), [])
})
