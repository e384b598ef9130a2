import { type Body, createBody } from './body.ts'
import { type Head, readHead } from './head.ts'

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

const version = 'HTTP/1.'
const headEnd = '\r\n\r\n'
const longestHead = 64 * 1024
const kept = /timeout=(\d{1,6})/i
/** Servers that do not say how long they keep a connection keep it for 5 s at least. */
const keptMs = 4_000
/** What they say is when they end it: a request on its way would be lost. */
const marginMs = 1_000

const wrong = (what: string) => new Error(`The answer ${what}`)

/**
 * Reads HTTP/1.1 (RFC 9112): a body of a length, in chunks, or until the end of the connection; interim answers
 * are passed over, as far as they are no longer than a head may be.
 * @param largest bytes of a body
 */
export function createReading(largest: number): Reading {
  let head: Buffer | null = null
  let body: Body | null = null
  let reusable = 0
  let interim = 0

  const begin = (bytes: Buffer): boolean => {
    const isOurs = head !== null
    let all = head ? Buffer.concat([head, bytes]) : bytes
    head = null
    while (all.length > 0) {
      const end = all.indexOf(headEnd)
      if (end === -1 || end > longestHead) {
        if (all.length > longestHead) throw wrong('has too long a head')
        // Whoever speaks something else may never come to the end of a head.
        if (!version.startsWith(all.toString('latin1', 0, version.length))) throw wrong('is no HTTP')
        head = isOurs ? all : Buffer.from(all)
        return false
      }
      const read = readHead(all.toString('latin1', 0, end + 2))
      all = all.subarray(end + headEnd.length)
      if (read.status === 101) throw wrong('is of another protocol')
      if (read.status < 200) {
        // Who says them without end would be listened to without end.
        interim += end
        if (interim > longestHead) throw wrong('has too long a head')
        continue
      }
      body = bodyOf(read)
      reusable = body.isDelimited ? reusableAfter(read) : 0
      return body.take(all)
    }
    return false
  }

  const bodyOf = ({ status, length, coding, isEncoded }: Head): Body => {
    if (isEncoded) throw wrong('is encoded')
    if (status === 204 || status === 304) return createBody({ length: 0 }, largest)
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

function reusableAfter({ connection, keepAlive, isNewer }: Head): number {
  if (connection?.includes('close') || (!isNewer && !connection?.includes('keep-alive'))) return 0
  const seconds = keepAlive && kept.exec(keepAlive)?.[1]
  return seconds ? Math.max(0, Number(seconds) * 1_000 - marginMs) : keptMs
}
