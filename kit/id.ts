import { createHash, randomFillSync } from 'node:crypto'
import { v7, validate } from 'uuid'

/** Drawn for many ids at once: for one alone it takes most of the time that an id does. */
const drawn = Buffer.alloc(16 * 256)
let used = drawn.length
let msecs = 0
let seq = 0

/** A new UUIDv7: its order is the order of creation, in milliseconds, and within one in this process. */
export function newId(): string {
  if (used === drawn.length) {
    randomFillSync(drawn)
    used = 0
  }
  const random = drawn.subarray(used, used + 16)
  used += 16
  const now = Date.now()
  if (now > msecs) {
    msecs = now
    // Half of the numbers remain for the ids of the same millisecond.
    seq = random.readUInt32BE(6) >>> 1
  } else seq += 1
  return v7({ random, msecs, seq })
}

/** False for anything that PostgreSQL would refuse as a uuid, so that a strange id is merely not found. */
export const isId = (value: unknown): value is string => typeof value === 'string' && validate(value)

const demoEpoch = Date.UTC(2026, 0, 3)

/** A UUIDv7 that follows from a name alone: how the demo's parts find each other across subgraphs. */
export const idOfName = (...name: string[]): string => {
  const random = createHash('sha256').update(name.join('/')).digest()
  return v7({ msecs: demoEpoch, random: random.subarray(0, 16), seq: random.readUInt32BE(16) & 0x7fffffff })
}
