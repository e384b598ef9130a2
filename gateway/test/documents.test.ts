import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { buildSchema } from 'graphql'
import { createDocuments } from '../federation/documents.ts'
import { limits } from '../federation/limits.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
const heapMb = () => {
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}

test('what was refused is remembered without its document', () => {
  const schema = buildSchema('type Query { me: User } type User { id: ID }')
  const documents = createDocuments(schema, { limits, suggests: false, rememberedBytes: 64 * 1024 * 1024 })
  const refused = (index: number) =>
    [`{ me { ${'id '.repeat(10_000)} } } # ${index}`, `{ me { ${'id '.repeat(10_000)} # ${index}`].map(
      (text) => documents.read(text),
    )
  refused(0)
  const before = heapMb()
  for (let index = 1; index <= 50; index++)
    for (const read of refused(index)) assert.ok('errors' in read && read.errors.length === 1)
  // With its tokens each would be 5 MB.
  const each = (heapMb() - before) / 100
  assert.ok(each < 0.5, `${each} MB`)
})
