import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type ExecutionResult,
  execute,
  type GraphQLError,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  parse,
} from 'graphql'
import { createExecutor } from '../execute/execute.ts'
import { type Mood, schema } from './execute/graph.ts'
import { documentOf } from './execute/operations.ts'

const executor = createExecutor(schema)
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null))
const told = ({ errors = [] }: ExecutionResult) =>
  errors.map(({ message, path, locations, extensions }) => ({ message, path, locations, extensions }))

/** Where an answer is null because of an error. */
function nullOf(data: unknown, { path }: GraphQLError): string {
  const steps: unknown[] = []
  let at = data
  for (const step of path ?? []) {
    if (at === null || at === undefined) break
    steps.push(step)
    at = (at as Record<string | number, unknown>)[step]
  }
  assert.equal(at ?? null, null, `${path?.join('.')} is not null`)
  return steps.join('.')
}

const drawing = (seed: number) => {
  let state = seed | 1
  return (most: number) => {
    state = Math.imul(state ^ (state >>> 15), 2246822519) + 0x6d2b79f5
    return ((state ^ (state >>> 13)) >>> 0) % most
  }
}
const seeds = fc.integer({ min: 1, max: 2 ** 30 })
const given = { n: 7, o: { of: [1, 2], severity: 'LOW' }, i: ['x'] }

/** Both answers to one random operation. Some are not valid, for one name stands for two fields: the first of them counts. */
async function both(seed: number, mood: Mood, kind: 'query' | 'mutation') {
  const document = parse(documentOf(drawing(seed), kind))
  const variableValues = seed % 2 ? given : {}
  const asked = { document, variableValues, contextValue: mood }
  const [theirs, ours, again] = [
    await execute({ schema, ...asked }),
    await executor(asked),
    await executor(asked),
  ]
  assert.deepEqual(plain(ours.data), plain(theirs.data))
  assert.deepEqual(plain(again.data), plain(theirs.data))
  // What graphql-js itself executes has no prototype.
  if (ours.data) assert.equal(Object.getPrototypeOf(ours.data), Object.prototype)
  return { theirs, ours }
}

for (const kind of ['query', 'mutation'] as const) {
  test(`each ${kind} that waits for nothing is answered as by graphql-js, error by error`, async () => {
    let [all, wrong] = [0, 0]
    await fc.assert(
      fc.asyncProperty(seeds, seeds, fc.integer({ min: 0, max: 12 }), async (seed, of, fails) => {
        const answers = await both(seed, { seed: of, waits: false, fails }, kind)
        all++
        if (answers.theirs.errors) wrong++
        assert.deepEqual(told(answers.ours), told(answers.theirs))
      }),
      { numRuns: 1_500 },
    )
    assert.ok(wrong > 300 && all - wrong > 300, `${wrong} of ${all} had errors`)
  })

  test(`each ${kind} that waits has the same data, and an error for each null that is one`, async () => {
    let [all, wrong] = [0, 0]
    await fc.assert(
      fc.asyncProperty(seeds, seeds, fc.integer({ min: 0, max: 12 }), async (seed, of, fails) => {
        const answers = await both(seed, { seed: of, waits: true, fails }, kind)
        all++
        if (answers.theirs.errors) wrong++
        // Of several reasons why one thing is null, the first one to come is told.
        const [theirs, ours] = [answers.theirs, answers.ours].map(
          ({ data, errors = [] }) => new Set(errors.map((error) => nullOf(data, error))),
        )
        assert.deepEqual(ours, theirs)
        const messages = new Map(told(answers.theirs).map((each) => [each.path?.join('.'), each]))
        for (const each of told(answers.ours)) {
          const same = messages.get(each.path?.join('.'))
          if (same) assert.deepEqual(each, same)
        }
      }),
      { numRuns: 1_500 },
    )
    assert.ok(wrong > 300 && all - wrong > 300, `${wrong} of ${all} had errors`)
  })
}

const mood: Mood = { seed: 1, waits: false, fails: 0 }
for (const [says, text, variableValues, operationName] of [
  ['of conditions', 'query($n: Boolean!) { text @include(if: $n) int @skip(if: $n) }', { n: true }],
  ['about the schema', '{ __schema { queryType { name } } __type(name: "One") { name } text }'],
  ['with a variable that is none', 'query($n: Int!) { text(count: $n) }', { n: 'many' }],
  ['without a variable that must be', 'query($n: Int!) { text(count: $n) }'],
  ['of several operations', 'query A { text } query B { int }', {}, 'B'],
  ['of several operations, none of them named', 'query A { text } query B { int }'],
  ['of an operation that is not there', 'query A { text }', {}, 'C'],
  ['of an operation without a name, by an empty one', '{ text }', {}, ''],
  ['of nothing', 'fragment F on Query { text }'],
  ['of a kind that the schema has not', 'subscription { text }'],
  ['with a fragment that is not there', '{ ...Gone text }'],
  ['of a field that is not there', '{ gone text }'],
] as const)
  test(`a document ${says} is answered as by graphql-js`, async () => {
    const asked = { document: parse(text), contextValue: mood, variableValues, operationName }
    const answer = async (of: () => unknown) => plain(await of())
    for (let time = 0; time < 2; time++)
      assert.deepEqual(await answer(() => executor(asked)), await answer(() => execute({ schema, ...asked })))
  })

test('one mutation begins when the one before has ended', async () => {
  const order: string[] = []
  const step = (name: string, ms: number) => ({
    type: GraphQLInt,
    resolve: async () => {
      order.push(`${name} begins`)
      await new Promise((done) => setTimeout(done, ms))
      order.push(`${name} ends`)
      if (name === 'first') throw new Error('no')
      return ms
    },
  })
  const fields = { first: step('first', 20), second: step('second', 1) }
  const run = createExecutor(
    new GraphQLSchema({
      query: new GraphQLObjectType({ name: 'Query', fields: { no: { type: GraphQLInt } } }),
      mutation: new GraphQLObjectType({ name: 'Mutation', fields }),
    }),
  )
  const { data, errors } = await run({ document: parse('mutation { first second }') })
  assert.deepEqual(order, ['first begins', 'first ends', 'second begins', 'second ends'])
  assert.deepEqual(data, { first: null, second: 1 })
  assert.equal(errors?.[0]?.message, 'no')
})

test('what nobody waits for any more may fail, and ends no process', async () => {
  const soon = async (ms: number) => {
    await new Promise((done) => setTimeout(done, ms))
    throw new Error('late')
  }
  const must = new GraphQLNonNull(GraphQLInt)
  const fields = {
    list: { type: new GraphQLList(must), resolve: () => [soon(1), null, soon(2)] },
    slow: { type: must, resolve: () => soon(3) },
    wrong: { type: must, resolve: () => null },
  }
  const run = createExecutor(new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields }) }))
  assert.deepEqual((await run({ document: parse('{ list }') })).data, { list: null })
  assert.equal((await run({ document: parse('{ slow wrong }') })).data, null)
  // An unhandled rejection would fail this test.
  await new Promise((done) => setTimeout(done, 20))
})

test('what fails where all is null already is not told', async () => {
  const soon = async (ms: number, value: unknown) => {
    await new Promise((done) => setTimeout(done, ms))
    if (value instanceof Error) throw value
    return value
  }
  const inner = new GraphQLObjectType({
    name: 'Inner',
    fields: {
      must: { type: new GraphQLNonNull(GraphQLInt), resolve: () => soon(1, new Error('first')) },
      may: { type: GraphQLInt, resolve: () => soon(10, new Error('second')) },
    },
  })
  const fields = {
    inner: { type: inner, resolve: () => ({}) },
    last: { type: GraphQLInt, resolve: () => soon(30, 1) },
  }
  const graph = new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields }) })
  const document = parse('{ inner { must may } last }')
  const [ours, theirs] = [
    await createExecutor(graph)({ document }),
    await execute({ schema: graph, document }),
  ]
  assert.deepEqual(told(ours), told(theirs))
  assert.deepEqual([ours.errors?.length, plain(ours.data)], [1, { inner: null, last: 1 }])
})
