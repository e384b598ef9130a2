/** What a house tells while it is tested: the secrets that went over its wires, and whether any was told again elsewhere. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import diagnostics from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Attributes } from '#kit/otlp.ts'
import { readTraceparent, type Span, type Tracing } from '#kit/tracing.ts'

type Json = ReturnType<typeof JSON.parse>
export type Places = Readonly<Record<'log' | 'traces' | 'metrics' | 'errors', string>>

const secretName =
  /password|secret|credential|recovery|otpauth|(access|refresh|id|reset|invitation|csrf|bearer)_?token$|^(token|key)$/i
/** Given back by the refusal that asks for a second factor, which is where it belongs. */
const challengeName = /challenge$/i
const email = /^[^\s@"]+@[^\s@"]+\.[a-z]+$/i
// Whose address it is, everybody who reads the source knows.
const shortest = 10
/** Searching for each of them would take longer than the tests. */
const most = 1_000
const shapes: [what: string, shape: RegExp][] = [
  ['a JSON Web Token', /eyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]+/],
  ['a key', /nxs_[\w-]{20,}/],
  ['a sealed value', /nx1\.\d{1,9}\.[\w-]{16}\.[\w-]{4,}/],
]

/** Gathers what must not be told again, by the name that it was first told under. */
export function createCanaries() {
  const everywhere = new Map<string, string>()
  const asked = new Map<string, string>()
  const keep = (name: string, value: unknown): void => {
    if (typeof value !== 'string') {
      if (Array.isArray(value)) for (const each of value) keep(name, each)
      else if (typeof value === 'object' && value) gather(value)
      return
    }
    if (email.test(value)) everywhere.set(value, 'an e-mail')
    else if (value.length < shortest || /^[a-z_ ]+$/.test(value)) return
    else if (challengeName.test(name)) asked.set(value, name)
    else if (secretName.test(name)) everywhere.set(value, name)
  }
  const gather = (of: Json): void => {
    if (Array.isArray(of)) for (const each of of) gather(each)
    else if (typeof of === 'object' && of) for (const [name, value] of Object.entries(of)) keep(name, value)
  }
  const bounded = (of: Map<string, string>) => {
    const step = Math.ceil(of.size / most)
    return [...of].filter((_each, place) => place % step === 0)
  }
  return {
    gather,
    keep,
    /** Throws AssertionError for the first canary that is found where none belongs. */
    assertUntold(places: Places): void {
      for (const [where, text] of Object.entries(places)) {
        for (const [what, shape] of shapes) assert.doesNotMatch(text, shape, `${what} is in ${where}`)
        for (const [canary, name] of bounded(everywhere))
          assert.ok(!text.includes(canary), `${name} is in ${where}: ${around(text, canary)}`)
        if (where === 'errors') continue
        for (const [canary, name] of bounded(asked))
          assert.ok(!text.includes(canary), `${name} is in ${where}`)
      }
    },
  }
}

const around = (text: string, canary: string): string => {
  const at = text.indexOf(canary)
  return text.slice(Math.max(0, at - 200), at + canary.length + 100)
}

/** What an answer says of errors: REST's one, or those of GraphQL, in a stream too. */
const errorsIn = (bodies: readonly Json[]): Json[] =>
  bodies.flatMap((body) => [body?.error, body?.errors]).filter((found) => found !== undefined)

/** What is JSON of an answer, or of a stream of them. */
const bodiesOf = (text: string): Json[] =>
  text.startsWith('{')
    ? [parsed(text)]
    : text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [parsed(line.slice(6))] : []))

function parsed(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const cookiesOf = (headers: unknown): string[] =>
  typeof headers === 'object' && headers && 'set-cookie' in headers
    ? [headers['set-cookie'] as string | string[]].flat()
    : []

/** Hears what every server of this process answers. */
function listenTo(heard: (text: string, cookies: string[]) => void): () => void {
  const begun = (message: unknown) => {
    const { response } = message as { request: IncomingMessage; response: ServerResponse }
    const parts: string[] = []
    const cookies: string[] = []
    const { write, end, writeHead } = response
    const add = (part: unknown) => {
      if (typeof part === 'string') parts.push(part)
      else if (part instanceof Uint8Array && part.length < 1_000_000) parts.push(Buffer.from(part).toString())
    }
    response.write = ((part: unknown, ...rest: unknown[]) => {
      add(part)
      return Reflect.apply(write, response, [part, ...rest])
    }) as typeof write
    response.end = ((part: unknown, ...rest: unknown[]) => {
      add(part)
      return Reflect.apply(end, response, [part, ...rest])
    }) as typeof end
    // Headers may be given here for the first time, and are nowhere to be read after that.
    response.writeHead = ((...head: unknown[]) => {
      cookies.push(...cookiesOf(head.at(-1)))
      return Reflect.apply(writeHead, response, head)
    }) as typeof writeHead
    response.once('close', () => heard(parts.join(''), cookies))
  }
  diagnostics.subscribe('http.server.request.start', begun)
  return () => diagnostics.unsubscribe('http.server.request.start', begun)
}

/** A tracer that sees everything, and keeps what it would have sent. */
function keepingTracer(kept: string[]): Tracing {
  const spanOf = (traceId: string, name: string, attributes: Attributes): Span => {
    kept.push(JSON.stringify([name, attributes]))
    return {
      traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
      child: (below, of = {}) => spanOf(traceId, below, of),
      set: (more) => void kept.push(JSON.stringify(more)),
      end: (failed) => void (failed && kept.push(failed)),
    }
  }
  const begin = (name: string, traceparent: string | undefined, attributes: Attributes = {}) =>
    spanOf(readTraceparent(traceparent)?.traceId ?? randomBytes(16).toString('hex'), name, attributes)
  return { start: begin, goOn: begin, close: async () => {} }
}

/** Listens to everything that a house in this process says, until `end`. */
export function openWitness(known: Readonly<Record<string, string>>) {
  const canaries = createCanaries()
  canaries.gather(known)
  const spans: string[] = []
  const errors: string[] = []
  const end = listenTo((text, cookies) => {
    const bodies = bodiesOf(text)
    for (const error of errorsIn(bodies)) errors.push(JSON.stringify(error))
    canaries.gather(bodies)
    for (const cookie of cookies) canaries.keep('secret cookie', cookie.split(';')[0]!.split('=')[1])
  })
  return {
    tracer: keepingTracer(spans),
    /** What a client sends. */
    sent: (body: unknown) => canaries.gather(typeof body === 'string' ? parsed(body) : body),
    end,
    assertUntold: (log: string, metrics: string) =>
      canaries.assertUntold({ log, metrics, traces: spans.join('\n'), errors: errors.join('\n') }),
  }
}
