import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlanNode, QueryPlan } from '@apollo/query-planner'
import { GraphQLError, parse } from 'graphql'
import type { SubgraphResponse } from '#kit/transport.ts'
import { documentOf } from '../federation/documents.ts'
import { createEngine } from '../federation/engine.ts'
import { inThread } from '../federation/planner/in-thread.ts'
import type { Planning } from '../federation/planner/planner.ts'
import type { SourceRequest } from '../federation/source.ts'
import { compose } from './toy.ts'

const subgraphs = {
  items: `type Query { item: Item items: [Item!] grid: [[Int!]] any: Any must: Item! }
    type Item @key(fields: "id") { id: ID! size: Int color: Color price(in: String): Float note: JSON name: String!
      weight: Int! @external urgent: Int @requires(fields: "weight") }
    union Any = Item | Box
    type Box { width: Int! }
    enum Color { RED GREEN }
    scalar JSON`,
  stock: `type Item @key(fields: "id") { id: ID! size: Int @external price(in: String): Float @external
      inStock: Int weight: Int! shelf: Shelf freight: Int @requires(fields: "size")
      value: Float @requires(fields: "price(in: \\"USD\\")") }
    type Shelf { row: Int place: Place } type Place { number: Int }`,
}
type Answer = (request: SourceRequest) => unknown
type Answers = Partial<Record<keyof typeof subgraphs, Answer>>

function open(answers: Answers, plan?: (plan: QueryPlan) => QueryPlan) {
  const { supergraphSdl } = compose(
    Object.entries(subgraphs).map(([name, sdl]) => ({ name, sdl, resolvers: {} })),
  )
  const asked: SourceRequest[] = []
  const engine = createEngine({
    supergraphSdl,
    sourceFor: (name) => ({
      fetch: async (request) => {
        asked.push(request)
        return answers[name as keyof Answers]?.(request) as SubgraphResponse
      },
    }),
    planning: plan ? planningOf(plan) : inThread,
  })
  const ask = async (query: string, variables: Record<string, unknown> = {}) => {
    const document = documentOf(parse(query))
    const { data, errors } = await engine.execute({ document, variables, context: {} })
    const told = errors?.map(({ path, extensions }) => `${path?.join('.')} ${extensions.code}`)
    return { data: JSON.parse(JSON.stringify(data ?? null)), told, errors }
  }
  return { ask, asked }
}
const planningOf = (plan: (plan: QueryPlan) => QueryPlan): Planning => ({
  ...inThread,
  plannerOf: (supergraphSdl) => ({
    ...inThread.plannerOf(supergraphSdl),
    plan: async () => plan({ kind: 'QueryPlan' }),
  }),
})
// The executor may change what a source gives it.
const fixed = (data: unknown) => () => ({ data: structuredClone(data) })
const wrong = (path: string) => `${path} INTERNAL_SERVER_ERROR`

const lies: [what: string, query: string, data: unknown, answer: unknown, told: string[]][] = [
  ['a list for an object', '{ item { size } }', { item: [{ size: 1 }] }, { item: null }, [wrong('item')]],
  ['an object for a list', '{ items { size } }', { items: { size: 1 } }, { items: null }, [wrong('items')]],
  ['a text for an object', '{ item { size } }', { item: 'x' }, { item: null }, [wrong('item')]],
  [
    'a text for a number',
    '{ item { size } }',
    { item: { size: '1' } },
    { item: { size: null } },
    [wrong('item.size')],
  ],
  [
    'a fraction',
    '{ item { size } }',
    { item: { size: 1.5 } },
    { item: { size: null } },
    [wrong('item.size')],
  ],
  [
    'a large number',
    '{ item { size } }',
    { item: { size: 2 ** 31 } },
    { item: { size: null } },
    [wrong('item.size')],
  ],
  [
    'an object for a number',
    '{ item { size } }',
    { item: { size: {} } },
    { item: { size: null } },
    [wrong('item.size')],
  ],
  [
    'no such value',
    '{ item { color } }',
    { item: { color: 'BLUE' } },
    { item: { color: null } },
    [wrong('item.color')],
  ],
  ['a flat grid', '{ grid }', { grid: [[1], 2, null] }, { grid: [[1], null, null] }, [wrong('grid.1')]],
  ['a null in a grid', '{ grid }', { grid: [[1, null], [2]] }, { grid: [null, [2]] }, [wrong('grid.0.1')]],
  [
    'no field',
    '{ item { size note } }',
    { item: { note: 1 } },
    { item: { size: null, note: 1 } },
    [wrong('item.size')],
  ],
  [
    'no such type',
    '{ any { ... on Box { width } } }',
    { any: { __typename: 'Query' } },
    { any: null },
    [wrong('any')],
  ],
  [
    'a type of no text',
    '{ any { ... on Box { width } } }',
    { any: { __typename: {} } },
    { any: null },
    [wrong('any')],
  ],
  ['null for what must be', '{ must { size } }', { must: null }, null, [wrong('must')]],
  [
    'more than asked',
    '{ item { size } }',
    { item: { size: 1, id: 2, __typename: 3 }, x: 4 },
    { item: { size: 1 } },
    [],
  ],
  ['a number for an id', '{ item { id } }', { item: { id: 7 } }, { item: { id: '7' } }, []],
]
for (const [what, query, given, answer, told] of lies)
  test(`a subgraph that answers ${what}`, async () => {
    const { data, told: errors = [] } = await open({ items: fixed(given) }).ask(query)
    assert.deepEqual(data, answer)
    assert.deepEqual(errors, told)
  })

const item = { __typename: 'Item', id: '1' }

for (const entities of [undefined, null, 'x', {}, [], [{}, {}], [[]], [3]])
  test(`a subgraph that answers ${JSON.stringify(entities)} for one entity`, async () => {
    const { ask } = open({ items: fixed({ item }), stock: fixed({ _entities: entities }) })
    const { data, told } = await ask('{ item { inStock } }')
    assert.deepEqual(data, { item: { inStock: null } })
    const isList = Array.isArray(entities) && entities.length === 1
    assert.deepEqual(told, [`item.inStock ${isList ? 'INTERNAL_SERVER_ERROR' : 'SERVICE_UNAVAILABLE'}`])
  })

test('errors that are none are told as what is known of them', async () => {
  const errors = [null, 'x', { message: 3, path: 'x', extensions: [1] }, { path: [{}], message: 'm' }]
  const { ask } = open({ items: () => ({ data: { item: null }, errors }) })
  const { data, told } = await ask('{ item { size } }')
  assert.deepEqual(data, { item: null })
  assert.deepEqual(
    told,
    errors.map(() => 'undefined DOWNSTREAM_SERVICE_ERROR'),
  )
})

test('an answer that leads in circles is followed as far as it was asked', async () => {
  const shelf: Record<string, unknown> = { row: 1 }
  shelf.place = shelf
  const { ask } = open({ items: fixed({ items: [item, item] }), stock: fixed({ _entities: [{ shelf }] }) })
  const { data, told } = await ask('{ items { shelf { row place { number } } } }')
  const found = { shelf: { row: 1, place: { number: null } } }
  assert.deepEqual(data, { items: [found, found] })
  assert.deepEqual(
    told,
    [0, 1].map((index) => wrong(`items.${index}.shelf.place.number`)),
  )
})

test('names of prototypes reach no prototype', async () => {
  const hostile = JSON.parse('{"__proto__": {"size": 9}, "constructor": {"prototype": {"size": 9}}}')
  const { ask } = open({
    items: fixed({ item: { ...hostile, ...item } }),
    stock: fixed({ _entities: [hostile] }),
  })
  const { data } = await ask('{ item { toString: size inStock __proto__: name constructor: color } }')
  assert.deepEqual(data, { item: null })
  assert.equal(({} as { size?: number }).size, undefined)
})

test('entities are asked for once, and what each gets is its own', async () => {
  const { ask, asked } = open({
    items: fixed({ items: [item, { ...item }, { ...item, id: '2' }] }),
    stock: () => ({
      data: { _entities: [{ inStock: 1 }, null] },
      errors: [{ message: 'gone', path: ['_entities', 1, 'inStock'], extensions: { code: 'NOT_FOUND' } }],
    }),
  })
  const { data, told } = await ask('{ items { inStock } }')
  assert.deepEqual(data, { items: [{ inStock: 1 }, { inStock: 1 }, { inStock: null }] })
  assert.deepEqual(told, ['items.2.inStock NOT_FOUND'])
  assert.deepEqual(asked[1]!.variables.representations, [item, { ...item, id: '2' }])
})

test('an entity that nobody knows is null without an error, where it may be', async () => {
  const answers = { items: fixed({ item }), stock: fixed({ _entities: [null] }) }
  const { data, told } = await open(answers).ask('{ item { inStock } }')
  assert.deepEqual([data, told], [{ item: { inStock: null } }, undefined])
  const spread = await open(answers).ask('{ item { weight } }')
  assert.deepEqual([spread.data, spread.told], [{ item: null }, [wrong('item.weight')]])
})

test('what depends on a field that failed is told why, and not computed without it', async () => {
  const path = ['_entities', 0, 'weight']
  const { ask, asked } = open({
    items: fixed({ item }),
    stock: () => ({
      data: { _entities: [null] },
      errors: [{ message: 'x', path, extensions: { code: 'CONFLICT' } }],
    }),
  })
  const { data, told } = await ask('{ item { urgent } }')
  assert.deepEqual(data, { item: { urgent: null } })
  assert.deepEqual(told, ['item.urgent CONFLICT'])
  assert.equal(asked.length, 2)
})

test('a required field keeps its arguments whatever the client calls by its name', async () => {
  const named = (query: string, currency: string) =>
    new RegExp(`(\\w+): ?price\\(in: ?"${currency}"\\)`).exec(query)![1]!
  const { ask, asked } = open({
    items: ({ query }) => ({
      data: { item: { ...item, [named(query, 'USD')]: 2, [named(query, 'EUR')]: 1 } },
    }),
    stock: fixed({ _entities: [{ value: 5 }] }),
  })
  const { data } = await ask('{ item { price(in: "EUR") value } }')
  assert.deepEqual(data, { item: { price: 1, value: 5 } })
  assert.deepEqual(JSON.parse(asked[1]!.body!).variables.representations, [{ ...item, price: 2 }])
})

const fetch: PlanNode = {
  kind: 'Fetch',
  serviceName: 'items',
  operation: '{ item { size } }',
  operationName: undefined,
  operationKind: 'query' as never,
}
const condition: PlanNode = { kind: 'Condition', condition: 'on', ifClause: fetch }

test('a condition of a plan decides what is fetched', async () => {
  const answers = { items: fixed({ item: { size: 1 } }) }
  const { ask, asked } = open(answers, () => ({ kind: 'QueryPlan', node: condition }))
  const query = 'query ($on: Boolean!) { item @include(if: $on) { size } }'
  assert.deepEqual((await ask(query, { on: true })).data, { item: { size: 1 } })
  assert.deepEqual((await ask(query, { on: false })).data, {})
  assert.equal(asked.length, 1)
})

for (const node of [
  { kind: 'Defer', primary: { node: fetch }, deferred: [] },
  { ...fetch, contextRewrites: [{ kind: 'KeyRenamer', path: ['a'], renameKeyTo: 'b' }] },
] satisfies PlanNode[])
  test(`a plan with ${node.kind === 'Defer' ? '@defer' : '@fromContext'} is refused`, async () => {
    const { data, told } = await open({}, () => ({ kind: 'QueryPlan', node })).ask('{ item { size } }')
    assert.deepEqual([data, told], [null, ['undefined OPERATION_RESOLUTION_FAILURE']])
  })

test('a planner that breaks is an error, not an exception', async () => {
  const { ask } = open({}, () => {
    throw new RangeError('Invalid array length')
  })
  const { errors } = await ask('{ item { size } }')
  assert.ok(errors![0] instanceof GraphQLError)
  assert.doesNotMatch(errors![0].message, /array/)
})
