import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assetNameOf, batches, judge, scopeOf, silenceMs } from '../rules.ts'

const run = { status: 'running', errorCode: null, errorMessage: null, heartbeatAt: new Date(0) } as const

test('a run that has long said nothing has failed, and one that has ended stays as it is', () => {
  assert.equal(judge(run, new Date(silenceMs - 1)).status, 'running')
  assert.deepEqual(
    [judge(run, new Date(silenceMs)).status, judge(run, new Date(silenceMs)).errorCode],
    ['failed', 'INTERRUPTED'],
  )
  assert.equal(judge({ ...run, status: 'complete' }, new Date(silenceMs * 9)).status, 'complete')
})

test('the asset is the one that was named, else the report’s, else the file’s', () => {
  assert.equal(assetNameOf('named', 'reported', 'file'), 'named')
  assert.equal(assetNameOf(' ', ' reported ', 'file'), 'reported')
  assert.equal(assetNameOf(null, null, 'file'), 'file')
  assert.equal(assetNameOf('x'.repeat(300), null, 'file').length, 255)
})

test('a scope is a format over an asset; batches leave nothing out', () => {
  assert.equal(scopeOf('trivy', 'id'), 'trivy/id')
  assert.deepEqual([...batches([1, 2, 3, 4, 5], 2)], [[1, 2], [3, 4], [5]])
  assert.deepEqual([...batches([], 2)], [])
})
