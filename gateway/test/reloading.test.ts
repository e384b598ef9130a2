import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reloading } from './reloading.ts'

test('a hundred supergraphs replace each other while clients ask and listen', async (t) => {
  const { failed, answers, requests, events, seconds, heapMb } = await reloading(100, 8, 5)
  t.diagnostic(JSON.stringify({ requests, events, seconds, heapMb }))
  assert.deepEqual(failed, [])
  assert.ok(answers.known > 50 && answers.unknown > 50)
  assert.equal(events, 50)
  // 80 that were kept would be more.
  assert.ok(heapMb[1] - heapMb[0] < 20, `${heapMb}`)
})
