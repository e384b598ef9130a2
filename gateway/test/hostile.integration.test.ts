/** Thousands of questions that no honest client asks, against a gateway in a process of its own. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { attack, bystander, linesOf, percentile, refusalOf, warm } from './hostile/attack.ts'
import { corpus } from './hostile/corpus.ts'
import { startTarget, type Target } from './hostile/process.ts'

const mostCpuMs = 25
const mostWaitMs = 50
const seed = 7
const hostile = corpus(32, seed)

let target: Target
before(async () => {
  target = await startTarget()
  await warm(target)
})
after(() => target?.close())

test('each is refused, nobody is asked for it, and it costs little', async () => {
  assert.ok(hostile.length >= 2_000, `${hostile.length}`)
  const { calls } = await target.used()
  const hits = await attack(target, hostile, { mostMs: mostCpuMs, repeats: 3 })
  console.table(linesOf(hits))
  for (const { kind, body, reply } of hits) {
    const why = `${kind}: ${body.slice(0, 500)} -> ${reply.status} ${reply.body.slice(0, 500)}`
    assert.equal(refusalOf(reply), null, why)
  }
  assert.equal((await target.used()).calls, calls)
  // What two cores share with others costs more on them than alone: the worst may, none but the worst.
  const spent = hits.map(({ cpuMs }) => cpuMs)
  assert.ok(percentile(spent, 0.99) <= mostCpuMs, `${percentile(spent, 0.99)} ms`)
  assert.ok(Math.max(...spent) <= 2 * mostCpuMs, `${Math.max(...spent)} ms`)
})

test('a bystander goes on to be answered', async (t) => {
  const wait = async (perSecond: number) =>
    percentile(await bystander(target, { perSecond, ms: 4_000, seed }), 0.99)
  for (let attempt = 1; ; attempt++) {
    const [calm, attacked] = [await wait(0), await wait(50)]
    t.diagnostic(
      `p99 of a bystander: ${attacked.toFixed(1)} ms, ${calm.toFixed(1)} ms when nothing else is asked`,
    )
    if (attacked < Math.max(mostWaitMs, 5 * calm)) return
    assert.ok(attempt < 3, `${attacked} ms`)
  }
})

/** Names that every object has are names as others are. */
const harmless: [query: object, data: string][] = [
  [
    { query: '{ __proto__: __typename constructor: __typename toString: __typename }' },
    '{"__proto__":"Query","constructor":"Query","toString":"Query"}',
  ],
  [
    {
      query: 'query constructor { a: __typename } query toString { b: __typename }',
      operationName: 'toString',
    },
    '{"b":"Query"}',
  ],
  [
    { query: '{ ...constructor } fragment constructor on Query { hasOwnProperty: __typename }' },
    '{"hasOwnProperty":"Query"}',
  ],
  [
    {
      query:
        'query ($constructor: Boolean!, $valueOf: Boolean = false) { a: __typename @include(if: $constructor) b: __typename @include(if: $valueOf) }',
      variables: { constructor: true },
    },
    '{"a":"Query"}',
  ],
  [
    {
      query: 'query ($toString: Boolean = true) { a: __typename @skip(if: $toString) b: __typename }',
      variables: {},
    },
    '{"b":"Query"}',
  ],
]
test('names that every object has are answered as others are', async () => {
  for (const [question, data] of harmless) {
    const { status, body } = await target.ask(JSON.stringify(question))
    assert.deepEqual([status, body.trim()], [200, `{"data":${data}}`])
  }
})
