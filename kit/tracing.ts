import type { Context, Span as OtelSpan, Tracer as OtelTracer } from '@opentelemetry/api'
import type { SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { Log } from './log.ts'

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>
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

/** Retries included: a process that ends waits no longer for a receiver that is away. */
const sendWithinMs = 2_000

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

/**
 * Sends spans to an OTLP receiver by HTTP, in batches; null where none is named. Nothing of it is loaded then.
 * @param env the receiver, and the part of all requests that is seen, 0 to 1
 */
export async function openTracing(
  env: { OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined; OTEL_TRACES_SAMPLER_ARG: number },
  service: string,
  log: Log,
): Promise<Tracing | null> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: part } = env
  if (!endpoint) return null
  const [api, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ])
  const { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } = api
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`
  const exporter = telling(new OTLPTraceExporter({ url, timeoutMillis: sendWithinMs }), log)
  const provider = new sdk.BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': `nexus-${service}` }),
    // Decided before a span begins, so that what is not seen is not made.
    sampler: new sdk.AlwaysOnSampler(),
    spanProcessors: [new sdk.BatchSpanProcessor(exporter)],
  })
  const tracer: OtelTracer = provider.getTracer('nexus')

  const spanOf = (span: OtelSpan, context: Context): Span => {
    const { traceId, spanId } = span.spanContext()
    return {
      traceparent: `00-${traceId}-${spanId}-01`,
      child(name, attributes = {}, kind) {
        const options = { attributes, kind: kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL }
        const child = tracer.startSpan(name, options, context)
        return spanOf(child, trace.setSpan(ROOT_CONTEXT, child))
      },
      set: (attributes) => void span.setAttributes(attributes),
      end(failed) {
        if (failed) span.setStatus({ code: SpanStatusCode.ERROR, message: failed })
        span.end()
      },
    }
  }
  const begin = (name: string, parent: ReturnType<typeof readTraceparent>, attributes: Attributes = {}) => {
    const before = parent
      ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, traceFlags: TraceFlags.SAMPLED, isRemote: true })
      : ROOT_CONTEXT
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, before)
    return spanOf(span, trace.setSpan(ROOT_CONTEXT, span))
  }
  return {
    start: (name, traceparent) =>
      Math.random() < part ? begin(name, readTraceparent(traceparent)) : undefined,
    goOn(name, traceparent, attributes) {
      const parent = readTraceparent(traceparent)
      return parent?.isSeen ? begin(name, parent, attributes) : undefined
    },
    // A receiver that is away must not keep the process.
    close: () => provider.shutdown().catch(() => {}),
  }
}

/** An exporter whose failures stand in the log. */
function telling(exporter: SpanExporter, log: Log): SpanExporter {
  const forceFlush = exporter.forceFlush?.bind(exporter)
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error) log.warn({ reason: result.error.message }, 'traces could not be sent')
        done(result)
      }),
    shutdown: () => exporter.shutdown(),
    ...(forceFlush && { forceFlush }),
  }
}
