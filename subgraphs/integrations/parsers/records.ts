/** Lists of records that stay in their file: whoever goes through one reads it again, a piece at a time. */
import { readSync } from 'node:fs'

/** Bytes that lie somewhere. */
export type Source = {
  size: number
  /** Those from one place on, as many as there are of what was asked for. */
  read(from: number, length: number): Buffer
}

export const sourceOfText = (text: string): Source => {
  const bytes = Buffer.from(text)
  return { size: bytes.length, read: (from, length) => bytes.subarray(from, from + length) }
}

export const sourceOfFile = (descriptor: number, size: number): Source => ({
  size,
  read(from, length) {
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - from)))
    let filled = 0
    while (filled < bytes.length) {
      const count = readSync(descriptor, bytes, filled, bytes.length - filled, from + filled)
      if (count === 0) break
      filled += count
    }
    return bytes.subarray(0, filled)
  },
})

const windowBytes = 1 << 20

/** A list whose items are parsed while one goes through it, and never kept. It has no length, and no index. */
export class Records extends Array<unknown> {
  readonly #source: Source
  readonly #ends: readonly number[]

  /** @param ends where each item begins and ends */
  constructor(source: Source, ends: readonly number[]) {
    super()
    this.#source = source
    this.#ends = ends
  }

  /** Throws SyntaxError at an item that is no JSON. */
  override *[Symbol.iterator](): ArrayIterator<unknown> {
    let window: Buffer = Buffer.alloc(0)
    let at = 0
    for (let index = 0; index < this.#ends.length; index += 2) {
      const [from, to] = [this.#ends[index]!, this.#ends[index + 1]!]
      if (to > at + window.length) {
        window = this.#source.read(from, Math.max(windowBytes, to - from))
        at = from
      }
      yield JSON.parse(window.toString('utf8', from - at, to - at))
    }
  }
}
