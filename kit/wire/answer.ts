import { type Body, createBody, type Extent, tooLarge } from './body.ts'
import { type Head, readHead } from './head.ts'

/** The answer to one request after the other, read from the bytes of their connection. */
export type Reading = {
  /** Another request is sent: what was read before is forgotten. */
  begin(): void
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
  let whole: string | null = null
  let reusable = 0
  let interim = 0

  const open = (bytes: Buffer): boolean => {
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
      const extent = extentOf(read)
      if (typeof extent === 'number' && extent > largest) throw tooLarge()
      reusable = extent === 'rest' ? 0 : reusableAfter(read)
      if (typeof extent === 'number' && all.length >= extent) {
        // Most answers come at once: they are read where they are.
        whole = all.toString('utf8', 0, extent)
        if (all.length > extent) reusable = 0
        return true
      }
      body = createBody(extent, largest)
      return body.take(all)
    }
    return false
  }

  return {
    begin() {
      head = null
      body = null
      whole = null
      reusable = 0
      interim = 0
    },
    take: (bytes) => (body ? body.take(bytes) : open(bytes)),
    end: () => body?.end() ?? false,
    text: () => whole ?? body!.text(),
    reusableMs: () => (body === null || body.isClean() ? reusable : 0),
  }
}

function extentOf({ status, length, coding, isEncoded }: Head): Extent {
  if (isEncoded) throw wrong('is encoded')
  if (status === 204 || status === 304) return 0
  // RFC 9112, 6.3: who says both may mean to be understood differently by two readers.
  if (coding !== undefined && length !== undefined) throw wrong('has two lengths')
  if (coding !== undefined) {
    if (coding !== 'chunked') throw wrong('is transferred in an unknown way')
    return 'chunked'
  }
  if (length === undefined) return 'rest'
  if (!/^\d{1,15}$/.test(length)) throw wrong('has no length')
  return Number(length)
}

function reusableAfter({ connection, keepAlive, isNewer }: Head): number {
  if (connection?.includes('close') || (!isNewer && !connection?.includes('keep-alive'))) return 0
  const seconds = keepAlive && kept.exec(keepAlive)?.[1]
  return seconds ? Math.max(0, Number(seconds) * 1_000 - marginMs) : keptMs
}
