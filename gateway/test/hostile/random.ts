/** Random numbers that are the same for the same seed. */
export type Random = {
  /** From 0 to below 1. */
  next(): number
  between(least: number, most: number): number
  pick<Item>(items: readonly Item[]): Item
}

/** Mulberry32. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    pick: (items) => items[Math.floor(next() * items.length)]!,
  }
}

export const times = (count: number, of: (index: number) => string, separator = ' ') =>
  Array.from({ length: count }, (_, index) => of(index)).join(separator)
