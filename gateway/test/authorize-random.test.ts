import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import * as fc from 'fast-check'
import { parse, validate } from 'graphql'
import { derived, keyed, media, people, peopleSdlBefore } from './authorize/graphs.ts'
import { type Caller, compose, open, without } from './authorize/house.ts'
import {
  assertPartOf,
  assertSilent,
  assertUnasked,
  everything,
  policies,
  scopes,
} from './authorize/oracle.ts'
import { question } from './differential/query.ts'

/** The same questions each time; `NEXUS_DIFFERENTIAL=times,seed` asks more of them, and others. */
const [times = 1, seed = 1_301_787] = (process.env.NEXUS_DIFFERENTIAL ?? '')
  .split(',')
  .filter(Boolean)
  .map(Number)

type Subgraphs = Readonly<Record<string, string>>

/** Asks one engine random questions as random callers, and each time as somebody who may see everything. */
async function ask(t: TestContext, subgraphs: Subgraphs, runs: number, sdl = compose(subgraphs)) {
  const house = open(subgraphs, { sdl })
  const whole = open(subgraphs, { sdl, dryRun: true })
  const met = { asked: 0, withheld: 0, whole: 0, nothing: 0, calls: 0, spread: 0 }
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (g) => {
      const { query, variables } = question(g, house.engine.schema, ['id', 'name', 'email', 'x'], 25)
      const names = (of: string[]) => g(() => fc.subarray(of))
      const caller: Caller =
        g(fc.nat, { max: 3 }) === 0 ? {} : { scopes: names(scopes), policies: names(policies) }
      const document = parse(query)
      if (validate(house.engine.schema, document).length > 0) return
      house.asked.length = 0
      const { data, errors = [] } = await house.raw(document, caller, variables)
      const calls = [...house.asked]
      const all = await whole.raw(document, {}, variables)
      const full = await house.raw(document, everything, variables)
      try {
        assert.deepEqual(full, all)
        assertSilent({ data, errors }, caller)
        for (const call of calls) assertUnasked(call.query, house.schemas[call.subgraph]!.schema, caller)
        assertPartOf(
          data,
          all.data,
          errors.map(({ path = [] }) => path),
        )
        const codes = new Set(errors.map(({ extensions }) => extensions?.code))
        assert.deepEqual([...codes], errors.length > 0 ? ['UNAUTHORIZED_FIELD_OR_TYPE'] : [])
      } catch (error) {
        const found = JSON.stringify({ data, errors, all, calls }, null, 1)
        throw new Error(`${query} ${JSON.stringify({ variables, caller })}\n${found}`, { cause: error })
      }
      met.asked++
      met.calls += calls.length
      if (errors.length > 0) met.withheld++
      else met.whole++
      if (calls.length === 0) met.nothing++
      if (data === null) met.spread++
    }),
    { numRuns: runs * times, seed, endOnFailure: true },
  )
  t.diagnostic(`seed ${seed}: ${JSON.stringify(met)}`)
  assert.ok(met.withheld > runs / 20 && met.whole > runs / 20, 'some were withheld, some were not')
}

test('every directive at every place', (t) => ask(t, people, 450))
test('interfaces that ask nothing themselves', (t) => ask(t, people, 450, peopleSdlBefore))
test('interfaces that are objects elsewhere', (t) => ask(t, media, 100))
test('keys', (t) => ask(t, keyed, 50))
test('fields that are computed from others', (t) =>
  ask(t, derived, 100, without(compose(derived), ['User.greeting', 'User.far'])))
