import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createLog } from '../log.ts'
import { during, openTracing, readTraceparent, type Span } from '../tracing.ts'
import { openReceiver, treeOf } from './receiver.ts'

const log = createLog('test', 'silent')
const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'

test('a header is read as W3C’s Trace Context has it, or not at all', () => {
  assert.deepEqual(readTraceparent(`00-${traceId}-${spanId}-01`), { traceId, spanId, isSeen: true })
  assert.deepEqual(readTraceparent(`00-${traceId}-${spanId}-00`), { traceId, spanId, isSeen: false })
  for (const wrong of [
    undefined,
    '',
    7,
    [`00-${traceId}-${spanId}-01`],
    traceId,
    `01-${traceId}-${spanId}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
    ` 00-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-1`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId}-${spanId}-01\r\nx: y`,
  ])
    assert.equal(readTraceparent(wrong), null, String(wrong))
})

test('without a receiver there is no tracing', async () => {
  assert.equal(await openTracing({ OTEL_TRACES_SAMPLER_ARG: 1 }, 'test', log), null)
})

test('spans arrive with their parents, services and failures; the client does not say which are seen', async (t) => {
  const { url, spans } = await openReceiver(t)
  const open = async (part: number) =>
    (await openTracing(
      { OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/`, OTEL_TRACES_SAMPLER_ARG: part },
      'test',
      log,
    ))!
  const never = await open(0)
  assert.equal(never.start('operation', `00-${traceId}-${spanId}-01`), undefined)
  const tracing = await open(1)
  const root = tracing.start('operation', `00-${traceId}-${spanId}-00`)!
  assert.match(root.traceparent, new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
  assert.equal(
    during(root, 'parse', () => 7),
    7,
  )
  assert.throws(() => during(root, 'plan', () => assert.fail('x')))
  await during(root, 'shape', async () => 7)
  const call = root.child('fetch', { 'nexus.subgraph': 'assets' }, 'client')
  never.goOn('answer', call.traceparent)!.end()
  assert.equal(never.goOn('answer', call.traceparent.replace(/01$/, '00')), undefined)
  assert.equal(never.goOn('answer', 'nonsense'), undefined)
  call.end('SERVICE_UNAVAILABLE')
  root.end()
  await Promise.all([never.close(), tracing.close()])
  assert.deepEqual(treeOf(spans, spanId), {
    operation: { 'fetch assets': { answer: {} }, parse: {}, plan: {}, shape: {} },
  })
  assert.deepEqual(
    [...new Set(spans.map((span) => [span.traceId, span.service].join()))],
    [`${traceId},nexus-test`],
  )
  const of = (name: string) => spans.find((span) => span.name === name)!
  assert.deepEqual(
    [of('operation').kind, of('parse').kind, of('fetch').kind, of('answer').kind],
    [2, 1, 3, 2],
  )
  assert.deepEqual([of('fetch').failed, of('plan').failed], ['SERVICE_UNAVAILABLE', 'thrown'])
})

test('a tenth is a tenth', async (t) => {
  const { url } = await openReceiver(t)
  const tracing = (await openTracing(
    { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_TRACES_SAMPLER_ARG: 0.1 },
    'test',
    log,
  ))!
  const seen = Array.from({ length: 10_000 }, () => tracing.start('operation', undefined)).filter(
    (span): span is Span => span !== undefined,
  )
  assert.ok(seen.length > 700 && seen.length < 1_300, String(seen.length))
  await tracing.close()
})

test('a receiver that is away is told in the log, and keeps nobody', async () => {
  const told: unknown[] = []
  const listening = { warn: (of: object) => told.push(of) } as unknown as typeof log
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_TRACES_SAMPLER_ARG: 1 }
  const tracing = (await openTracing(env, 'test', listening))!
  tracing.start('operation', undefined)!.end()
  await tracing.close()
  assert.equal(told.length, 1)
})

test('attributes keep their types, times their order, and text its signs', async (t) => {
  const { url, spans, texts, headers } = await openReceiver(t)
  const said = { OTEL_EXPORTER_OTLP_HEADERS: 'x-key=Basic%20b3Bz, x-team = b3BzMQ==' }
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_TRACES_SAMPLER_ARG: 1, ...said }
  const tracing = (await openTracing(env, 'test', log))!
  const before = BigInt(Date.now()) * 1_000_000n
  const root = tracing.start('operation', undefined)!
  root.set({ 'a "sign"': 'one\nline', count: 3, part: 0.5, good: true, none: undefined })
  root.set({ count: 4 })
  root.end()
  await tracing.close()
  assert.deepEqual(spans[0]!.attributes, { 'a "sign"': 'one\nline', count: 4, part: 0.5, good: true })
  const [{ startTimeUnixNano: from, endTimeUnixNano: to }] = JSON.parse(texts[0]!).resourceSpans[0]
    .scopeSpans[0].spans
  assert.ok(BigInt(from) > before - 50_000_000n && BigInt(to) >= BigInt(from))
  assert.ok(BigInt(to) < before + 5_000_000_000n)
  assert.deepEqual([headers[0]!['x-key'], headers[0]!['x-team']], ['Basic b3Bz', 'b3BzMQ=='])
})

test('spans go in batches, what is too much for a slow receiver is dropped, and what it refuses is told', async (t) => {
  const { url, spans, texts, answers } = await openReceiver(t)
  const told: { reason: string; spans: number }[] = []
  const listening = { warn: (of: (typeof told)[number]) => told.push(of) } as unknown as typeof log
  const tracing = (await openTracing(
    { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_TRACES_SAMPLER_ARG: 1 },
    'test',
    listening,
  ))!
  const spansOf = (count: number) => {
    for (let index = 0; index < count; index++) tracing.start('operation', undefined)!.end()
  }
  spansOf(600)
  while (spans.length === 0) await pause(5)
  assert.equal(spans.length, 512)
  spansOf(10_000)
  await tracing.close()
  assert.ok(spans.length >= 2_048 && spans.length <= 5_000, String(spans.length))
  assert.ok(texts.length <= Math.ceil(spans.length / 512) + 1)
  assert.deepEqual(told, [])
  answers.status = 503
  spansOf(3)
  await tracing.close()
  assert.deepEqual(told, [{ reason: 'the receiver answered 503', spans: 3 }])
})
