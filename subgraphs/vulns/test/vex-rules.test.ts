/** The words of VEX, and which package a purl names. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { covers, purlOf, versioned } from '../rules-purl.ts'
import {
  cyclonedxOf,
  fromCyclonedx,
  fromOpenvex,
  isSaid,
  openvexOf,
  saidAt,
  stepOf,
  type Word,
} from '../rules-vex.ts'
import { justifications, statuses } from '../tables.ts'

const words: Word[] = [
  ...statuses
    .filter((status) => status !== 'not_affected' && status !== 'resolved')
    .map((status): Word => ({ status, justification: null, resolution: null })),
  ...justifications.map(
    (justification): Word => ({ status: 'not_affected', justification, resolution: null }),
  ),
  ...(['fixed', 'mitigated', 'asset_retired', 'withdrawn'] as const).map(
    (resolution): Word => ({ status: 'resolved', justification: null, resolution }),
  ),
]

test('every word comes back from both formats as it was said', () => {
  assert.equal(words.length, 18)
  for (const word of words) {
    assert.deepEqual(fromOpenvex(openvexOf(word), word), { word })
    assert.deepEqual(fromCyclonedx(cyclonedxOf(word), word), { word })
  }
})

test('without our own words a statement says what its format says', () => {
  const openvex = words.map((word) => {
    const { status, justification } = openvexOf(word)
    const again = fromOpenvex(openvexOf(word), null)
    return [word.status, status, justification, again.word?.status ?? again.unclear]
  })
  assert.deepEqual(openvex.slice(0, 6), [
    ['open', 'under_investigation', null, 'open'],
    ['confirmed', 'affected', null, 'confirmed'],
    ['in_remediation', 'affected', null, 'confirmed'],
    ['risk_accepted', 'affected', null, 'confirmed'],
    ['false_positive', 'not_affected', null, 'Says NOT_AFFECTED without a justification'],
    ['not_affected', 'not_affected', 'vulnerable_code_not_present', 'not_affected'],
  ])
  assert.deepEqual(
    words.slice(0, 5).map((word) => cyclonedxOf(word).state),
    ['in_triage', 'exploitable', 'exploitable', 'exploitable', 'false_positive'],
  )
  for (const word of words.filter(({ justification }) => justification))
    assert.deepEqual(fromCyclonedx(cyclonedxOf(word), null), { word }, 'CycloneDX has all nine')
})

test('words beside a statement that say something else count for nothing', () => {
  const lie: Word = { status: 'not_affected', justification: 'code_not_present', resolution: null }
  assert.equal(fromOpenvex({ status: 'affected', justification: null }, lie).word?.status, 'confirmed')
  assert.equal(fromCyclonedx({ state: 'exploitable', justification: null }, lie).word?.status, 'confirmed')
})

test('who works on it, or lives with it, has said that it is affected; looking into it undoes nothing', () => {
  const said = (status: (typeof statuses)[number], word: Partial<Word>) =>
    isSaid(
      { status, justification: 'code_not_present' },
      {
        ...{ status: 'open', justification: null, resolution: null },
        ...word,
      },
    )
  assert.ok(said('in_remediation', { status: 'confirmed' }))
  assert.ok(said('risk_accepted', { status: 'confirmed' }))
  assert.ok(said('not_affected', { status: 'open' }))
  assert.ok(!said('open', { status: 'confirmed' }))
  assert.ok(said('not_affected', { status: 'not_affected', justification: 'code_not_present' }))
  assert.ok(!said('not_affected', { status: 'not_affected', justification: 'code_not_reachable' }))
  assert.deepEqual(stepOf({ status: 'risk_accepted', justification: null, resolution: null }).to, 'confirmed')
  assert.deepEqual(stepOf({ status: 'resolved', justification: null, resolution: 'withdrawn' }), {
    ...{ to: 'resolved', justification: null, resolution: 'mitigated' },
  })
})

test('what is resolved was so when it was resolved; what nobody has spoken of, since it was seen', () => {
  const [seen, spoken, ended] = [new Date(1), new Date(2), new Date(3)]
  const row = { firstSeenAt: seen, statusAt: spoken, resolvedAt: ended }
  assert.equal(saidAt({ ...row, status: 'resolved' }), ended)
  assert.equal(saidAt({ ...row, status: 'not_affected', resolvedAt: null }), spoken)
  assert.equal(saidAt({ ...row, status: 'open', statusAt: null, resolvedAt: null }), seen)
})

test('a purl without a version is of all versions, and its qualifiers are wanted', () => {
  const holds = (said: string, found: string, version: string | null = null) =>
    covers(purlOf(said)!, purlOf(found)!, version)
  assert.ok(holds('pkg:npm/%40a/b@1.2', 'pkg:npm/@a/b@1.2'))
  assert.ok(!holds('pkg:npm/%40a/b@1.2', 'pkg:npm/@a/b@1.20'))
  assert.ok(holds('pkg:npm/%40a/b', 'pkg:npm/@a/b@9'))
  assert.ok(holds('pkg:npm/b@1', 'pkg:npm/b', '1'))
  assert.ok(!holds('pkg:npm/b@1', 'pkg:npm/b'))
  assert.ok(holds('pkg:deb/debian/x@1', 'pkg:deb/debian/x@1?arch=amd64&distro=12'))
  assert.ok(holds('pkg:deb/debian/x@1?arch=amd64', 'pkg:deb/debian/x@1?distro=12&arch=amd64'))
  assert.ok(!holds('pkg:deb/debian/x@1?arch=arm64', 'pkg:deb/debian/x@1?arch=amd64'))
  assert.ok(!holds('pkg:deb/debian/x', 'pkg:deb/ubuntu/x'))
  assert.ok(holds('pkg:pypi/Some_Package', 'pkg:pypi/some-package@1'))
  assert.ok(!holds('pkg:maven/a/B', 'pkg:maven/a/b'))
  for (const none of [
    '',
    'npm/b',
    'pkg:',
    'pkg:npm',
    'pkg:npm/',
    'pkg:npm/?a=b',
    `pkg:npm/${'a'.repeat(3_000)}`,
  ])
    assert.equal(purlOf(none), null, none)
  assert.equal(purlOf('pkg:npm/b@%ZZ')?.version, '%ZZ')
  assert.equal(versioned('pkg:deb/debian/x?arch=amd64#a', '1:2'), 'pkg:deb/debian/x@1%3A2?arch=amd64#a')
  assert.equal(versioned('pkg:npm/b@2', '1'), 'pkg:npm/b@2')
})
