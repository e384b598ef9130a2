import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Candidate,
  decide,
  decideNamed,
  fingerprintText,
  flapping,
  type Identifier,
  strengthOf,
} from '../rules-identity.ts'
import { normalized } from '../rules-normal.ts'
import type { IdentifierKind } from '../tables.ts'

const seen = (...texts: string[]): Identifier[] =>
  texts.map((text) => {
    const [kind, value] = text.split('=') as [IdentifierKind, string]
    return { kind, value }
  })
const known = (assetId: string, ...texts: string[]): Candidate => ({
  assetId,
  identifiers: seen(...texts).map((each) => ({ ...each, strength: strengthOf[each.kind] })),
})

test('one strong identifier tells the asset, and makes one of those that share it', () => {
  const both = [known('old', 'cloud_id=i-1'), known('new', 'external_id=a:1')]
  const { match, merge, reason } = decide(seen('cloud_id=i-1', 'external_id=a:1'), both)
  assert.deepEqual([match, merge, reason], ['old', ['new'], 'strong_identifier'])
})

test('where a name tells the asset, what else is known finds only what no report has named, and else proposes', () => {
  const report = seen('image_digest=d', 'imported_name=shop:1')
  const inventory = known('inventory', 'image_digest=d')
  const another = known('another', 'image_digest=d', 'imported_name=shop:latest')
  const of = (named: string | null, ...candidates: Candidate[]) => {
    const { match, merge, propose } = decideNamed(report, candidates, named)
    return [match, merge.length, propose.map(({ assetId }) => assetId).join()]
  }
  assert.deepEqual(of('named', inventory, another), ['named', 0, 'inventory,another'])
  assert.deepEqual(of(null, another, inventory), ['inventory', 0, 'another'])
  assert.deepEqual(of(null, another), [null, 0, 'another'])
  // What was another build's tells nothing.
  const old = { ...inventory, identifiers: [{ ...inventory.identifiers[0]!, strength: 'weak' as const }] }
  assert.deepEqual(of(null, old), [null, 0, ''])
})

test('two kinds of medium ones tell it, two of one kind do not', () => {
  const asset = known('a', 'mac=1', 'mac=2', 'hardware_uuid=u')
  assert.equal(decide(seen('mac=1', 'hardware_uuid=u'), [asset]).match, 'a')
  const { match, propose } = decide(seen('mac=1', 'mac=2'), [asset])
  assert.deepEqual([match, propose.map(({ assetId }) => assetId)], [null, ['a']])
})

test('what contradicts keeps apart: another cloud, or another MAC under another name', () => {
  const vm = known('a', 'cloud_id=i-1', 'hardware_uuid=u', 'hardware_serial=s')
  const other = decide(seen('cloud_id=i-2', 'hardware_uuid=u', 'hardware_serial=s'), [vm])
  assert.deepEqual(
    [other.match, other.clash, other.propose],
    [null, [{ assetId: 'a', kind: 'hardware_uuid', value: 'u' }], []],
  )
  const host = known('a', 'hardware_uuid=u', 'mac=1', 'hostname=h')
  assert.equal(decide(seen('hardware_uuid=u', 'mac=2', 'hostname=g'), [host]).clash.length, 1)
  assert.equal(decide(seen('hardware_uuid=u', 'mac=2', 'hostname=h'), [host]).propose.length, 1)
  assert.equal(decide(seen('hardware_uuid=u', 'mac=1', 'hostname=g'), [host]).match, 'a')
})

test('weak ones only propose, to a few, and one that was demoted is weak', () => {
  const many = Array.from({ length: 9 }, (_, index) => known(`a${index}`, 'ip=10.0.0.1'))
  const { match, propose } = decide(seen('ip=10.0.0.1'), many)
  assert.deepEqual([match, propose.length], [null, 5])
  const demoted = {
    assetId: 'a',
    identifiers: [{ ...seen('external_id=x:1')[0]!, strength: 'weak' as const }],
  }
  assert.equal(decide(seen('external_id=x:1'), [demoted]).match, null)
})

test('an identifier that changes hands more than three times an hour is demoted', () => {
  const at = (minutes: number) => new Date(minutes * 60_000)
  let held: { fingerprint: string | null; flappedAt: Date[] } = { fingerprint: null, flappedAt: [] }
  const demoted = [0, 10, 20, 30, 40].map((minutes, index) => {
    const next = flapping(held, index % 2 ? 'b' : 'a', at(minutes))
    held = next
    return next.isDemoted
  })
  assert.deepEqual(demoted, [false, false, false, false, true])
  assert.equal(flapping(held, 'b', at(500)).flappedAt.length, 1)
  assert.deepEqual(flapping(held, null, at(41)).fingerprint, 'a')
})

test('a fingerprint is of what tells machines apart, in any order', () => {
  assert.equal(fingerprintText(seen('cloud_id=i')), null)
  assert.equal(
    fingerprintText(seen('mac=1', 'hostname=h')),
    fingerprintText(seen('hostname=h', 'ip=x', 'mac=1')),
  )
})

test('an identifier has one form, and what tells nothing has none', () => {
  const cases: [IdentifierKind, string, string | null][] = [
    ['mac', '0A-1b.2C:3d4e5f', '0a:1b:2c:3d:4e:5f'],
    ['mac', 'ff:ff:ff:ff:ff:ff', null],
    ['ip', '2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['ip', '127.0.0.1', null],
    ['ip', '10.0.0.256', null],
    ['fqdn', 'Web-01.Example.COM.', 'web-01.example.com'],
    ['fqdn', 'web-01', null],
    ['hostname', 'WEB-01', 'web-01'],
    ['hostname', 'localhost', null],
    ['hardware_uuid', '{4C4C4544-0042-3510-8056-B4C04F4E3132}', '4c4c4544-0042-3510-8056-b4c04f4e3132'],
    ['hardware_uuid', '03000200-0400-0500-0006-000700080009', null],
    ['hardware_serial', ' abc123 ', 'ABC123'],
    ['hardware_serial', 'Default string', null],
    ['image_digest', 'sha256:xyz', null],
    ['cloud_id', '', null],
    ['cloud_id', 'x'.repeat(501), null],
    ['external_id', 'a\u0007b', null],
  ]
  for (const [kind, given, kept] of cases) assert.equal(normalized(kind, given), kept, `${kind} ${given}`)
})
