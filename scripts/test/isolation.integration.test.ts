/** `nexus verify-isolation` as a user runs it: it attacks all that there is, finds nothing, and misses no wall. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { type GraphQLSchema, isInputObjectType, isObjectType } from 'graphql'
import { root } from '#kit/register.ts'
import { routes as rowsOf } from '../../gateway/rest/routes.ts'
import { cachesIn } from '../isolation/caches.ts'
import { readSchema } from '../isolation/verify.ts'
import { openTestHouse } from '../test-house.ts'
import { openOwner } from './owner.ts'

type Ended = { code: number; out: string; error: string }
type Kind = { found: number; attacked: number; attacks: number; control: number }

const nexus = (...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const command = [`${root}scripts/nexus.ts`, 'verify-isolation', ...args]
    execFile(process.execPath, command, { maxBuffer: 2 ** 26 }, (error, out, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, out, error: stderr }),
    )
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

async function sizesOfDatabase() {
  const house = await openTestHouse()
  const owner = await openOwner(house)
  try {
    const count = async (text: string) => Number((await owner.query(text)).rows[0].count)
    const schemas = `(select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')`
    return {
      tables: await count(
        `select count(*) from pg_class where relkind in ('r', 'p', 'v', 'm', 'S') and relnamespace in ${schemas}`,
      ),
      functions: await count(`select count(*) from pg_proc where prosecdef and pronamespace in ${schemas}`),
      jobs: await count('select count(*) from jobs.queue'),
    }
  } finally {
    await owner.close()
    await house.close()
  }
}

test('all that the schema, the catalogue and the routes hold is attacked, and nothing leaks', async () => {
  const { code, out, error } = await nexus('--json')
  assert.ok(out, error)
  const { clean, kinds, findings } = JSON.parse(out) as {
    clean: boolean
    kinds: Record<string, Kind>
    findings: object[]
  }
  assert.deepEqual(findings.slice(0, 10), [])
  assert.equal(clean, true)
  assert.equal(code, 0)
  const schema = readSchema()
  const expected = { ...sizesOf(schema), ...(await sizesOfDatabase()), caches: cachesIn(root).length }
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
  }
})

test('each wall that is taken away is missed, by its name', async () => {
  const { code, out, error } = await nexus('--self-test', '--json')
  assert.ok(out, error)
  const [whole, ...mutants] = JSON.parse(out) as {
    mutant: string
    exitCode: number
    found: boolean
    first: string | null
  }[]
  assert.deepEqual([whole!.exitCode, whole!.first], [0, null])
  assert.equal(mutants.length, 4)
  for (const { mutant, exitCode, found } of mutants) assert.deepEqual([exitCode, found], [1, true], mutant)
  assert.equal(code, 0)
})
