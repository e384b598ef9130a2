/** `nexus verify-isolation` as a user runs it: it attacks all that there is, finds nothing, and misses no wall. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { before, test } from 'node:test'
import { type GraphQLSchema, isInputObjectType, isObjectType } from 'graphql'
import { root } from '#kit/register.ts'
import { routes as rowsOf } from '../../gateway/rest/routes.ts'
import type { Drawn } from '../isolation/attacks.ts'
import { cachesIn } from '../isolation/caches.ts'
import type { Tested } from '../isolation/mutants.ts'
import { readSchema } from '../isolation/scratch.ts'

type Kind = { found: number; attacked: number; attacks: number; control: number }
type Report = {
  clean: boolean
  kinds: Record<string, Kind>
  findings: object[]
  drawn: Drawn & { seed: number }
  mutants: Tested[]
}

const count = 10_000
// A few more, should a document be refused as a whole: those count for nothing.
const drawnAtAll = count + 200
let code: number
let report: Report

const nexus = (...args: string[]): Promise<{ code: number; out: string; error: string }> =>
  new Promise((resolve) => {
    const command = [`${root}scripts/nexus.ts`, 'verify-isolation', ...args]
    execFile(process.execPath, command, { maxBuffer: 2 ** 26 }, (error, out, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, out, error: stderr }),
    )
  })

// One house for all that is shown here.
before(async () => {
  const ended = await nexus('--sample', '--drawn', `${drawnAtAll}`, '--self-test', '--json')
  assert.ok(ended.out, ended.error)
  code = ended.code
  report = JSON.parse(ended.out)
})

/** Counted here a second time, and in another way than the command does. */
function sizesOf(schema: GraphQLSchema) {
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'))
  const objects = types.filter(isObjectType).map((type) => Object.values(type.getFields()))
  const inputs = types.filter(isInputObjectType).map((type) => Object.keys(type.getFields()).length)
  const sum = (counts: number[]) => counts.reduce((all, count) => all + count, 0)
  return {
    fields: sum(objects.map((fields) => fields.length)),
    arguments: sum(inputs) + sum(objects.flat().map(({ args }) => args.length)),
    mutations: Object.keys(schema.getMutationType()!.getFields()).length,
    subscriptions: Object.keys(schema.getSubscriptionType()!.getFields()).length,
  }
}

test('all that the schema, the catalogue and the routes hold is attacked, and nothing leaks', (context) => {
  const { clean, kinds, findings } = report
  assert.deepEqual(findings.slice(0, 10), [])
  assert.equal(clean, true)
  assert.equal(code, 0)
  const schema = readSchema()
  // That the catalogue of tables and functions is read as a whole, `catalogue.integration.test.ts` shows.
  const expected = { ...sizesOf(schema), caches: cachesIn(root).length }
  const found = Object.fromEntries(Object.keys(expected).map((name) => [name, kinds[name]?.found]))
  assert.deepEqual(found, expected)
  assert.ok(kinds.routes!.found > rowsOf(schema).length, 'some REST rows are no routes')
  assert.deepEqual(Object.keys(kinds).sort(), [
    ...['arguments', 'caches', 'exports', 'fields', 'functions', 'jobs', 'keys', 'mutations', 'routes'],
    ...['subscriptions', 'tables', 'uploads'],
  ])
  for (const [name, { found, attacked, attacks, control }] of Object.entries(kinds)) {
    assert.ok(found > 0, `there are no ${name}`)
    assert.equal(attacked, found, name)
    assert.ok(attacks >= attacked, name)
    assert.ok(control > 0, `${name}: nobody saw anything, not even their own`)
    context.diagnostic(`${name}: ${attacked} of ${found}, ${attacks} attacks`)
  }
})

test('10,000 attacks that are drawn by lot bring home not one canary', (context) => {
  const { seed, attacks, byDoor, refused, forbidden, control, leaks } = report.drawn
  context.diagnostic(
    JSON.stringify({ seed, attacks, byDoor, refused, forbidden, control, leaks: leaks.length }),
  )
  assert.deepEqual(leaks.slice(0, 5), [], `seed ${seed}`)
  assert.ok(attacks - refused >= count, `${refused} in documents that were refused as a whole`)
  assert.deepEqual(Object.keys(byDoor).sort(), ['graph', 'mutations', 'rest', 'subscription'])
  assert.ok(control > 0, 'whose things they are see them')
  assert.ok(forbidden > 0, 'who may not is refused')
})

test('each wall that is taken away is missed, by its name', () => {
  const { mutants } = report
  assert.equal(mutants.length, 4)
  for (const { mutant, exitCode, found } of mutants) assert.deepEqual([exitCode, found], [1, true], mutant)
})
