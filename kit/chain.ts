/** What may be part of a chain: `null` on both sides while it is not. */
export type Linked = { before: Linked | null; after: Linked | null }
/** Parts in the order in which they came. To add one takes as short a time as to remove one, wherever it stands. */
export type Chain<Part extends Linked> = {
  readonly size: number
  first(): Part | null
  add(part: Part): void
  /** Whether it was part of the chain. */
  remove(part: Part): boolean
}

/**
 * For what comes and goes many thousand times in a second. A Map or a Set with such traffic keeps in memory what has been
 * in it until the next full collection of garbage: each of V8's tables of it knows the next one, and one that has grown
 * old keeps all after it. Here who is removed knows nobody any more.
 */
export function createChain<Part extends Linked>(): Chain<Part> {
  const ends: Linked = { before: null, after: null }
  ends.before = ends
  ends.after = ends
  const chain = {
    size: 0,
    first: () => (ends.after === ends ? null : (ends.after as Part)),
    add(part: Part) {
      part.before = ends.before
      part.after = ends
      ends.before!.after = part
      ends.before = part
      chain.size++
    },
    remove(part: Part) {
      const { before, after } = part
      if (!before || !after) return false
      before.after = after
      after.before = before
      part.before = null
      part.after = null
      chain.size--
      return true
    },
  }
  return chain
}
