/** JSON of strangers, read one value at a time: what is not as it should be is refused with its place. */
import { invalid } from '#kit/errors.ts'

export type Json = Readonly<Record<string, unknown>>
/** A value of a document, and where it stands, such as `$.statements[3]`. */
export type Placed = { of: Json; at: string }

export const wrong = (at: string, message: string) => invalid('document', `${at.slice(0, 200)}: ${message}`)

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Own properties alone, and null where there is none. */
const own = ({ of }: Placed, key: string): unknown => (Object.hasOwn(of, key) ? (of[key] ?? null) : null)

const longestText = 10_000
const notSaid = (value: string) => value.trim() === ''

/** Throws VALIDATION_ERROR for what is no text of up to 10,000 characters. */
export function text(from: Placed, key: string): string | null {
  const value = own(from, key)
  const at = `${from.at}.${key}`
  if (value === null) return null
  if (typeof value !== 'string') throw wrong(at, 'must be a text')
  if (value.length > longestText) throw wrong(at, `at most ${longestText} characters`)
  if (value.includes('\0') || !value.isWellFormed()) throw wrong(at, 'must be of whole characters')
  return notSaid(value) ? null : value
}

export function required(from: Placed, key: string): string {
  const value = text(from, key)
  if (value === null) throw wrong(`${from.at}.${key}`, 'is wanted')
  return value
}

export function wordOf<Word extends string>(from: Placed, key: string, words: readonly Word[]): Word | null {
  const value = text(from, key)
  if (value === null) return null
  const word = words.find((each) => each === value)
  if (!word) throw wrong(`${from.at}.${key}`, `must be one of ${words.join(', ')}`)
  return word
}

const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i

/** A time of RFC 3339. */
export function time(from: Placed, key: string): Date | null {
  const value = text(from, key)
  if (value === null) return null
  const date = new Date(value)
  if (!instant.test(value) || Number.isNaN(date.getTime()))
    throw wrong(`${from.at}.${key}`, 'must be a time such as 2026-01-31T12:00:00Z')
  return date
}

export function object(from: Placed, key: string): Placed | null {
  const value = own(from, key)
  if (value === null) return null
  if (!isObject(value)) throw wrong(`${from.at}.${key}`, 'must be an object')
  return { of: value, at: `${from.at}.${key}` }
}

function list(from: Placed, key: string, most: number): unknown[] {
  const value = own(from, key)
  if (value === null) return []
  if (!Array.isArray(value)) throw wrong(`${from.at}.${key}`, 'must be a list')
  if (value.length > most) throw wrong(`${from.at}.${key}`, `at most ${most}, and there are ${value.length}`)
  return value
}

export const objects = (from: Placed, key: string, most: number): Placed[] =>
  list(from, key, most).map((value, index) => {
    const at = `${from.at}.${key}[${index}]`
    if (!isObject(value)) throw wrong(at, 'must be an object')
    return { of: value, at }
  })

export const texts = (from: Placed, key: string, most: number): string[] =>
  list(from, key, most).map((value, index) => {
    if (typeof value !== 'string' || value.length > longestText)
      throw wrong(`${from.at}.${key}[${index}]`, `must be a text of at most ${longestText} characters`)
    return value
  })

/** A whole document. Throws VALIDATION_ERROR for what is no JSON object. */
export function documentIn(given: string): Placed {
  let value: unknown
  try {
    value = JSON.parse(given)
  } catch {
    throw invalid('document', 'It is no JSON')
  }
  if (!isObject(value)) throw wrong('$', 'must be an object')
  return { of: value, at: '$' }
}
