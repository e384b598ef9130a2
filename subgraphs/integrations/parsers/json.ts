import { ReportError } from './report.ts'
import { clean } from './text.ts'

export type Json = { readonly [key: string]: unknown }

/** A value that is not what the format says, at a JSON path such as `$.Results[0].Target`. */
export class Misfit extends Error {
  readonly at: string

  constructor(at: string, expected: string) {
    super(`${at}: ${expected}`)
    this.name = 'Misfit'
    this.at = at
  }
}

/** JSON of a whole report. Throws REPORT_EMPTY, REPORT_TRUNCATED or REPORT_NOT_JSON. */
export function decode(text: string, format: string | null): unknown {
  const body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  const start = body.search(/\S/)
  if (start < 0) throw new ReportError('REPORT_EMPTY', 'The report is empty.', format)
  try {
    return JSON.parse(body)
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    const position = /at position (\d+)/.exec(message)?.[1]
    const opened = body[start] === '{' || body[start] === '['
    const atEnd =
      /end of JSON input|Unterminated string/.test(message) ||
      (position !== undefined && Number(position) >= body.trimEnd().length)
    if (opened && atEnd)
      throw new ReportError(
        'REPORT_TRUNCATED',
        'The report ends in the middle of its JSON: it is truncated.',
        format,
      )
    const where = position === undefined ? '' : ` (error at character ${position})`
    const hint =
      body[start] === '<'
        ? ' It looks like XML or HTML.'
        : /after JSON/.test(message)
          ? ' More data follows the first JSON value.'
          : ''
    throw new ReportError('REPORT_NOT_JSON', `The report is not valid JSON${where}.${hint}`, format)
  }
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function asObject(value: unknown, at: string): Json {
  if (!isObject(value)) throw new Misfit(at, 'expected an object')
  return value
}

export function object(from: Json, key: string, at: string): Json | null {
  const value = from[key]
  return value === undefined || value === null ? null : asObject(value, `${at}.${key}`)
}

/** The objects of an array with the path of each; an absent or null array is empty. */
export function each(from: Json, key: string, at: string): [Json, string][] {
  const value = from[key]
  if (value === undefined || value === null) return []
  return eachOf(value, `${at}.${key}`)
}

/** The same, one at a time: for lists of records, which may be longer than what memory holds. */
export function* through(from: Json, key: string, at: string): Generator<[Json, string]> {
  const value = from[key]
  if (value === undefined || value === null) return
  if (!Array.isArray(value)) throw new Misfit(`${at}.${key}`, 'expected an array')
  let index = 0
  for (const item of value as Iterable<unknown>) {
    const path = `${at}.${key}[${index++}]`
    yield [asObject(item, path), path]
  }
}

export function eachOf(value: unknown, at: string): [Json, string][] {
  if (!Array.isArray(value)) throw new Misfit(at, 'expected an array')
  return Array.from(value as Iterable<unknown>, (item, index) => [
    asObject(item, `${at}[${index}]`),
    `${at}[${index}]`,
  ])
}

/** Clean text, or null when absent or empty. */
export function text(from: Json, key: string, at: string, limit = 10_000): string | null {
  const value = from[key]
  if (value === undefined || value === null) return null
  if (typeof value !== 'string') throw new Misfit(`${at}.${key}`, 'expected a string')
  return clean(value, limit) || null
}

export function required(from: Json, key: string, at: string): string {
  const value = text(from, key, at)
  if (!value) throw new Misfit(`${at}.${key}`, 'a non-empty string is required')
  return value
}

export function strings(from: Json, key: string, at: string): string[] {
  const value = from[key]
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new Misfit(`${at}.${key}`, 'expected an array of strings')
  return value.flatMap((item, index) => {
    if (typeof item !== 'string') throw new Misfit(`${at}.${key}[${index}]`, 'expected a string')
    return clean(item, 10_000) || []
  })
}

export function number(from: Json, key: string, at: string): number | null {
  const value = from[key]
  if (value === undefined || value === null) return null
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new Misfit(`${at}.${key}`, 'expected a number')
  return value
}

/** A line number that PostgreSQL can hold; tools write 0 for "no line". */
export function line(from: Json, key: string, at: string): number | null {
  const value = number(from, key, at)
  return value !== null && Number.isInteger(value) && value > 0 && value < 2 ** 31 ? value : null
}
