import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assetNameOf, scopeOf } from '../rules.ts'

test('the asset is the one that was named, else the report’s, else the file’s', () => {
  assert.equal(assetNameOf('named', 'reported', 'file'), 'named')
  assert.equal(assetNameOf(' ', ' reported ', 'file'), 'reported')
  assert.equal(assetNameOf(null, null, 'file'), 'file')
  assert.equal(assetNameOf('x'.repeat(300), null, 'file').length, 255)
})

test('a scope is a tool’s format over an asset', () => {
  assert.equal(scopeOf('sarif', 'CodeQL', 'id'), 'sarif/id/CodeQL')
})
