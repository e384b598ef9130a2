import { randomFillSync } from 'node:crypto'

const drawn = Buffer.alloc(4_096)
let used = drawn.length

/**
 * Random bytes, drawn for many callers at once: for one alone that takes ten times as long. They are the caller's until
 * it gives up its turn.
 */
export function randomBytes(count: number): Buffer {
  if (used + count > drawn.length) {
    randomFillSync(drawn)
    used = 0
  }
  used += count
  return drawn.subarray(used - count, used)
}
