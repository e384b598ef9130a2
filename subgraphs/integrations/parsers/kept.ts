import type { Draft } from './fold.ts'
import type { Finding } from './report.ts'

/** A draft that one comes by again: as it is, or by what was kept of it. */
export type Retold = {
  key: string
  draft(): Placed
  /** Its finding as JSON. */
  text(): string
}
export type Placed = Pick<Draft, 'finding' | 'line' | 'column'>

export const retold = (draft: Placed): Retold => ({
  key: draft.finding.key,
  draft: () => draft,
  text: () => JSON.stringify(draft.finding),
})

const chunkBytes = 1 << 20

/**
 * Findings as JSON, outside of the heap, so that a report of usual size is read once and not twice. One that takes more
 * room than there is is not kept at all.
 */
export class Kept {
  readonly #keys: string[] = []
  /** Of each its line, its column, its chunk, and where it begins and ends in that. */
  readonly #places: number[] = []
  #chunks: Buffer[] = []
  #room: number
  #free = 0

  /** @param room in bytes */
  constructor(room: number) {
    this.#room = room
  }

  get isWhole(): boolean {
    return this.#room >= 0
  }

  add({ finding, line, column }: Placed, text: string): void {
    if (this.#room < 0) return
    const length = Buffer.byteLength(text)
    this.#room -= length
    if (this.#room < 0) {
      this.#chunks = []
      return
    }
    if (length > this.#free) {
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(chunkBytes, length)))
      this.#free = this.#chunks.at(-1)!.length
    }
    const chunk = this.#chunks.at(-1)!
    const from = chunk.length - this.#free
    chunk.write(text, from)
    this.#free -= length
    this.#keys.push(finding.key)
    this.#places.push(line, column, this.#chunks.length - 1, from, from + length)
  }

  *[Symbol.iterator](): Generator<Retold> {
    for (const [index, key] of this.#keys.entries()) {
      const place = (number: number) => this.#places[5 * index + number]!
      const text = () => this.#chunks[place(2)]!.toString('utf8', place(3), place(4))
      const draft = () => ({ finding: JSON.parse(text()) as Finding, line: place(0), column: place(1) })
      yield { key, draft, text }
    }
  }
}
