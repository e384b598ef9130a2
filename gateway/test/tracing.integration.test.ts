import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createLog } from '#kit/log.ts'
import { openReceiver, treeOf } from '#kit/test/receiver.ts'
import { openTracing } from '#kit/tracing.ts'
import { openFaulty, well } from './faults/graph.ts'
import { type Answer, http } from './faults/server.ts'
import { assertNoLeak } from './leaks.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'
const traceparent = `00-${traceId}-${spanId}-01`

/** A gateway all of whose operations are traced; `seen` sends what has been traced, and reads it. */
async function open(t: TestContext, answer: Answer = well) {
  const receiver = await openReceiver(t)
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_TRACES_SAMPLER_ARG: 1 }
  const tracer = (await openTracing(env, 'gateway', createLog('test', 'silent')))!
  const faulty = await openFaulty(t, { answer, tracer })
  const seen = async () => {
    await tracer.close()
    return receiver.spans
  }
  return { ...faulty, receiver, seen }
}

test('one operation is one tree, from what the client says to what subgraphs are told', async (t) => {
  const { ask, calls, receiver, seen } = await open(t)
  const headers = { traceparent, 'x-request-id': 'mine' }
  const { errors } = await ask('query Scores { assets { name score } total }', headers)
  assert.equal(errors, undefined)
  const spans = await seen()
  assert.deepEqual(treeOf(spans, spanId), {
    operation: {
      authorize: {},
      'fetch inventory': {},
      'fetch scoring': {},
      parse: {},
      plan: {},
      shape: {},
      validate: {},
    },
  })
  assert.equal(spans.length, 9)
  const [root] = spans.filter(({ name }) => name === 'operation')
  assert.deepEqual(root!.attributes, { 'nexus.request_id': 'mine', 'graphql.operation.name': 'Scores' })
  const fetches = spans.filter(({ attributes }) => attributes['nexus.subgraph'] === 'scoring')
  assert.deepEqual(
    calls.map((call) => call.headers.traceparent).toSorted(),
    fetches.map((span) => `00-${traceId}-${span.spanId}-01`).toSorted(),
  )
  assert.doesNotMatch(receiver.texts.join(), /total|score/)
})

test('what is known is not read or planned again, and what fails says so', async (t) => {
  const { ask, behaviour, seen } = await open(t)
  await ask('{ total }')
  behaviour.answer = ({ socket }) => socket.write(http('{"errors":[{"message":"at db.internal:5432"}]}'))
  await ask('{ total }', { traceparent })
  await ask('{ nothing }', { traceparent })
  const spans = await seen()
  const own = spans.filter((span) => span.traceId === traceId)
  assert.deepEqual(own.map(({ name, failed }) => [name, failed]).toSorted(), [
    ['authorize', undefined],
    ['fetch', 'errors'],
    ['operation', 'GRAPHQL_VALIDATION_FAILED'],
    ['operation', 'INTERNAL_SERVER_ERROR'],
    ['parse', undefined],
    ['shape', undefined],
    ['validate', undefined],
  ])
})

test('a header that is none begins a trace of its own, and goes no further', async (t) => {
  const { ask, calls, seen } = await open(t)
  for (const wrong of [
    'nonsense',
    `${traceparent}-x`,
    traceparent.toUpperCase(),
    `00-${traceId}-${spanId}-zz`,
  ])
    await ask('{ total }', { traceparent: wrong })
  const roots = (await seen()).filter(({ name }) => name === 'operation')
  assert.equal(new Set(roots.map((root) => root.traceId)).size, 4)
  for (const root of roots) assert.equal(root.parentSpanId, undefined)
  for (const { headers } of calls) assert.doesNotMatch(headers.traceparent!, new RegExp(traceId))
})

test('where nothing is traced subgraphs hear of no trace, whatever the client says', async (t) => {
  const { ask, calls } = await openFaulty(t)
  await ask('{ total }', { traceparent })
  assert.equal(calls[0]!.headers.traceparent, undefined)
})

test('in development who asks for the plan is shown it, and no address', async (t) => {
  const { ask, ports } = await openFaulty(t, { production: false })
  const { data, text, extensions } = await ask('{ assets { score } }', { 'nexus-query-plan': '1' })
  assert.deepEqual(data.assets[0], { score: 100 })
  assert.match(extensions!.queryPlan!, /^QueryPlan \{\n {2}Sequence \{\n {4}Fetch\(service: "inventory"\)/)
  assertNoLeak(text, ports)
  assert.ok(!('extensions' in (await ask('{ assets { score } }'))))
  assert.ok(!('extensions' in (await ask('{ assets { score } }', { 'nexus-query-plan': '0' }))))
})

test('in production nobody is, and no answer says more than it is asked', async (t) => {
  const { ask, ports } = await open(t)
  for (const query of ['{ assets { score } }', '{ total }', '{ nothing }', '{', 'mutation { touch }']) {
    const { text, ...answer } = await ask(query, { 'nexus-query-plan': '1', traceparent })
    assert.deepEqual(
      Object.keys(JSON.parse(text)).filter((key) => key !== 'data' && key !== 'errors'),
      [],
      query,
    )
    assertNoLeak(text + JSON.stringify(answer.reply.headers), [...ports, 'inventory', 'scoring', traceId])
  }
})
