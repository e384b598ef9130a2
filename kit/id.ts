import { createHash, randomInt, randomUUID } from 'node:crypto'
import { v7, validate } from 'uuid'
import { randomBytes } from './random.ts'

let msecs = 0
let seq = 0

/** A new UUIDv7: its order is the order of creation, in milliseconds, and within one in this process. */
export function newId(): string {
  const random = randomBytes(16)
  const now = Date.now()
  if (now > msecs) {
    msecs = now
    // Half of the numbers remain for the ids of the same millisecond.
    seq = random.readUInt32BE(6) >>> 1
  } else seq += 1
  return v7({ random, msecs, seq })
}

/**
 * Makes UUIDs, each unlike any other, which are no secrets: random up to their last twelve digits, which count. They cost
 * a tenth of random ones.
 */
export function countingIds(): () => string {
  const start = randomUUID().slice(0, -12)
  let count = randomInt(2 ** 40)
  return () => start + (count++).toString(16).padStart(12, '0')
}

/** False for anything that PostgreSQL would refuse as a uuid, so that a strange id is merely not found. */
export const isId = (value: unknown): value is string => typeof value === 'string' && validate(value)

const demoEpoch = Date.UTC(2026, 0, 3)

/** A UUIDv7 that follows from a name alone: how the demo's parts find each other across subgraphs. */
export const idOfName = (...name: string[]): string => {
  const random = createHash('sha256').update(name.join('/')).digest()
  return v7({ msecs: demoEpoch, random: random.subarray(0, 16), seq: random.readUInt32BE(16) & 0x7fffffff })
}
