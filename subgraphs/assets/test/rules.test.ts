import assert from 'node:assert/strict'
import { test } from 'node:test'
import { difference } from '../rules.ts'

test('a set becomes another one by what is added and what is taken away', () => {
  assert.deepEqual(difference(['a', 'b'], ['b', 'c', 'c']), { added: ['c'], removed: ['a'] })
  assert.deepEqual(difference([], []), { added: [], removed: [] })
  assert.deepEqual(difference(['a'], ['a']), { added: [], removed: [] })
})
