import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchesOf } from '../parsers/batches.ts'

const sizes = (items: readonly string[], most: number, characters?: number) =>
  [...batchesOf(items, most, characters)].map((batch) => batch.length)

test('batches hold so many items at most, in their order', () => {
  assert.deepEqual([...batchesOf(['a', 'b', 'c'], 2)], [['a', 'b'], ['c']])
  assert.deepEqual(sizes([], 2), [])
  assert.deepEqual(sizes(['a', 'b'], 2), [2])
})

test('and fewer where they are long: no batch is longer than it may be but for a single item', () => {
  const long = 'x'.repeat(98)
  assert.deepEqual(sizes(Array(7).fill(long), 1_000, 300), [3, 3, 1])
  assert.deepEqual(sizes([long, 'y'.repeat(500), long], 1_000, 300), [1, 1, 1])
  // 20,000 findings whose texts are as long as texts may be come in questions that are not refused for their length.
  const batches = [...batchesOf(Array(700).fill('x'.repeat(30_000)), 2_000)]
  assert.deepEqual(new Set(batches.slice(0, -1).map(({ length }) => length)), new Set([279]))
})
