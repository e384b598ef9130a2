import type { Log } from './log.ts'
import { type Attributes, createSender, type Finished, headersIn, written } from './otlp.ts'
import { randomBytes } from './random.ts'

/** A stretch of work that is seen from outside. What may be unseen has `Span | undefined`, and costs nothing then. */
export type Span = {
  /** Begins a part of it. A part that calls another process is its `client`. */
  child(name: string, attributes?: Attributes, kind?: 'client'): Span
  set(attributes: Attributes): void
  /** Ends it; with the code of an error where it failed. */
  end(failed?: string): void
  /** The header of W3C's Trace Context by which another process goes on with it. */
  readonly traceparent: string
}
export type Tracer = {
  /**
   * Begins what a client asked for, as part of the client's own trace where its header names one; undefined where it
   * is not among those that are seen. Whether it is, is never for the client to say.
   */
  start(name: string, traceparent: string | undefined): Span | undefined
  /** Goes on with what another process of ours has begun, where that is seen; only for a caller that is believed. */
  goOn(name: string, traceparent: string | undefined, attributes?: Attributes): Span | undefined
}
export type Tracing = Tracer & {
  /** Sends what has not been sent. */
  close(): Promise<void>
}

/** Runs a part of a span, where there is one. */
export function during<Result>(span: Span | undefined, name: string, work: () => Result): Result {
  if (!span) return work()
  const part = span.child(name)
  try {
    const result = work()
    if (result instanceof Promise) return result.finally(() => part.end()) as Result
    part.end()
    return result
  } catch (error) {
    part.end('thrown')
    throw error
  }
}

const form = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/
const nothing = /^0+$/

/** What a header says, or null where it is not as W3C's Trace Context has it. */
export function readTraceparent(
  header: unknown,
): { traceId: string; spanId: string; isSeen: boolean } | null {
  if (typeof header !== 'string') return null
  const [, traceId = '0', spanId = '0', flags = '0'] = form.exec(header) ?? []
  if (nothing.test(traceId) || nothing.test(spanId)) return null
  return { traceId, spanId, isSeen: (Number.parseInt(flags, 16) & 1) === 1 }
}

const idOf = (bytes: number) => randomBytes(bytes).toString('hex')

type Place = Pick<Finished, 'traceId' | 'parentSpanId'>

/**
 * Sends spans to an OTLP receiver by HTTP, in batches; null where none is named.
 * @param env the receiver, what it is told in headers, and the part of all requests that is seen, 0 to 1
 */
export async function openTracing(
  env: {
    OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined
    OTEL_EXPORTER_OTLP_HEADERS?: string | undefined
    OTEL_TRACES_SAMPLER_ARG: number
  },
  service: string,
  log: Log,
): Promise<Tracing | null> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: part } = env
  if (!endpoint) return null
  const headers = headersIn(env.OTEL_EXPORTER_OTLP_HEADERS)
  const sender = createSender(endpoint, `nexus-${service}`, log, headers)

  const begin = (name: string, kind: Finished['kind'], place: Place, given: Attributes = {}): Span => {
    const { traceId } = place
    const from = performance.now()
    const spanId = idOf(8)
    let attributes = given
    return {
      traceparent: `00-${traceId}-${spanId}-01`,
      child: (childName, of, childKind) =>
        begin(childName, childKind === 'client' ? 3 : 1, { traceId, parentSpanId: spanId }, of),
      set(more) {
        attributes = { ...attributes, ...more }
      },
      end(failed) {
        const to = performance.now()
        sender.add(written({ name, kind, ...place, spanId, from, to, attributes, failed }))
      },
    }
  }
  const below = (parent: ReturnType<typeof readTraceparent>): Place =>
    parent
      ? { traceId: parent.traceId, parentSpanId: parent.spanId }
      : { traceId: idOf(16), parentSpanId: undefined }
  return {
    // Decided before a span begins, so that what is not seen is not made.
    start: (name, traceparent) =>
      Math.random() < part ? begin(name, 2, below(readTraceparent(traceparent))) : undefined,
    goOn(name, traceparent, attributes) {
      const parent = readTraceparent(traceparent)
      return parent?.isSeen ? begin(name, 2, below(parent), attributes) : undefined
    },
    close: () => sender.close(),
  }
}
