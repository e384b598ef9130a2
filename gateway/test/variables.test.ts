import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { buildSchema, getVariableValues, Kind, parse } from 'graphql'
import { coercing } from '../federation/variables.ts'

const schema = buildSchema(`
  enum Color { RED GREEN }
  input Point { x: Int! = 3 y: Float }
  scalar Any
  type Query { a: Int }
`)
const types = ['Int', 'Float', 'String', 'ID', 'Boolean', 'Color', 'Point', 'Any', '[Int!]', 'Unknown']
const names = ['a', 'b', '__proto__', 'constructor']

const definition = fc.record({
  name: fc.constantFrom(...names),
  type: fc.constantFrom(...types),
  isRequired: fc.boolean(),
  hasDefault: fc.boolean(),
})
const value = fc.oneof(
  fc.constantFrom(
    null,
    1,
    -(2 ** 31),
    2 ** 31,
    1.5,
    Number.NaN,
    'RED',
    'BLUE',
    '1',
    true,
    [1],
    [null],
    { y: 1 },
    { z: 1 },
  ),
  fc.string(),
)

test('variables are read as graphql-js reads them', () => {
  let [good, bad] = [0, 0]
  fc.assert(
    fc.property(
      fc.uniqueArray(definition, { selector: ({ name }) => name }),
      fc.array(fc.tuple(fc.constantFrom(...names, 'other'), value)),
      (definitions, pairs) => {
        const list = definitions.map(
          ({ name, type, isRequired, hasDefault }) =>
            `$${name}: ${type}${isRequired ? '!' : ''}${hasDefault && type === 'Int' ? ' = 7' : ''}`,
        )
        const {
          definitions: [operation],
        } = parse(`query ${list.length > 0 ? `(${list})` : ''} { a }`)
        assert.equal(operation!.kind, Kind.OPERATION_DEFINITION)
        if (operation!.kind !== Kind.OPERATION_DEFINITION) return
        const given = JSON.parse(
          `{${pairs.map(([name, of]) => `${JSON.stringify(name)}:${JSON.stringify(of)}`)}}`,
        )
        const expected = getVariableValues(schema, operation!.variableDefinitions ?? [], given, {
          maxErrors: 20,
        })
        const read = coercing(schema, operation!)(given)
        if ('errors' in read) {
          bad++
          assert.deepEqual(read.errors.map(String), expected.errors?.map(String))
          return
        }
        good++
        assert.equal(expected.errors, undefined)
        assert.deepEqual(Object.entries(read.values), Object.entries(expected.coerced ?? {}))
      },
    ),
    { numRuns: 3_000, seed: 1301787 },
  )
  assert.ok(good > 300 && bad > 300, `${good} good, ${bad} bad`)
})
