import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import * as fc from 'fast-check'
import { parse, validate } from 'graphql'
import { readRegister, root } from '#kit/register.ts'
import { inThread } from '../federation/planner/in-thread.ts'
import { assertSame, isSpread } from './differential/compare.ts'
import { chain, press, shop } from './differential/graphs.ts'
import { type Question, question } from './differential/query.ts'
import { counting, countQuestion, createTally, planParts, questionParts } from './differential/tally.ts'
import { openWorld, type Subgraphs } from './differential/world.ts'

/** The same questions each time; `NEXUS_DIFFERENTIAL=times,seed` asks more of them, and others. */
const [times = 1, seed = 1_301_787] = (process.env.NEXUS_DIFFERENTIAL ?? '')
  .split(',')
  .filter(Boolean)
  .map(Number)

const given = 'operations that the planner gave up'
const asked = 'operations'
const met = createTally(given, asked, 'texts', 'errors', 'nulls that spread', ...planParts, ...questionParts)

/** Asks one graph many random questions in both ways, and `also` this one. */
async function compare(t: TestContext, subgraphs: Subgraphs, runs: number, names: string[], also?: string) {
  const world = openWorld(subgraphs, counting(inThread, met))
  const { schema } = world.engine
  const before = met.counts[asked]!
  const ask = async ({ query, variables }: Question) => {
    const document = parse(query)
    if (validate(schema, document).length > 0) return
    const reference = await world.whole(document, variables)
    const ours = await world.federated(document, variables)
    met.count(asked)
    if (ours.errors?.[0]?.extensions?.code === 'OPERATION_RESOLUTION_FAILURE') return met.count(given)
    try {
      assertSame(ours, reference)
      const text = await world.text(document, variables)
      met.count('texts', text !== null)
      if (text !== null) assert.equal(text, JSON.stringify(ours))
    } catch (error) {
      const found = JSON.stringify({ ours, reference }, null, 1)
      throw new Error(`${query} ${JSON.stringify(variables)}\n${found}`, { cause: error })
    }
    countQuestion(document, schema, met)
    met.count('errors', Boolean(reference.errors))
    met.count('nulls that spread', reference.errors?.some(isSpread(reference.data)) ?? false)
  }
  if (also) await ask({ query: also, variables: {} })
  await fc.assert(
    fc.asyncProperty(fc.gen(), (g) => ask(question(g, schema, names, 25))),
    { numRuns: runs * times, seed, interruptAfterTimeLimit: 20_000 * times, markInterruptAsFailure: false },
  )
  t.diagnostic(`seed ${seed}: ${met.counts[asked]! - before} operations, ${world.calls} calls`)
  assert.deepEqual(world.invalid, [])
}

test('a shop of everything that federation offers', (t) =>
  compare(t, shop, 1_000, ['id', 'name', 'sku', 'price', 'weight', 'size', 'title']))

test('chains and circles of entities', (t) => {
  const oneNameOfTwoTypes = '{ start { next { c { coded { ... on B { byCode } ... on E { word } } } } } }'
  return compare(t, chain, 1_000, ['id', 'code', 'owner', 'text'], oneNameOfTwoTypes)
})

test('an interface that is an object elsewhere', (t) =>
  compare(t, press, 600, ['id', 'title', 'length', 'label']))

test('the product', (t) => {
  const product = readRegister({}).map(({ name, sdl }) => [name, readFileSync(join(root, sdl), 'utf8')])
  return compare(t, Object.fromEntries(product), 600, ['id'])
})

test('nothing that plans and operations are made of was missed', (t) => {
  t.diagnostic(JSON.stringify(met.counts))
  const { [given]: unplanned, ...counts } = met.counts
  assert.deepEqual(
    Object.keys(counts).filter((what) => counts[what] === 0),
    [],
  )
  assert.ok(unplanned! <= counts[asked]! / 100)
})
