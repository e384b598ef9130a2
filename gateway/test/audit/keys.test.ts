import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openGraph } from './graph.ts'

type Place = { id: string; at: { row: string; shelf: string; hall: string }; label?: string }
const place: Place = { id: '1', at: { row: 'r', shelf: 's', hall: 'h' } }

test('a subgraph is come back to by a key that it can find things by', async () => {
  const { ask } = openGraph({
    labels: {
      sdl: `type At @shareable { row: ID! shelf: ID! hall: ID! }
        type Place @key(fields: "id") @key(fields: "at { row shelf }", resolvable: false) {
          id: ID! at: At! @shareable label: String! }`,
      resolvers: { Place: { __resolveReference: () => ({ ...place, label: 'north' }) } },
    },
    places: {
      sdl: `type Query { places: [Place!]! } type At @shareable { row: ID! shelf: ID! hall: ID! }
        type Place @key(fields: "at { row shelf }", resolvable: false) @key(fields: "id at { shelf hall }")
          @key(fields: "id", resolvable: false) {
          id: ID! at: At! @shareable label: String! @external sign: String! @requires(fields: "label") }`,
      resolvers: {
        Query: { places: () => [place] },
        Place: {
          __resolveReference: ({ label, at }: Place) => ({ ...place, label, at }),
          sign: ({ label, at }: Place) => `${label} ${at.shelf}${at.hall}`,
        },
      },
    },
  })
  const { data, errors } = await ask('{ places { id sign } }')
  assert.equal(errors, undefined)
  assert.deepEqual(data.places, [{ id: '1', sign: 'north sh' }])
})

test('what a subgraph does not know of is null, and those behind it are not asked', async () => {
  const { ask } = openGraph({
    shelf: {
      sdl: 'type Query { books: [Book!]! } type Book @key(fields: "code") { code: ID! }',
      resolvers: { Query: { books: () => [{ code: 'a' }, { code: 'b' }] } },
    },
    register: {
      sdl: 'type Book @key(fields: "id") @key(fields: "code") { id: ID! code: ID! }',
      resolvers: {
        Book: {
          __resolveReference: ({ code }: { code: string }) => (code === 'a' ? { id: '1', code } : null),
        },
      },
    },
    writers: {
      sdl: 'type Book @key(fields: "id") { id: ID! writer: String }',
      resolvers: { Book: { __resolveReference: ({ id }: { id: string }) => ({ id, writer: `w${id}` }) } },
    },
  })
  const { data, errors, calls } = await ask('{ books { code writer } }')
  assert.equal(errors, undefined)
  assert.deepEqual(data.books, [
    { code: 'a', writer: 'w1' },
    { code: 'b', writer: null },
  ])
  assert.deepEqual(calls, { shelf: 1, register: 1, writers: 1 })
})
