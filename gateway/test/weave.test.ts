import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSubgraphSchema } from '@apollo/subgraph'
import fc from 'fast-check'
import { execute, parse } from 'graphql'
import { answerIn, foundIn } from '#kit/transport.ts'
import { documentOf } from '../federation/documents.ts'
import { createEngine } from '../federation/engine.ts'
import { inThread } from '../federation/planner/in-thread.ts'
import type { Source } from '../federation/source.ts'
import { compose, type Toy } from './toy.ts'

type Row = Record<string, unknown>
const assets = Array.from({ length: 5 }, (_, id) => ({ id: `a${id}`, name: `"host" ${id}\n`, weight: id }))
const alerts = Array.from({ length: 7 }, (_, id) => ({
  ...{
    id: `${id}`,
    title: 'ä 😀',
    level: id % 2 ? 'LOW' : 'HIGH',
    score: id / 8 - 0.5,
    tags: id % 3 ? ['x'] : [],
  },
  asset: id === 3 ? null : { id: `a${id % 5}` },
  others: Array.from({ length: id % 3 }, (_each, other) => ({ id: `a${other}` })),
  at: { by: id % 2 ? null : { id: `a${id % 5}` }, day: 7 },
}))
const graph: Toy[] = [
  {
    name: 'alerts',
    sdl: `type Query { alerts: [Alert!]! count: Int } enum Level { LOW HIGH }
      type Alert @key(fields: "id") { id: ID! title: String level: Level! score: Float tags: [String!]! asset: Asset
        others: [Asset!] at: At! }
      type At { day: Int by: Asset } type Asset @key(fields: "id", resolvable: false) { id: ID! }`,
    resolvers: { Query: { alerts: () => alerts, count: () => 7 } },
  },
  {
    name: 'assets',
    sdl: `type Query { owner: String! } type Asset @key(fields: "id") { id: ID! name: String! weight: Int next: Hop }
      type Hop @key(fields: "id") { id: ID! }`,
    resolvers: {
      Query: { owner: () => 'ops' },
      Asset: {
        __resolveReference: ({ id }: Row) => assets.find((of) => of.id === id),
        next: ({ id }: Row) => (id === 'a1' ? null : { id }),
      },
    },
  },
  {
    name: 'scores',
    sdl: `type Asset @key(fields: "id") { id: ID! weight: Int @external risk: Int! @requires(fields: "weight") }
      type Hop @key(fields: "id") { id: ID! text: String! far: [Far!]! } type Far { x: Float! y: [[Int]] }`,
    resolvers: {
      Asset: { __resolveReference: (of: Row) => of, risk: ({ weight }: Row) => Number(weight) * 2 },
      Hop: {
        __resolveReference: (of: Row) => of,
        text: ({ id }: Row) => `at ${id}`,
        far: () => [
          { x: 0.1, y: [[1, null], null] },
          { x: -2, y: null },
        ],
      },
    },
  },
]
const questions = [
  '{ alerts { id title level score tags } count }',
  '{ count alerts { title asset { name id } id } owner __typename }',
  '{ alerts { asset { risk __typename name } others { weight name risk } score } }',
  '{ alerts { at { day by { next { far { y x } text } name } } level asset { next { text } } } }',
]

/** What a subgraph may write instead of a part of its text. */
const others = [
  ...[
    'null',
    '"x"',
    '3',
    '3.0',
    '1e2',
    '-0',
    'true',
    '{}',
    '[]',
    '[null]',
    '{"id":"a9"}',
    '""',
    '"\\u0041"',
    '',
    ' ',
  ],
  ...[
    ',',
    ',,',
    '"id":"a1",',
    '"at":1',
    '\u0000',
    '"\n"',
    '12345678901',
    '0.1234567',
    '"\\""',
    '}',
    ']',
    '"__proto__":1,',
  ],
]
/** A part of a text: a value, a name, or a sign. */
const parts = /"(?:[^"\\]|\\.)*"|-?\d[\d.]*|[{}[\]:,]|null|true|false/g

/** Changes a text in one place. */
function lie(text: string, place: number, other: number): string {
  const found = [...text.matchAll(parts)]
  const { index, 0: part } = found[place % found.length]!
  return text.slice(0, index) + others[other % others.length] + text.slice(index + part.length)
}

function open() {
  const { supergraphSdl } = compose(graph)
  const known = new Map<string, string>()
  let lying: ((body: string, text: string) => string) | null = null
  let found = 0
  const sourceOf = (name: string): Source => {
    const { sdl, resolvers } = graph.find((of) => of.name === name)!
    const link =
      'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires"])'
    const schema = buildSubgraphSchema({ typeDefs: parse(`${link} ${sdl}`), resolvers: resolvers as never })
    return {
      texts: { entities: 1_000 },
      async fetch({ body = '', read }) {
        const { query, variables } = JSON.parse(body)
        const own =
          known.get(body) ??
          JSON.stringify(await execute({ schema, document: parse(query), variableValues: variables }))
        known.set(body, own)
        const text = lying ? lying(body, own) : own
        try {
          const answer = read ? foundIn(text, read) : answerIn(text)
          if (answer.found) found++
          if (answer.found || typeof answer.data === 'object' || Array.isArray(answer.errors)) return answer
        } catch {}
        return { errors: [{ message: 'It makes no sense' }] }
      },
    }
  }
  const engine = createEngine({ supergraphSdl, sourceFor: sourceOf, planning: inThread })
  const documents = questions.map((query) => documentOf(parse(query), query))
  const ask = async (question: number, asText: boolean) => {
    const { json, ...answer } = await engine.execute({ document: documents[question]!, context: {}, asText })
    return json ?? JSON.stringify(answer)
  }
  return {
    ask,
    lies: (by: typeof lying) => {
      lying = by
    },
    taken: () => found,
  }
}

test('texts are woven to what values are shaped to', async () => {
  const { ask, taken } = open()
  for (const [question, query] of questions.entries()) {
    const expected = await ask(question, false)
    assert.equal(JSON.parse(expected).errors, undefined, query)
    // The first time it is not worth while.
    assert.equal(await ask(question, true), expected)
    const before = taken()
    assert.equal(await ask(question, true), expected)
    assert.ok(taken() > before, `not woven: ${query}`)
  }
})

test('what is too long for a pattern is read as values', async () => {
  const { ask, lies } = open()
  for (let times = 0; times < 2; times++) await ask(0, true)
  const lines = '\\n'.repeat(8_000_000)
  lies((_body, text) => text.replaceAll('ä 😀', '').replace('""', `"${lines}"`))
  const text = await ask(0, true)
  assert.ok(text === (await ask(0, false)))
  assert.ok(text.includes(lines))
})

test('whatever a subgraph writes, texts are woven to what values are shaped to, or not at all', async () => {
  const { ask, lies, taken } = open()
  let woven = 0
  const each = fc.tuple(fc.nat(questions.length - 1), fc.nat(2), fc.nat(), fc.nat())
  await fc.assert(
    fc.asyncProperty(each, async ([question, call, place, other]) => {
      lies(null)
      // Who finds again and again what it cannot do with is left alone for a while.
      for (let times = 0; times < 2; times++) await ask(question, true)
      const bodies: string[] = []
      lies((body, text) => {
        if (!bodies.includes(body)) bodies.push(body)
        return bodies.indexOf(body) === call ? lie(text, place, other) : text
      })
      const expected = await ask(question, false)
      const before = taken()
      assert.deepEqual(JSON.parse(await ask(question, true)), JSON.parse(expected))
      woven += Number(taken() > before)
    }),
    { numRuns: 3_000, seed: 1_301_787 },
  )
  assert.ok(woven > 1_000, String(woven))
})
