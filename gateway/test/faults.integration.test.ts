import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { createBreaker } from '../federation/calls/breaker.ts'
import { bodyFaults } from './faults/bodies.ts'
import { entityFaults } from './faults/entities.ts'
import { errorFaults } from './faults/errors.ts'
import { type Fault, gone, madeOnce, question } from './faults/fault.ts'
import { type Faulty, openFaulty, well } from './faults/graph.ts'
import { type Answer, deadPort } from './faults/server.ts'
import { valueFaults } from './faults/values.ts'
import { wireFaults } from './faults/wire.ts'
import { assertNoLeak } from './leaks.ts'

/** No breaker comes in between; patience with who hangs is short, in milliseconds. */
const calls =
  (hangs = false) =>
  () => ({
    breaker: createBreaker({ failures: 1_000 }),
    ...(hangs && { deadlineMs: 300 }),
  })

const mostSent = 16 * 1024 * 1024

type Told = Awaited<ReturnType<Faulty['ask']>>
const secrets = ['inventory', 'scoring']

function check({ ports }: Faulty, told: Told, { data, errors = [] }: Pick<Fault, 'data' | 'errors'>): void {
  assert.deepEqual(told.data, data)
  assert.deepEqual(
    (told.errors ?? []).map(({ path, extensions }) => [path?.join('.'), extensions.code]).sort(),
    errors.map(([path, code]) => [path, code]).sort(),
  )
  assertNoLeak(told.text + JSON.stringify(told.reply.headers), [...ports, ...secrets])
  assert.equal(told.status, 200)
}

async function suffer(faulty: Faulty, { answer, query = question, ...fault }: Fault) {
  faulty.calls.length = 0
  faulty.behaviour.answer = answer
  check(faulty, await faulty.ask(query), fault)
  if (fault.calls !== undefined) assert.equal(faulty.calls.length, fault.calls)
  // What was sent beyond it stands in the buffers of two sockets, and nobody reads it.
  if (fault.largest) for (const { socket } of faulty.calls) assert.ok(socket.bytesWritten < mostSent)
  const { data } = await faulty.ask('mutation { rescore touch }')
  assert.equal(data.touch, 'touched')
  assert.equal(faulty.calls.filter(({ isMutation }) => isMutation).length, 1)
}

suite('a subgraph that', { concurrency: 4 }, () => {
  for (const fault of [...wireFaults, ...bodyFaults])
    test(fault.name, async (t) => {
      const { largest, hangs } = fault
      const options = { calls: calls(hangs), ...(largest && { largest }) }
      await suffer(await openFaulty(t, options), { ...fault, ...(hangs && { calls: madeOnce }) })
    })
})

suite('a subgraph that is read and', () => {
  let faulty: Faulty
  const closers: (() => unknown)[] = []
  before(async () => {
    faulty = await openFaulty({ after: (close) => closers.push(close) }, { calls: calls() })
  })
  after(async () => {
    for (const close of closers.reverse()) await close()
  })
  for (const fault of [...valueFaults, ...errorFaults, ...entityFaults])
    test(fault.name, async () => {
      // What is asked again is answered by texts, as long as they are what was expected.
      faulty.behaviour.answer = well
      for (let times = 0; times < 2; times++) await faulty.ask(fault.query ?? question)
      await suffer(faulty, fault)
    })
})

test('a subgraph that is not there', async (t) => {
  const faulty = await openFaulty(t, { port: await deadPort(), calls: calls() })
  check(faulty, await faulty.ask(question), gone)
})

test('a connection that was kept and closes when it is used again costs a query nothing', async (t) => {
  const answer: Answer = (call) => (call.beforeHere > 0 ? call.socket.destroy() : well(call))
  const faulty = await openFaulty(t, { answer, calls: calls() })
  const total = { data: { total: 300 } }
  check(faulty, await faulty.ask('{ total }'), total)
  check(faulty, await faulty.ask('{ total }'), total)
  assert.deepEqual(
    faulty.calls.map(({ beforeHere }) => beforeHere),
    [0, 1, 0],
  )
  const errors = [['rescore', 'SERVICE_UNAVAILABLE']] as const
  check(faulty, await faulty.ask('mutation { rescore }'), { data: { rescore: null }, errors })
  assert.equal(faulty.calls.length, 4)
})
