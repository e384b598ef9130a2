import { bodies } from './bodies.ts'
import { documents } from './documents.ts'
import { type Random, randomOf } from './random.ts'
import { texts } from './texts.ts'

/** A body to be sent, and what it is one of. */
export type Hostile = { kind: string; body: string }

const bodyOf = (query: string) => JSON.stringify({ query })

/** As many of each kind; the same for the same seed. */
export function corpus(ofEach: number, seed: number): Hostile[] {
  const kinds: [kind: string, make: (random: Random) => string][] = [
    ...Object.entries(documents).map(([kind, make]) => [kind, (r: Random) => bodyOf(make(r))] as const),
    ...Object.entries(texts).map(([kind, make]) => [kind, (r: Random) => bodyOf(make(r))] as const),
    ...Object.entries(bodies),
  ].map(([kind, make]) => [kind, make])
  return kinds.flatMap(([kind, make], index) => {
    const random = randomOf(seed * 1_000 + index)
    return Array.from({ length: ofEach }, () => ({ kind, body: make(random) }))
  })
}
