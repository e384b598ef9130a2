import assert from 'node:assert/strict'
import { test } from 'node:test'
import { breakingChanges } from './breaking.ts'

const before = `
  type Query { asset(id: ID!, old: Int @deprecated(reason: "unused"), size: Int): Asset, gone: Int @deprecated(reason: "see asset") }
  type Asset { id: ID!, name: String!, host: String @deprecated(reason: "see name") }
  enum Kind { HOST, CLOUD, LEGACY @deprecated(reason: "see HOST") }`

test('additions, and removals of what was deprecated, break nobody', () => {
  const after = `
    type Query { asset(id: ID!, size: Int, more: Int): Asset, assets: [Asset!]! }
    type Asset { id: ID!, name: String!, more: Kind }
    enum Kind { HOST, CLOUD, NEW }`
  assert.deepEqual(breakingChanges(before, after), [])
})

test('removals, narrower inputs and looser outputs break clients', () => {
  const after = `
    type Query { asset(id: ID!, must: Int!): Asset }
    type Asset { id: ID!, name: String }
    enum Kind { HOST }`
  const found = breakingChanges(before, after).join('\n')
  for (const of of [
    /required arg must/i,
    /arg size was removed/,
    /Asset.name changed type/,
    /CLOUD was removed/,
  ])
    assert.match(found, of)
  assert.doesNotMatch(found, /LEGACY|host|arg old|gone/)
})
