import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'graphql'
import { entitiesOf } from '../entities.ts'

const many = (count: number) => Array.from({ length: count }, () => ({ __typename: 'Alert', id: '1' }))
const written = (count: number) => `[${Array(count).fill('{ __typename: "Alert" }').join()}]`
const on = '{ ... on Alert { id } }'

// However it is written, the references are so many.
const ways: [way: string, query: string, variables: (count: number) => Record<string, unknown>][] = [
  [
    'by its usual name',
    `query ($representations: [_Any!]!) { _entities(representations: $representations) ${on} }`,
    (count) => ({ representations: many(count) }),
  ],
  [
    'by another name',
    `query ($r: [_Any!]!) { _entities(representations: $r) ${on} }`,
    (count) => ({ r: many(count), representations: [] }),
  ],
  [
    'by an alias in a fragment',
    `query ($r: [_Any!]!) { ...A } fragment A on Query { ... { a: _entities(representations: $r) ${on} } }`,
    (count) => ({ r: many(count) }),
  ],
  [
    'in two fields',
    `query ($a: [_Any!]!, $b: [_Any!]!) { a: _entities(representations: $a) ${on} b: _entities(representations: $b) ${on} }`,
    (count) => ({ a: many(5_000), b: many(count - 5_000) }),
  ],
  [
    'once for two fields',
    `query ($r: [_Any!]!) { a: _entities(representations: $r) ${on} b: _entities(representations: $r) ${on} }`,
    (count) => ({ r: many(Math.ceil(count / 2)) }),
  ],
]

for (const [way, query, variables] of ways)
  test(`at most 10,000 references ${way}`, () => {
    const entities = entitiesOf(parse(query))!
    entities.check(variables(10_000))
    assert.throws(() => entities.check(variables(10_001)), { code: 'VALIDATION_ERROR' })
  })

test('references that are written out, and those of a default, count too', () => {
  const literal = (count: number) => `{ _entities(representations: ${written(count)}) ${on} }`
  const fallback = (count: number) =>
    `query ($r: [_Any!]! = ${written(count)}) { _entities(representations: $r) ${on} }`
  for (const query of [literal, fallback]) {
    entitiesOf(parse(query(10_000)))!.check({})
    assert.throws(() => entitiesOf(parse(query(10_001)))!.check({}), { code: 'VALIDATION_ERROR' })
  }
  entitiesOf(parse(fallback(10_001)))!.check({ r: many(1) })
})

test('one reference that is no list, none and no field are no error', () => {
  const entities = entitiesOf(parse(ways[1]![1]))!
  for (const r of [many(1)[0], null, undefined, 1]) entities.check({ r })
  entities.check(undefined)
  assert.equal(entitiesOf(parse('{ alert(id: "1") { id } }')), null)
})

test('the type of a reference is known by the key of its field, and to nobody else', () => {
  const entities = entitiesOf(parse(ways[3]![1]))!
  const asked = { a: many(1), b: [{ __typename: 'Asset' }, { __typename: 1 }, null] }
  const types = [
    entities.typeAt('a', 0, asked),
    entities.typeAt('b', 0, asked),
    ...[1, 2, 3].map((index) => entities.typeAt('b', index, asked)),
    entities.typeAt('_entities', 0, asked),
  ]
  assert.deepEqual(types, ['Alert', 'Asset', null, null, null, null])
})
