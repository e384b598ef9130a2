import assert from 'node:assert/strict'
import { test } from 'node:test'
import { composeServices } from '@apollo/composition'
import { Supergraph } from '@apollo/federation-internals'
import { getVariableValues, type OperationDefinitionNode, parse, validate } from 'graphql'
import { fragmentsOf } from '../federation/compile/operation.ts'
import { type CostOptions, createDemand } from '../federation/cost/demand.ts'
import { costDirectivesOf } from '../federation/cost/directives.ts'

const plain = '"@cost", "@listSize"'
const link = (names: string) => `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@shareable", ${names}])`

const shop = `
  type Query {
    me: Person
    name: String
    tags: [String!]!
    free: Person @cost(weight: 0)
    dear: Int @cost(weight: 30)
    report(format: Format @cost(weight: 4), wide: Boolean): String
    few: [Person!]! @listSize(assumedSize: 3)
    many: [Person!]!
    grid: [[Person!]!]!
    people(first: Int, last: Int, filter: Filter): People! @listSize(assumedSize: 20,
      slicingArguments: ["first", "last"], sizedFields: ["edges"], requireOneSlicingArgument: false)
    strict(first: Int, last: Int): [Person!]! @listSize(slicingArguments: ["first", "last"])
    preset(first: Int! = 7): [Person!]! @listSize(slicingArguments: ["first"])
    search(input: Search): People!
    animals: [Animal!]! @listSize(assumedSize: 5)
    pet: Pet
    discounted: Person @cost(weight: -5)
    stamp: Stamp
  }
  type Mutation { rename(input: Rename!): Person }
  type Subscription { changed: Person }
  enum Format @cost(weight: 2) { SMALL LARGE }
  scalar Stamp @cost(weight: 6)
  input Filter { text: String names: [String!] and: [Filter!] heavy: Int @cost(weight: 9) }
  input Search { first: Int = 4 nested: Search }
  input Rename { name: String! }
  type People { edges: [Edge!]! page: Chunk count: Int! }
  type Chunk { items: [Person!]! }
  type Edge { cursor: String! node: Person! }
  type Person @key(fields: "id") { id: ID! name: String! friend: Person vault: Vault
    friends(first: Int): [Person!]! @listSize(slicingArguments: ["first"], assumedSize: 2, requireOneSlicingArgument: false) }
  type Vault @cost(weight: 8) { code: String }
  interface Animal { name: String owner: Person }
  type Cat implements Animal { name: String owner: Person @cost(weight: 12) lives: Int @cost(weight: 2) }
  type Dog implements Animal @cost(weight: 7) { name: String owner: Person }
  union Pet = Cat | Dog
`
const others =
  'type Person @key(fields: "id") { id: ID! posts: [Post!]! @listSize(assumedSize: 50) } type Post { text: String }'

function supergraphOf(names: string, rename: (sdl: string) => string = (sdl) => sdl): string {
  const { supergraphSdl, errors } = composeServices(
    [shop, others].map((sdl, index) => ({
      name: `s${index}`,
      url: 'http://localhost',
      typeDefs: parse(`${link(names)} ${rename(sdl)}`),
    })),
  )
  if (!supergraphSdl) throw new Error(errors?.join('\n'))
  return supergraphSdl
}

function opened(sdl: string, options: Partial<CostOptions> = {}) {
  const schema = Supergraph.build(sdl).apiSchema().toGraphQLJSSchema()
  const outcomes: string[] = []
  const demand = createDemand(schema, costDirectivesOf(parse(sdl)), {
    mode: 'enforce',
    maxCostOf: () => 1_000_000,
    onEstimate: (_cost, outcome) => outcomes.push(outcome),
    ...options,
  })
  const costOf = (text: string, variables: Record<string, unknown> = {}) => {
    const document = parse(text)
    assert.deepEqual(validate(schema, document), [])
    const operation = document.definitions[0] as OperationDefinitionNode
    const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables)
    assert.equal(errors, undefined)
    return demand(operation, fragmentsOf(document), coerced!, {}).estimated
  }
  return { costOf, outcomes, schema, demand }
}
const supergraph = supergraphOf(plain)
const { costOf } = opened(supergraph)

const cases: [query: string, cost: number, variables?: Record<string, unknown>][] = [
  ['{ __typename }', 0],
  ['{ name }', 0],
  ['{ tags }', 0],
  ['{ me { id name } }', 1],
  ['{ me { id friend { friend { id } } } }', 3],
  ['subscription { changed { friend { id } } }', 2],
  ['mutation { rename(input: { name: "a" }) { id } }', 10 + 1 + 1],
  ['mutation ($input: Rename!) { rename(input: $input) { id } }', 12, { input: { name: 'a' } }],
  // Weights of fields, types, arguments and input fields.
  ['{ free { id } }', 0],
  ['{ dear }', 30],
  ['{ stamp }', 6],
  ['{ me { vault { code } } }', 1 + 8],
  ['{ discounted { friend { vault { code } } } }', 4],
  ['{ discounted { id } name }', 0],
  ['{ report(format: SMALL) }', 4],
  ['{ report(wide: true) }', 0],
  ['query ($f: Format) { report(format: $f) }', 0],
  ['query ($f: Format) { report(format: $f) }', 4, { f: 'LARGE' }],
  ['{ people(first: 1, filter: { text: "a" }) { count } }', 1 + 1],
  ['{ people(first: 1, filter: { heavy: 1 }) { count } }', 1 + 1 + 9],
  ['{ people(first: 1, filter: { and: [{ heavy: 1 }, { text: "a" }] }) { count } }', 1 + 1 + 1 + 9 + 1],
  ['query ($f: Filter) { people(filter: $f) { count } }', 1 + 2 + 9, { f: { and: [{ heavy: 1 }] } }],
  ['query ($n: Int) { people(filter: { heavy: $n }) { count } }', 1 + 1 + 9, { n: 3 }],
  // How long lists are.
  ['{ few { id } }', 3],
  ['{ many { id } }', 10],
  ['{ grid { id } }', 100],
  ['{ few { friends { id } } }', 3 * (1 + 2)],
  ['{ few { friends(first: 9) { id } } }', 3 * (1 + 9)],
  ['{ few { posts { text } } }', 3 * (1 + 50)],
  ['{ people(first: 5) { edges { cursor node { id } } } }', 1 + 5 * 2],
  ['{ people(last: 6) { edges { node { id } } } }', 1 + 6 * 2],
  ['{ people { edges { node { id } } } }', 1 + 20 * 2],
  ['{ people(first: 0) { edges { node { id } } } }', 1],
  ['{ people(first: -7) { edges { node { id } } } }', 1],
  ['query ($n: Int) { people(first: $n) { edges { node { id } } } }', 1 + 20 * 2],
  ['query ($n: Int) { people(first: $n) { edges { node { id } } } }', 1 + 20 * 2, { n: null }],
  ['query ($n: Int) { people(first: $n) { edges { node { id } } } }', 1 + 8 * 2, { n: 8 }],
  ['query ($n: Int = 9) { people(first: $n) { edges { node { id } } } }', 1 + 9 * 2],
  ['{ people(first: 3) { many: edges { node { id } } again: edges { cursor } } }', 1 + 3 * 2 + 3],
  ['{ strict(first: 4) { id } }', 4],
  ['{ preset { id } }', 7],
  ['{ preset(first: 2) { id } }', 2],
  // What is asked twice is there once.
  ['{ me { id } me { friend { id } } me { friend { name } } }', 2],
  ['{ me { ...f ...g } } fragment f on Person { friend { id } } fragment g on Person { friend { name } }', 2],
  ['{ a: me { ...f } b: me { ...f } } fragment f on Person { friend { id } }', 4],
  // What is skipped costs nothing, whatever else asks for it.
  ['{ me @skip(if: true) { id } }', 0],
  ['{ me @include(if: false) { id } few { id } }', 3],
  ['query ($y: Boolean!) { few @include(if: $y) { friends { id } } }', 0, { y: false }],
  ['query ($y: Boolean!) { few @include(if: $y) { friends { id } } }', 9, { y: true }],
  ['query ($y: Boolean!) { few { id } ... @skip(if: $y) { few { friends { id } } } }', 3, { y: true }],
  ['query ($y: Boolean!) { few { id } ... @skip(if: $y) { few { friends { id } } } }', 9, { y: false }],
  ['query ($y: Boolean!) { ...f @include(if: $y) } fragment f on Query { dear }', 0, { y: false }],
  // Of interfaces and unions the worst.
  ['{ animals { name } }', 5 * 7],
  ['{ animals { owner { id } } }', 5 * (7 + 12)],
  ['{ animals { ... on Cat { lives } } }', 5 * (7 + 2)],
  ['{ pet { ... on Cat { lives } ... on Dog { owner { id } } } }', 7 + 2 + 1],
]

for (const [query, cost, variables] of cases)
  test(`costs ${cost}: ${query} ${variables ? JSON.stringify(variables) : ''}`, () => {
    assert.equal(costOf(query, variables), cost)
  })

test('a list that wants one slicing argument is refused without, or with two', () => {
  for (const args of ['', '(first: 1, last: 1)', '(first: null)'])
    assert.throws(() => costOf(`{ strict${args} { id } }`), {
      extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } },
    })
  const { costOf: measured } = opened(supergraph, { mode: 'measure' })
  assert.equal(measured('{ strict { id } }'), 10)
})

// Apollo's composition in JavaScript refuses these paths, its composition in Rust knows them.
test('paths lead into input objects and into the answer', () => {
  const sdl = supergraph.replace(
    /search\(input: Search\): People!/,
    '$& @listSize(slicingArguments: ["input.first", "input.nested.first"], sizedFields: ["page.items"], requireOneSlicingArgument: false)',
  )
  const { costOf } = opened(sdl)
  const query = (input: string) => `{ search${input} { edges { node { id } } page { items { id } } } }`
  // The edges are as long as any list: 10 of 2; an input object costs 1.
  assert.equal(costOf(query('(input: { first: 6 })')), 1 + 1 + 20 + 1 + 6)
  assert.equal(costOf(query('(input: {})')), 1 + 1 + 20 + 1 + 4)
  assert.equal(costOf(query('(input: { nested: { first: 30 } })')), 1 + 2 + 20 + 1 + 30)
  const by = 'query ($s: Search) { search(input: $s) { page { items { id } } } }'
  assert.equal(costOf(by, { s: { first: 5 } }), 1 + 1 + 1 + 5)
  const partly = 'query ($n: Int) { search(input: { first: $n }) { page { items { id } } } }'
  assert.equal(costOf(partly, { n: 12 }), 1 + 1 + 1 + 12)
})

test('the directives are known by whatever name a supergraph gives them', () => {
  const renamed = supergraphOf(
    '{ name: "@cost", as: "@weight" }, { name: "@listSize", as: "@length" }',
    (sdl) => sdl.replaceAll('@cost', '@weight').replaceAll('@listSize', '@length'),
  )
  const spaced = supergraphOf('"@requires"', (sdl) =>
    sdl.replaceAll('@cost', '@federation__cost').replaceAll('@listSize', '@federation__listSize'),
  )
  const unimported = supergraph
    .replace(/(cost\/v0\.1)", import: \[[^\]]*\]/, '$1"')
    .replaceAll('@listSize', '@cost__listSize')
  const namespaced = supergraph
    .replace(/(cost\/v0\.1)", import: \[[^\]]*\]/, '$1", as: "price"')
    .replaceAll('@listSize', '@price__listSize')
    .replaceAll('@cost(', '@price(')
  const wanted = costDirectivesOf(parse(supergraph))
  assert.ok(wanted.weights.size >= 10 && wanted.listSizes.size >= 7)
  for (const sdl of [renamed, spaced, unimported, namespaced])
    assert.deepEqual(costDirectivesOf(parse(sdl)), wanted)
  const foreign = supergraph.replace('specs.apollo.dev/cost', 'specs.example.com/cost')
  assert.equal(costDirectivesOf(parse(foreign)).weights.size, 0)
})

test('who may spend less is refused sooner, and told by how much', () => {
  const { demand, outcomes } = opened(supergraph, { maxCostOf: (of) => (of === 'member' ? 100 : 10) })
  const document = parse('query ($n: Int) { people(first: $n) { edges { node { id } } } }')
  const operation = document.definitions[0] as OperationDefinitionNode
  assert.deepEqual(demand(operation, new Map(), { n: 4 }, null), { estimated: 9, max: 10 })
  assert.deepEqual(demand(operation, new Map(), { n: 5 }, 'member'), { estimated: 11, max: 100 })
  assert.throws(() => demand(operation, new Map(), { n: 5 }, null), {
    extensions: {
      code: 'COST_ESTIMATED_TOO_EXPENSIVE',
      cost: { estimated: 11, max: 10 },
      http: { status: 400 },
    },
  })
  assert.deepEqual(outcomes, ['allowed', 'allowed', 'refused'])
})

test('what is only measured goes on', () => {
  const { costOf, outcomes } = opened(supergraph, { mode: 'measure', maxCostOf: () => 2 })
  assert.equal(costOf('{ few { id } }'), 3)
  assert.equal(costOf('{ me { id } }'), 1)
  assert.deepEqual(outcomes, ['exceeded', 'allowed'])
})

test('a formula is computed in microseconds', () => {
  const { schema } = opened(supergraph)
  const demand = createDemand(schema, costDirectivesOf(parse(supergraph)), {
    mode: 'enforce',
    maxCostOf: () => Number.POSITIVE_INFINITY,
  })
  const document = parse(
    `query ($n: Int, $f: Filter, $y: Boolean!) { ${Array.from(
      { length: 10 },
      (_, index) =>
        `a${index}: people(first: $n, filter: $f) { edges { node { id friend @include(if: $y) { vault { code } } friends(first: $n) { id } } } }`,
    ).join(' ')} }`,
  )
  const operation = document.definitions[0] as OperationDefinitionNode
  const values = { n: 3, f: { heavy: 1, and: [{ text: 'a' }] }, y: true }
  const times = 2_000
  const ask = () => {
    for (let index = 0; index < times; index++) demand(operation, new Map(), values, null)
  }
  ask()
  const before = process.cpuUsage()
  ask()
  const { user, system } = process.cpuUsage(before)
  const each = (user + system) / times
  assert.ok(each < 100, `${each} µs`)
})
