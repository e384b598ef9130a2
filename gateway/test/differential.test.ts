import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import * as fc from 'fast-check'
import { parse, validate } from 'graphql'
import { readRegister, root } from '#kit/register.ts'
import { apolloPlanner } from '../federation/generation.ts'
import { assertSame } from './differential/compare.ts'
import { chain, shop } from './differential/graphs.ts'
import { question } from './differential/query.ts'
import { counting, createTally, planParts, type Tally } from './differential/tally.ts'
import { openWorld, type Subgraphs } from './differential/world.ts'

/** `NEXUS_DIFFERENTIAL=times,seed` runs longer, and the same again. */
const [times = 1, seed = Math.floor(Math.random() * 2 ** 31)] = (process.env.NEXUS_DIFFERENTIAL ?? '')
  .split(',')
  .filter(Boolean)
  .map(Number)

const unplanned = 'questions that the planner gave up'

/** Asks one graph many random questions in both ways, and tells what they met. */
async function compare(t: TestContext, subgraphs: Subgraphs, runs: number, met: Tally, names: string[]) {
  const world = openWorld(subgraphs, counting(apolloPlanner, met))
  const { schema } = world.engine
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (g) => {
      const { query, variables } = question(g, schema, names, 25)
      const document = parse(query)
      const isValid = validate(schema, document).length === 0
      met.count(isValid ? 'questions' : 'questions that are not valid')
      if (!isValid) return
      const reference = await world.whole(document, variables)
      const ours = await world.federated(document, variables)
      if (ours.errors?.[0]?.extensions?.code === 'OPERATION_RESOLUTION_FAILURE') return met.count(unplanned)
      try {
        assertSame(ours, reference)
      } catch (error) {
        const found = JSON.stringify({ ours, reference }, null, 1)
        throw new Error(`${query} ${JSON.stringify(variables)}\n${found}`, { cause: error })
      }
      met.count('errors', Boolean(reference.errors))
      met.count('answers without data', reference.data === null)
    }),
    { numRuns: runs * times, seed, interruptAfterTimeLimit: 25_000 * times, markInterruptAsFailure: false },
  )
  t.diagnostic(`seed ${seed}: ${JSON.stringify(met.counts)}; ${world.calls} calls`)
  assert.deepEqual(world.invalid, [])
  assert.ok(met.counts[unplanned]! <= met.counts.questions! / 100)
}

test('the shop', async (t) => {
  const met = createTally(unplanned, ...planParts)
  await compare(t, shop, 1_000, met, ['id', 'name', 'sku', 'price', 'weight', 'size', 'title'])
})

test('the chain', async (t) => {
  const met = createTally(unplanned)
  await compare(t, chain, 1_000, met, ['id', 'code', 'owner', 'text'])
})

test('the product', async (t) => {
  const met = createTally(unplanned)
  const product = Object.fromEntries(
    readRegister({}).map(({ name, sdl }) => [name, readFileSync(join(root, sdl), 'utf8')]),
  )
  await compare(t, product, 500, met, ['id'])
})
