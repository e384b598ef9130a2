import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createBreaker } from '../federation/calls/breaker.ts'
import { type Faulty, openFaulty, well } from './faults/graph.ts'
import { type Answer, deadPort } from './faults/server.ts'

const total = '{ total }'
const reset: Answer = ({ socket }) => socket.resetAndDestroy()

/** Whether a subgraph answers, as a client sees it. */
const isThere = async ({ ask }: Faulty) => (await ask(total)).data.total === 300

test('a subgraph that only fails is left alone after ten calls, and is back soon after it is well', async (t) => {
  let clock = 0
  const breaker = createBreaker({ now: () => clock })
  const faulty = await openFaulty(t, { answer: reset, calls: () => ({ breaker }) })
  const { calls, behaviour } = faulty
  const from = performance.now()
  for (let times = 0; times < 20; times++) {
    assert.equal(await isThere(faulty), false)
    if (times === 9) t.diagnostic(`open after ${Math.round(performance.now() - from)} ms of failures`)
  }
  assert.equal(calls.length, 10)

  clock = 1_999
  assert.equal(await isThere(faulty), false)
  assert.equal(calls.length, 10)
  clock = 2_001
  assert.equal(await isThere(faulty), false)
  assert.equal(calls.length, 11)

  behaviour.answer = well
  assert.equal(await isThere(faulty), false)
  clock += 2_001
  assert.equal(await isThere(faulty), true)
  assert.equal(await isThere(faulty), true)
})

test('the same by the clock of the machine', async (t) => {
  const faulty = await openFaulty(t, { answer: reset })
  const from = performance.now()
  while (faulty.calls.length < 10) await isThere(faulty)
  const opened = performance.now()
  faulty.behaviour.answer = well
  while (!(await isThere(faulty))) assert.ok(performance.now() - opened < 10_000, 'it does not come back')
  const closed = performance.now()
  t.diagnostic(`open after ${Math.round(opened - from)} ms, closed ${Math.round(closed - opened)} ms later`)
  assert.equal(faulty.calls.length, 11)
})

test('a subgraph that hangs is left alone within two seconds, and is back when it answers', async (t) => {
  const faulty = await openFaulty(t, { answer: () => {} })
  const asked = () => faulty.calls.length
  const waiting: Promise<unknown>[] = [faulty.ask('{ first: total }')]
  while (asked() === 0) await pause(1)
  const from = performance.now()
  // As callers come, a few at a time, until one is answered at once.
  let open = 0
  while (open === 0) {
    const before = asked()
    const answered = faulty.ask(`{ total${waiting.length}: total }`)
    waiting.push(answered)
    const isQuick = await Promise.race([answered.then(() => true), pause(50, false)])
    if (isQuick && asked() === before) open = performance.now() - from
    assert.ok(performance.now() - from < 4_500, 'it is not left alone before calls are late')
  }
  assert.ok(open < 3_000, `left alone only after ${Math.round(open)} ms`)
  t.diagnostic(`left alone after ${Math.round(open)} ms and ${asked()} calls`)
  faulty.behaviour.answer = well
  const healed = performance.now()
  while (!(await isThere(faulty))) assert.ok(performance.now() - healed < 10_000, 'it does not come back')
  t.diagnostic(`back ${Math.round(performance.now() - healed)} ms after it is well`)
  for (const socket of faulty.sockets) socket.destroy()
  await Promise.all(waiting)
  // What failed from before is no reason to leave it alone again.
  assert.equal(await isThere(faulty), true)
})

const requests = 200
const sorted = (values: number[]) => values.toSorted((one, other) => one - other)
const part = (values: number[], of: number) => sorted(values)[Math.floor(values.length * of)]!

/** How long an operation takes that does not need the subgraph, where it is well and where it is not: in turn. */
async function compared(healthy: Faulty, faulty: Faulty, meanwhile: () => unknown) {
  const times = { healthy: [] as number[], faulty: [] as number[] }
  const timed = async ({ ask }: Faulty, into: number[]) => {
    const from = performance.now()
    const { data } = await ask('{ owner }')
    into.push(performance.now() - from)
    assert.deepEqual(data, { owner: 'ops' })
  }
  for (let index = 0; index < requests; index++) {
    await timed(healthy, times.healthy)
    await meanwhile()
    await timed(faulty, times.faulty)
  }
  const ratio = (of: number) => part(times.faulty, of) / part(times.healthy, of)
  return { median: ratio(0.5), p95: ratio(0.95), spent: part(times.healthy, 0.5) }
}

/** How much longer an operation may take because of another subgraph: at the median, and for the slowest twentieth. */
const most = 1.1
// The figures of one round tell of the machine, too: one of eight must be right.
async function assertUndisturbed(t: TestContext, healthy: Faulty, faulty: Faulty, meanwhile: () => unknown) {
  await compared(healthy, faulty, meanwhile)
  const rounds = []
  for (let round = 0; round < 8; round++) {
    const { median, p95, spent } = await compared(healthy, faulty, meanwhile)
    rounds.push(`${median.toFixed(2)} and ${p95.toFixed(2)}`)
    t.diagnostic(
      `median x${median.toFixed(2)}, p95 x${p95.toFixed(2)} of ${spent.toFixed(2)} ms where all are well`,
    )
    if (median <= most && p95 <= most) return
  }
  assert.fail(`operations that do not need the subgraph take ${rounds.join(', ')} times as long`)
}

test('who does not need a dead subgraph is not slowed by it', async (t) => {
  const [healthy, faulty] = [await openFaulty(t), await openFaulty(t, { port: await deadPort() })]
  await assertUndisturbed(t, healthy, faulty, () => faulty.ask(total))
})

test('who does not need a subgraph that hangs is not slowed by it', async (t) => {
  const [healthy, faulty] = [await openFaulty(t), await openFaulty(t, { answer: () => {} })]
  const waiting = Array.from({ length: 40 }, (_, index) => faulty.ask(`{ total${index}: total }`))
  await assertUndisturbed(t, healthy, faulty, () => {})
  for (const socket of faulty.sockets) socket.destroy()
  for (const { data } of await Promise.all(waiting)) assert.deepEqual(Object.values(data), [null])
})
