import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closableStatuses, contentText, fingerprintText, isOpen, openStatuses, outcomeOf } from '../rules.ts'
import { type Observed, statuses } from '../tables.ts'

const observed: Observed = {
  kind: 'package',
  cveId: 'CVE-2024-1',
  aliases: ['CVE-2024-1'],
  cwes: [],
  ruleId: null,
  severity: 'high',
  cvss: [],
  cvssScore: 7.5,
  cvssVector: null,
  title: 'A title',
  description: null,
  remediation: null,
  component: { name: 'a', version: '1', purl: null, path: null },
  location: null,
  fixedVersions: [],
  links: [],
}

test('an accepted risk is open, and only a person closes what a person has judged', () => {
  assert.ok(isOpen('risk_accepted'))
  for (const status of ['false_positive', 'not_affected', 'resolved'] as const) assert.ok(!isOpen(status))
  assert.deepEqual(
    statuses.filter((status) => openStatuses.includes(status) && !closableStatuses.includes(status)),
    ['risk_accepted'],
  )
})

test('a scan is compared with what it said itself before', () => {
  const known = { id: 'x', status: 'open', contentHash: 'a', runId: null } as const
  assert.equal(outcomeOf(known, 'a'), 'unchanged')
  assert.equal(outcomeOf(known, 'b'), 'updated')
  assert.equal(outcomeOf({ ...known, contentHash: null }, 'a'), 'updated')
  assert.equal(outcomeOf({ ...known, status: 'resolved' }, 'a'), 'reopened')
  assert.equal(outcomeOf({ ...known, status: 'false_positive' }, 'a'), 'unchanged')
})

test('the fingerprint knows nothing of wording, and the content all of it', () => {
  assert.equal(fingerprintText('asset', 'package', 'key'), 'v1|asset|package|key')
  const turned = { ...observed, component: { path: null, purl: null, version: '1', name: 'a' } }
  assert.equal(contentText(turned), contentText(observed))
  for (const change of [{ title: 'Another' }, { severity: 'low' as const }, { fixedVersions: ['2'] }])
    assert.notEqual(contentText({ ...observed, ...change }), contentText(observed))
})

/** As contents were written first: their digests are kept, and compared with those of today. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, of]) => [key, sorted(of)]),
  )
}

test('the content has everything that is observed, in the order of the alphabet', () => {
  const rating = { version: '3.1', vector: 'CVSS:3.1/AV:N', score: 9.8, source: 'nvd' }
  const full: Observed = {
    ...observed,
    cvss: [rating, { ...rating, statedScore: 9.1 }, { ...rating, statedScore: null }],
    location: { path: 'a.ts', line: 3 },
    component: null,
    description: 'It has "signs" and\nlines',
    ruleId: 'a-rule',
    links: ['https://one.example', 'https://another.example'],
  }
  for (const each of [observed, full, { ...full, location: { path: 'a.ts', line: null } }])
    assert.equal(contentText(each), JSON.stringify(sorted(each)))
})
