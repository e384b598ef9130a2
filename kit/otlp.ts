/** Spans by OTLP over HTTP, as JSON (OpenTelemetry Protocol 1, `/v1/traces`). */
import { request } from 'undici'
import type { Log } from './log.ts'

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>
export type Finished = {
  name: string
  /** 1 within a process, 2 for another one, 3 by another one. */
  kind: 1 | 2 | 3
  traceId: string
  spanId: string
  parentSpanId: string | undefined
  /** In milliseconds, as `performance.now()` tells them. */
  from: number
  to: number
  attributes: Attributes
  /** The code of an error. */
  failed: string | undefined
}

// Microseconds are what a number still holds exactly.
const nanoseconds = (at: number) => `${Math.round((performance.timeOrigin + at) * 1_000)}000`

function valueIn(value: string | number | boolean): string {
  if (typeof value === 'string') return `{"stringValue":${JSON.stringify(value)}}`
  if (typeof value === 'boolean') return `{"boolValue":${value}}`
  return Number.isInteger(value) ? `{"intValue":${value}}` : `{"doubleValue":${value}}`
}

/** Written as soon as it ends: a span that is kept as an object until it is sent costs five times as much. */
export function written(span: Finished): string {
  const { name, kind, traceId, spanId, parentSpanId, failed } = span
  let attributes = ''
  for (const key in span.attributes) {
    const value = span.attributes[key]
    if (value === undefined) continue
    attributes += `${attributes && ','}{"key":${JSON.stringify(key)},"value":${valueIn(value)}}`
  }
  const parent = parentSpanId ? `,"parentSpanId":"${parentSpanId}"` : ''
  const status = failed === undefined ? '{}' : `{"code":2,"message":${JSON.stringify(failed)}}`
  return `{"traceId":"${traceId}","spanId":"${spanId}"${parent},"name":${JSON.stringify(name)},"kind":${kind},\
"startTimeUnixNano":"${nanoseconds(span.from)}","endTimeUnixNano":"${nanoseconds(span.to)}",\
"attributes":[${attributes}],"status":${status}}`
}

/** Headers as OpenTelemetry's variable has them: `name=value`, by commas, percent-encoded. */
export const headersIn = (text = ''): Record<string, string> =>
  Object.fromEntries(
    text
      .split(',')
      .map((each) => each.split('='))
      .flatMap(([name = '', value]) =>
        value === undefined ? [] : [[name.trim(), decodeURIComponent(value.trim())]],
      ),
  )

export type Sender = {
  add(span: string): void
  /** Sends what has not been sent. */
  close(): Promise<void>
}

/** How many spans are sent at once, after how long at most, and how many wait before the next ones are dropped. */
const batch = 512
const patienceMs = 5_000
const mostWaiting = 2_048
/** A process that ends waits no longer for a receiver that is away. */
const sendWithinMs = 2_000

/**
 * Sends spans in batches, one after the other. Those of a batch that does not arrive are lost, and the log says so.
 * @param endpoint the receiver, without `/v1/traces`
 * @param headers what it wants to be told beside, such as who sends
 */
export function createSender(
  endpoint: string,
  service: string,
  log: Log,
  headers: Readonly<Record<string, string>> = {},
): Sender {
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`
  const resource = `{"attributes":[{"key":"service.name","value":${valueIn(service)}}]}`
  const start = `{"resourceSpans":[{"resource":${resource},"scopeSpans":[{"scope":{"name":"nexus"},"spans":[`
  const waiting: string[] = []
  let timer: NodeJS.Timeout | null = null
  let sending: Promise<void> | null = null
  let isClosing = false

  const send = async () => {
    const spans = waiting.splice(0, batch)
    try {
      const { statusCode, body } = await request(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: `${start}${spans.join()}]}]}]}`,
        signal: AbortSignal.timeout(sendWithinMs),
      })
      await body.dump()
      if (statusCode >= 300) throw new Error(`the receiver answered ${statusCode}`)
    } catch (error) {
      log.warn({ reason: (error as Error).message, spans: spans.length }, 'traces could not be sent')
      // Nobody waits for a receiver that is away, batch after batch.
      if (isClosing) waiting.length = 0
    }
  }
  const sendWhile = async (least: number) => {
    while (waiting.length >= least && waiting.length > 0) await send()
  }
  const flush = (least: number) => {
    if (timer) clearTimeout(timer)
    timer = null
    sending ??= sendWhile(least).finally(() => {
      sending = null
      wait()
    })
    return sending
  }
  const wait = () => {
    if (waiting.length > 0 && !timer) timer = setTimeout(flush, patienceMs, 1).unref()
  }
  return {
    add(span) {
      if (waiting.length >= mostWaiting) return
      waiting.push(span)
      if (sending) return
      if (waiting.length >= batch) void flush(batch)
      else wait()
    },
    async close() {
      isClosing = true
      await sending
      await flush(1)
      if (timer) clearTimeout(timer)
      timer = null
      isClosing = false
    },
  }
}
