import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changesRisk, difference, isNamed, lifecycleOf, silentSince } from '../rules.ts'

test('a set becomes another one by what is added and what is taken away', () => {
  assert.deepEqual(difference(['a', 'b'], ['b', 'c', 'c']), { added: ['c'], removed: ['a'] })
  assert.deepEqual(difference([], []), { added: [], removed: [] })
  assert.deepEqual(difference(['a'], ['a']), { added: [], removed: [] })
})

test('what is silent is stale, unless it is retired or was made by hand', () => {
  const before = silentSince(new Date('2026-03-31T00:00:00Z'), 30)
  assert.equal(before.toISOString(), '2026-03-01T00:00:00.000Z')
  const seen = (time: string) => ({
    lifecycle: 'active' as const,
    isManual: false,
    lastSeenAt: new Date(time),
  })
  assert.equal(lifecycleOf(seen('2026-03-01T00:00:00Z'), before), 'active')
  assert.equal(lifecycleOf(seen('2026-02-28T23:59:59Z'), before), 'stale')
  assert.equal(lifecycleOf({ ...seen('2020-01-01T00:00:00Z'), isManual: true }, before), 'active')
  assert.equal(lifecycleOf({ ...seen('2020-01-01T00:00:00Z'), lifecycle: 'retired' }, before), 'retired')
})

test('a score is found anew where what it is made of has changed', () => {
  const asset = { criticality: 'high', exposure: 'internal', lifecycle: 'active' } as const
  assert.equal(changesRisk(asset, asset), false)
  for (const change of [{ criticality: 'low' }, { exposure: 'internet' }, { lifecycle: 'retired' }] as const)
    assert.equal(changesRisk(asset, { ...asset, ...change }), true)
})

test('a name has letters, and nothing that nobody sees', () => {
  assert.ok(isNamed('web-01 ü'))
  for (const name of ['', 'a\nb', 'a\u2028b', 'x'.repeat(256)]) assert.ok(!isNamed(name), name)
})
