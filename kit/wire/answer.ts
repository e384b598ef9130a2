import { type Body, createBody } from './body.ts'

/** The answer to one request, read from the bytes of its connection. */
export type Reading = {
  /**
   * Takes what has come, and returns whether the answer is whole. Throws when it is none, or too large. What it
   * keeps of the bytes it copies.
   */
  take(bytes: Buffer): boolean
  /** The connection has ended: whether the answer is whole by that. */
  end(): boolean
  /** The body as text, once it is whole. */
  text(): string
  /** Whether another request may be sent over the connection, and for how long, in milliseconds. */
  reusableMs(): number
}

const headEnd = '\r\n\r\n'
const longestHead = 64 * 1024
const lengths = /\r\ncontent-length:[ \t]*([^\r\n]*)/gi
const encodings = /\r\ntransfer-encoding:[ \t]*([^\r\n]*)/gi
const connection = /\r\nconnection:[ \t]*([^\r\n]*)/i
const keepAlive = /\r\nkeep-alive:[^\r\n]*timeout=(\d{1,6})/i
const encoded = /\r\ncontent-encoding:[ \t]*(?!identity)[^\r\n]/i
const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |\r\n)/
/** Servers that do not say how long they keep a connection keep it for 5 s at least. */
const keptMs = 4_000
/** What they say is when they end it: a request on its way would be lost. */
const marginMs = 1_000

const wrong = (what: string) => new Error(`The answer ${what}`)

/**
 * Reads HTTP/1.1 (RFC 9112): a body of a length, in chunks, or until the end of the connection; interim answers
 * are passed over.
 * @param largest bytes of a body
 */
export function createReading(largest: number): Reading {
  let head: Buffer | null = null
  let body: Body | null = null
  let reusable = 0

  const begin = (bytes: Buffer): boolean => {
    const all = head ? Buffer.concat([head, bytes]) : bytes
    const end = all.indexOf(headEnd)
    if (end === -1 || end > longestHead) {
      if (all.length > longestHead) throw wrong('has too long a head')
      head = head ? all : Buffer.from(all)
      return false
    }
    head = null
    const text = all.toString('latin1', 0, end + 2)
    const [, minor, status] = statusLine.exec(text) ?? []
    if (!status) throw wrong('is no HTTP')
    const rest = all.subarray(end + headEnd.length)
    if (status.startsWith('1')) return rest.length > 0 && begin(rest)
    body = bodyOf(text, Number(status))
    reusable = body.isDelimited ? reusableAfter(text, minor === '1') : 0
    return body.take(rest)
  }

  const bodyOf = (text: string, status: number): Body => {
    if (encoded.test(text)) throw wrong('is encoded')
    if (status === 204 || status === 304) return createBody({ length: 0 }, largest)
    const coding = only(text, encodings)?.toLowerCase()
    const length = only(text, lengths)
    // RFC 9112, 6.3: who says both may mean to be understood differently by two readers.
    if (coding !== undefined && length !== undefined) throw wrong('has two lengths')
    if (coding !== undefined) {
      if (coding !== 'chunked') throw wrong('is transferred in an unknown way')
      return createBody('chunked', largest)
    }
    if (length === undefined) return createBody('rest', largest)
    if (!/^\d{1,15}$/.test(length)) throw wrong('has no length')
    return createBody({ length: Number(length) }, largest)
  }

  return {
    take: (bytes) => (body ? body.take(bytes) : begin(bytes)),
    end: () => body?.end() ?? false,
    text: () => body!.text(),
    reusableMs: () => (body?.isClean() ? reusable : 0),
  }
}

/** The value of a header that may come once. */
function only(text: string, header: RegExp): string | undefined {
  const values = [...text.matchAll(header)].map(([, value]) => value!.trim())
  if (values.length > 1) throw wrong('repeats a header')
  return values[0]
}

function reusableAfter(text: string, isNewer: boolean): number {
  const says = connection.exec(text)?.[1]?.toLowerCase()
  if (says?.includes('close') || (!isNewer && !says?.includes('keep-alive'))) return 0
  const seconds = keepAlive.exec(text)?.[1]
  return seconds === undefined ? keptMs : Math.max(0, Number(seconds) * 1_000 - marginMs)
}
