import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse, validate } from 'graphql'
import { openGraph } from './graph.ts'

const graph = () =>
  openGraph({
    zoo: {
      sdl: `type Query { animals: [Animal] first: Animal! stranger: Animal }
        interface Animal { name: String }
        type Cat implements Animal { name: String }
        type Spy implements Animal @inaccessible { name: String }`,
      resolvers: {
        Query: {
          animals: () => [
            { __typename: 'Cat', name: 'Tom' },
            { __typename: 'Spy', name: 'X' },
          ],
          first: () => ({ __typename: 'Spy', name: 'X' }),
          stranger: () => ({ __typename: 'Cat', name: 'Tom' }),
        },
        Animal: { __resolveType: ({ __typename }: { __typename: string }) => __typename },
      },
    },
  })

test('an object of a type that clients may not know of is not there, and nothing says so', async () => {
  const { data, errors } = await graph().ask('{ animals { __typename name } }')
  assert.equal(errors, undefined)
  assert.deepEqual(data, { animals: [{ __typename: 'Cat', name: 'Tom' }, null] })
})

test('where an object has to be, the answer is an error that does not name the type', async () => {
  const { data, errors } = await graph().ask('{ first { name } }')
  assert.equal(data, null)
  assert.deepEqual(errors, ['first Cannot return null for non-nullable field Query.first.'])
})

test('clients may write a directive that all subgraphs define, and subgraphs are not told of it', async () => {
  const access = `extend schema @link(url: "https://specs.example/note/v1.0", import: ["@note"])
    @composeDirective(name: "@note")`
  const sdl = (field: string) => `${access}
    directive @note(kind: Kind! = SHORT) on FIELD enum Kind { SHORT LONG } type Query { ${field}: String }`
  const { ask, schema, asked } = openGraph({
    one: { sdl: sdl('one'), resolvers: { Query: { one: () => '1' } } },
    two: { sdl: sdl('two'), resolvers: { Query: { two: () => '2' } } },
  })
  const query = 'query ($kind: Kind = LONG) { one @note two @note(kind: $kind) @include(if: true) }'
  assert.deepEqual(validate(schema, parse(query)), [])
  assert.deepEqual((await ask(query)).data, { one: '1', two: '2' })
  assert.doesNotMatch(asked.two![0]!.query, /note/)
  assert.equal(validate(schema, parse('{ one @note(kind: 1) }')).length, 1)
  assert.equal(validate(schema, parse('{ one @access }')).length, 1)
})
