import type { Found } from './row.ts'

/** What the calls of one run have found, and how far they are told; by the numbers of the calls. */
export type Use = {
  /** What was answered: of entities each, in the order in which they were asked for. */
  readonly rows: Found[][]
  /** For each object that wants an entity, in the order of the text, which of them. */
  readonly places: number[][]
  /** The next object of those. */
  readonly next: number[]
  /** The entity of the object that is just looked at. */
  readonly now: number[]
  /** The parts of each entity as text, where they are more than was found. */
  readonly texts: string[][][]
}
/** Part of an answer's text: itself, what a row has found at a place of it, or made of that. */
export type Piece = string | number | ((found: Found, use: Use) => string)

export function written(pieces: readonly Piece[], found: Found, use: Use): string {
  let text = ''
  for (const piece of pieces)
    if (typeof piece === 'string') text += piece
    else if (typeof piece === 'number') text += found[piece] as string
    else text += piece(found, use)
  return text
}

/** What may be null, and is where a row has found so. */
export const unless =
  (slot: number, pieces: readonly Piece[]): Piece =>
  (found, use) =>
    found[slot] === undefined ? written(pieces, found, use) : 'null'

/** An object or a list that has rows of its own. */
export const within =
  (slot: number, isList: boolean, pieces: readonly Piece[]): Piece =>
  (found, use) => {
    const value = found[slot] as Found | Found[] | null
    if (value === null) return 'null'
    if (!isList) return written(pieces, value, use)
    let text = '['
    for (let index = 0; index < value.length; index++) {
      if (index > 0) text += ','
      text += written(pieces, value[index] as Found, use)
    }
    return `${text}]`
  }

/** Looks at the entities of an object, call by call. */
export const entering =
  (calls: readonly number[]): Piece =>
  (_found, { places, next, now }) => {
    for (const call of calls) now[call] = places[call]![next[call]!++]!
    return ''
  }

/** A part of the entity that is looked at. */
export function ofEntity(call: number, part: number, pieces: readonly Piece[]): Piece {
  const [only] = pieces
  if (pieces.length === 1 && typeof only === 'number')
    return (_found, { rows, now }) => rows[call]![now[call]!]![only] as string
  return (_found, { texts, now }) => texts[call]![part]![now[call]!]!
}

/** How one comes from a row to the objects at a place in it. */
export type Way = {
  steps: readonly { slot: number; isList: boolean }[]
  /** Where it would have been found that they are null. */
  nulls: readonly number[]
}

/** Visits the objects at a place, in the order of the text. */
export function visit(found: Found, { steps, nulls }: Way, visitor: (found: Found) => void, step = 0): void {
  const next = steps[step]
  if (!next) {
    if (nulls.every((slot) => found[slot] === undefined)) visitor(found)
    return
  }
  const value = found[next.slot] as Found | Found[] | null
  if (value === null) return
  const objects = next.isList ? (value as Found[]) : [value]
  for (const object of objects) visit(object, { steps, nulls }, visitor, step + 1)
}
