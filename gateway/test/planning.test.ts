import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { GraphQLError, parse } from 'graphql'
import { createEngine } from '../federation/engine.ts'
import { inThread } from '../federation/planner/in-thread.ts'
import { createWorkers, type WorkersOptions } from '../federation/planner/workers.ts'
import { bomb, pressGraph } from './bomb.ts'

const { supergraphSdl } = pressGraph()
const plain = '{ favourites { id } }'

function open(t: TestContext, options: WorkersOptions = {}) {
  const failures: string[] = []
  const planning = createWorkers({ onFailure: ({ error }) => failures.push(error.message), ...options })
  t.after(() => planning.close())
  const planner = planning.plannerOf(supergraphSdl)
  const plan = (query: string) => planner.plan(parse(query), undefined)
  const refusal = (query: string) =>
    plan(query).then(
      () => assert.fail('planned'),
      (error: Error) => (error instanceof GraphQLError ? error.extensions.code : 'unplannable'),
    )
  return { planning, planner, plan, refusal, failures }
}

test('a plan from a worker is the plan that the planner makes here', async (t) => {
  const { planner } = open(t)
  const here = inThread.plannerOf(supergraphSdl)
  assert.deepEqual(await planner.load(), await here.load())
  const inner = 'label shelf fans ... on Film { cast { copies title(in: DE) } }'
  for (const query of [
    plain,
    `{ favourites { ${inner} } }`,
    `query Named($of: String) { media { other: label(of: $of) ${inner} } }`,
    'subscription { filed { label fans } }',
    '{ __typename }',
  ])
    assert.deepEqual(
      await planner.plan(parse(query), undefined),
      JSON.parse(JSON.stringify(await here.plan(parse(query), undefined))),
    )
})

test('a bomb ends at the deadline, and others are planned meanwhile', async (t) => {
  const { planner, plan, refusal, failures } = open(t, { deadlineMs: 3_000 })
  await planner.load()
  const spent = process.threadCpuUsage()
  let isPending = true
  const refused = refusal(bomb).finally(() => {
    isPending = false
  })
  for (let index = 0; index < 20; index++) await plan(`{ favourites { a${index}: label } }`)
  assert.ok(isPending)
  assert.equal(await refused, 'unplannable')
  const { user, system } = process.threadCpuUsage(spent)
  assert.ok(user + system < 1_000_000, `${user + system} us of this thread`)
  assert.equal(failures.length, 1)
})

test('an engine answers others while a bomb is planned, and its loop stays free', async (t) => {
  const planning = createWorkers({ deadlineMs: 3_000 })
  const fetch = async () => ({ data: { favourites: [{ __typename: 'Book', id: '1' }] } })
  const engine = createEngine({ supergraphSdl, planning, sourceFor: () => ({ fetch }) })
  t.after(() => engine.stop!())
  const ask = (query: string) => {
    const document = engine.read(query)
    assert.ok('ast' in document)
    return engine.execute({ document, context: {} })
  }
  await ask(plain)
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  const spent = process.threadCpuUsage()
  let isPending = true
  const refused = ask(bomb).finally(() => {
    isPending = false
  })
  for (let index = 0; index < 20; index++) {
    const { data } = await ask(`{ favourites { id, other${index}: __typename } }`)
    assert.equal(JSON.stringify(data), `{"favourites":[{"id":"1","other${index}":"Book"}]}`)
  }
  assert.ok(isPending)
  const { errors } = await refused
  const { user, system } = process.threadCpuUsage(spent)
  delay.disable()
  t.diagnostic(
    `longest delay of the loop ${Math.round(delay.max / 1e6)} ms, ${user + system} us of its thread`,
  )
  assert.equal(errors?.[0]?.extensions.code, 'OPERATION_RESOLUTION_FAILURE')
  assert.doesNotMatch(errors[0].message, /late|long/)
  assert.ok(user + system < 1_000_000)
})

test('equals are planned once, and what was too much is remembered', async (t) => {
  const { refusal, plan, failures } = open(t, { workers: 1, deadlineMs: 500 })
  const codes = await Promise.all([refusal(bomb), refusal(`# the same\n${bomb}`)])
  assert.deepEqual(codes, ['unplannable', 'unplannable'])
  assert.equal(await refusal(bomb), 'unplannable')
  assert.deepEqual(failures, ['Planning took too long'])
  assert.ok(await plan(plain))
})

test('who would have to wait too long is told so', async (t) => {
  const { planner, refusal } = open(t, { workers: 1, deadlineMs: 1_000, waitMs: 50, mostWaiting: 1 })
  await planner.load()
  const first = refusal(bomb)
  const second = refusal(plain)
  assert.equal(await refusal('{ media { id } }'), 'SERVICE_UNAVAILABLE')
  assert.equal(await second, 'SERVICE_UNAVAILABLE')
  assert.equal(await first, 'unplannable')
})

test('a plan that needs too much memory is refused, and the next one is planned', async (t) => {
  const { refusal, plan, failures } = open(t, { workers: 1, memoryMb: 128, deadlineMs: 120_000 })
  assert.equal(await refusal(bomb), 'unplannable')
  assert.match(failures[0]!, /ended with SIG/)
  assert.ok(await plan(plain))
})

test('an SDL that is none is refused, and the worker goes on', async (t) => {
  const { planning, plan } = open(t, { workers: 1 })
  await assert.rejects(planning.plannerOf('type Query { a: Int').load())
  await assert.rejects(planning.plannerOf('type Query { a: Int }').load())
  assert.ok(await plan(plain))
})

test('a supergraph that was closed is planned for those who still ask', async (t) => {
  const { planner, plan } = open(t, { workers: 1 })
  await planner.load()
  planner.close()
  assert.ok(await plan(plain))
})

test('closing refuses what is being planned, and what comes after', async (t) => {
  const { planning, planner, refusal } = open(t, { workers: 1 })
  await planner.load()
  const pending = [refusal(bomb), refusal(plain)]
  await planning.close()
  assert.deepEqual(await Promise.all(pending), ['SERVICE_UNAVAILABLE', 'SERVICE_UNAVAILABLE'])
  assert.equal(await refusal(plain), 'SERVICE_UNAVAILABLE')
})

test('planning keeps no process', async () => {
  const modules = ['../federation/planner/workers.ts', './bomb.ts'].map((file) =>
    JSON.stringify(join(import.meta.dirname, file)),
  )
  const script = `
    const [{ createWorkers }, { pressGraph }] = await Promise.all([${modules.map((file) => `import(${file})`)}])
    await createWorkers().plannerOf(pressGraph().supergraphSdl).load()
    console.log('loaded')`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  assert.equal(stdout, 'loaded\n')
})
