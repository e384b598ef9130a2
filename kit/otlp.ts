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

/** A span as it is sent. */
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
export function headersIn(text = ''): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const each of text.split(',')) {
    // What follows may have the sign too: it ends much of what is written in Base64.
    const sign = each.indexOf('=')
    if (sign > 0) headers[each.slice(0, sign).trim()] = decodeURIComponent(each.slice(sign + 1).trim())
  }
  return headers
}

export type Sender = {
  add(span: string): void
  /** Sends what has not been sent. */
  close(): Promise<void>
}

/** How many spans are sent at once, after how long at most, and how many batches wait before spans are dropped. */
const batch = 512
const patienceMs = 5_000
const mostWaiting = 4
/** A process that ends waits no longer for a receiver that is away. */
const sendWithinMs = 2_000
/** Spans of usual length fit, a batch of them. */
const batchBytes = 512 * 1_024

type Batch = { bytes: Buffer; length: number; spans: number }

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
  const end = ']}]}]}'
  const begun = (): Batch => {
    const bytes = Buffer.allocUnsafe(batchBytes)
    return { bytes, length: bytes.write(start), spans: 0 }
  }
  const waiting: Batch[] = []
  // Bytes, since a text that is put together of many stays as many things for V8 to look after.
  let current = begun()
  let timer: NodeJS.Timeout | null = null
  let sending: Promise<void> | null = null
  let isClosing = false

  const send = async ({ bytes, length, spans }: Batch) => {
    try {
      const { statusCode, body } = await request(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: bytes.subarray(0, length + bytes.write(end, length)),
        signal: AbortSignal.timeout(sendWithinMs),
      })
      await body.dump()
      if (statusCode >= 300) throw new Error(`the receiver answered ${statusCode}`)
    } catch (error) {
      log.warn({ reason: (error as Error).message, spans }, 'traces could not be sent')
      // Nobody waits for a receiver that is away, batch after batch.
      if (isClosing) waiting.length = 0
    }
  }
  const sendAll = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await send(next)
  }
  /** Ends the current batch, and has it sent. */
  const flush = () => {
    if (timer) clearTimeout(timer)
    timer = null
    if (current.spans > 0) {
      waiting.push(current)
      current = begun()
    }
    sending ??= sendAll().finally(() => {
      sending = null
      if (waiting.length > 0) void flush()
    })
    return sending
  }
  return {
    add(span) {
      // No character takes more bytes.
      const most = span.length * 3 + end.length + 1
      if (current.length + most > batchBytes) void flush()
      if (waiting.length >= mostWaiting || current.length + most > batchBytes) return
      if (current.spans++ > 0) current.length += current.bytes.write(',', current.length)
      current.length += current.bytes.write(span, current.length)
      if (current.spans === batch) void flush()
      else timer ??= setTimeout(flush, patienceMs).unref()
    },
    async close() {
      isClosing = true
      await sending
      await flush()
      isClosing = false
    },
  }
}
