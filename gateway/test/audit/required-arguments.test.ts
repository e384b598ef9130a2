import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printSchema } from 'graphql'
import { openGraph } from './graph.ts'

type Key = { id: string }
const levels: Record<string, number> = { LOW: 1, HIGH: 3 }

/** A subgraph that counts, and one that judges by counts of different levels. */
const graph = () =>
  openGraph({
    counts: {
      sdl: `type Query { hosts: [Host!]! }
        enum Level { LOW HIGH }
        interface Counted { open(level: Level!): Int }
        type Host implements Counted @key(fields: "id") { id: ID! open(level: Level!): Int site: Site }
        type Site implements Counted { open(level: Level!): Int }`,
      resolvers: {
        Query: { hosts: () => [{ id: '1' }, { id: '2' }] },
        Host: {
          __resolveReference: ({ id }: Key) => ({ id }),
          open: ({ id }: Key, { level }: { level: string }) => Number(id) * levels[level]!,
          site: ({ id }: Key) => ({ id }),
        },
        Site: { open: ({ id }: Key, { level }: { level: string }) => Number(id) * levels[level]! * 100 },
      },
    },
    verdicts: {
      sdl: `enum Level { LOW HIGH }
        type Site @external { open(level: Level!): Int }
        type Host @key(fields: "id") { id: ID! open(level: Level!): Int @external site: Site @external
          quiet: Int @requires(fields: "open(level: LOW)")
          urgent: Int @requires(fields: "open(level: HIGH)")
          wide: Int @requires(fields: "open(level: HIGH) site { open(level: LOW) }")
          plain: Int }`,
      resolvers: {
        Host: {
          __resolveReference: (host: object) => host,
          quiet: ({ open }: { open: number }) => open,
          urgent: ({ open }: { open: number }) => open,
          wide: ({ open, site }: { open: number; site: { open: number } }) => open + site.open,
          plain: () => 7,
        },
      },
    },
  })

test('fields that require one field with different arguments each get their own', async () => {
  const { ask } = graph()
  const { data, errors, calls } = await ask('{ hosts { quiet urgent plain } }')
  assert.equal(errors, undefined)
  assert.deepEqual(data.hosts, [
    { quiet: 1, urgent: 3, plain: 7 },
    { quiet: 2, urgent: 6, plain: 7 },
  ])
  assert.deepEqual(calls, { counts: 1, verdicts: 2 })
})

test('what fits together stays in one call', async () => {
  const { ask } = graph()
  const { data, errors, calls } = await ask('{ hosts { urgent wide plain } }')
  assert.equal(errors, undefined)
  assert.deepEqual(data.hosts, [
    { urgent: 3, wide: 103, plain: 7 },
    { urgent: 6, wide: 206, plain: 7 },
  ])
  assert.deepEqual(calls, { counts: 1, verdicts: 1 })
})

test('a client asks the same field with arguments of its own, under any name', async () => {
  const { ask } = graph()
  const query = `query ($level: Level = LOW) {
    hosts { open(level: $level) high: open(level: HIGH) urgent again: quiet site { open(level: HIGH) } }
  }`
  const { data, errors } = await ask(query)
  assert.equal(errors, undefined)
  assert.deepEqual(data.hosts[1], { open: 2, high: 6, urgent: 6, again: 2, site: { open: 600 } })
  const high = await ask(query, { level: 'HIGH' })
  assert.equal(high.data.hosts[1].open, 6)
})

test('nothing of it is in the schema that clients see', async () => {
  const { schema } = graph()
  const sdl = printSchema(schema)
  assert.match(sdl, /open\(level: Level!\): Int/)
  assert.doesNotMatch(sdl, /required/)
})
