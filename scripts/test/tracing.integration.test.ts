/** One request through the whole house, as a collector of traces sees it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openReceiver, treeOf } from '#kit/test/receiver.ts'
import { openTestHouse } from '../test-house.ts'

test('the spans of a REST request reach into the subgraphs, under one trace', async (t) => {
  const { url, spans } = await openReceiver(t)
  const house = await openTestHouse({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_TRACES_SAMPLER_ARG: '1' })
  const spanId = 'b7ad6b7169203331'
  try {
    const analyst = await house.as('analyst@acme.example')
    const traceparent = `00-0af7651916cd43dd8448eb211c80319c-${spanId}-01`
    const headers = { traceparent, 'x-request-id': 'mine' }
    const { status } = await analyst.rest('GET', '/assets?limit=1', undefined, headers)
    assert.equal(status, 200)
  } finally {
    await house.close()
  }
  const { operation } = treeOf(spans, spanId)
  const fetches = Object.entries(operation!).filter(([name]) => name.startsWith('fetch '))
  assert.ok(fetches.length > 0)
  for (const [name, below] of fetches) assert.deepEqual(below, { [name.replace('fetch', 'answer')]: {} })
  for (const part of ['parse', 'validate', 'authorize', 'plan']) assert.ok(part in operation!, part)
  const answers = spans.filter(({ name, traceId }) => name === 'answer' && traceId.startsWith('0af7'))
  for (const { attributes } of answers) assert.equal(attributes['nexus.request_id'], 'mine')
})
