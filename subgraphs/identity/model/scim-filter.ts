import { type AttrPath, type Compare, type Filter, parse } from 'scim2-parse-filter'
import { scimRefusal } from './scim-refusal.ts'
import type { Resource } from './scim-resource.ts'

const longest = 2_000
// Of these the case counts (RFC 7643); of other texts it does not.
const exact = /^(id|externalid|meta\.version|meta\.location|members\.value|groups\.value)$/

/** Reads a filter of RFC 7644, 3.4.2.2. Throws VALIDATION_ERROR, as `invalidFilter`. */
export function readFilter(text: string): Filter {
  if (text.length > longest) throw scimRefusal('invalidFilter', 'The filter is too long')
  try {
    return parse(lowered(text))
  } catch {
    throw scimRefusal('invalidFilter', 'The filter cannot be read')
  }
}

/** Operators are the same in capitals; what stands in quotes is left alone. */
const lowered = (text: string): string =>
  text.replace(
    /"(?:[^"\\]|\\.)*"|\b(?:eq|ne|co|sw|ew|gt|ge|lt|le|pr|and|or|not|true|false|null)\b/gi,
    (part) => (part.startsWith('"') ? part : part.toLowerCase()),
  )

const stepsOf = (path: AttrPath): string[] => {
  const withoutCore = path.replace(/^urn:ietf:params:scim:schemas:core:2\.0:(?:User|Group):/i, '')
  const urn = withoutCore.lastIndexOf(':')
  const steps = withoutCore.slice(urn + 1).split('.')
  return urn === -1 ? steps : [withoutCore.slice(0, urn), ...steps]
}

/** What lies at a path, in every element where there are many; names are the same in capitals. */
function valuesAt(from: unknown, [step, ...rest]: readonly string[]): unknown[] {
  if (Array.isArray(from))
    return from.flatMap((each) => valuesAt(each, step === undefined ? [] : [step, ...rest]))
  if (from === undefined || from === null) return []
  if (step === undefined) return [from]
  if (typeof from !== 'object') return []
  const wanted = step.toLowerCase()
  const name = Object.keys(from).find((each) => each.toLowerCase() === wanted)
  return name === undefined ? [] : valuesAt((from as Resource)[name], rest)
}

/** Of a whole element what is meant is its value. */
const simple = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'value' in value ? value.value : value

type Told = string | number | boolean | null
const compares: Record<Compare['op'], (one: Told, other: Told) => boolean> = {
  eq: (one, other) => one === other,
  ne: (one, other) => one !== other,
  co: (one, other) => String(one).includes(String(other)),
  sw: (one, other) => String(one).startsWith(String(other)),
  ew: (one, other) => String(one).endsWith(String(other)),
  gt: (one, other) => one !== null && other !== null && one > other,
  ge: (one, other) => one !== null && other !== null && one >= other,
  lt: (one, other) => one !== null && other !== null && one < other,
  le: (one, other) => one !== null && other !== null && one <= other,
}

function compared({ op, attrPath, compValue }: Compare, resource: unknown, under: string): boolean {
  const steps = stepsOf(attrPath)
  const isExact = exact.test([under, ...steps].filter(Boolean).join('.').toLowerCase())
  const plain = (value: unknown): Told => {
    // Both forms of Entra's truth are the same.
    if (typeof compValue === 'boolean' && typeof value === 'string') return value.toLowerCase() === 'true'
    return typeof value === 'string' && !isExact ? value.toLowerCase() : (value as Told)
  }
  const wanted = plain(wantedAs(compValue, steps))
  const found = valuesAt(resource, steps).map(simple).map(plain)
  if (op === 'ne') return !found.includes(wanted)
  if (wanted === null) return op === 'eq' && found.length === 0
  return found.some((each) => typeof each !== 'object' && compares[op](each, wanted))
}

const wantedAs = (value: Compare['compValue'], steps: readonly string[]) =>
  typeof value === 'string' && steps.at(-1)?.toLowerCase() === 'active'
    ? value.toLowerCase() === 'true'
    : value

/** Whether a resource fits a filter. */
export function fits(filter: Filter, resource: unknown, under = ''): boolean {
  switch (filter.op) {
    case 'and':
      return filter.filters.every((each) => fits(each, resource, under))
    case 'or':
      return filter.filters.some((each) => fits(each, resource, under))
    case 'not':
      return !fits(filter.filter, resource, under)
    case '[]':
      return valuesAt(resource, stepsOf(filter.attrPath)).some((each) =>
        fits(filter.valFilter, each, filter.attrPath),
      )
    case 'pr':
      return valuesAt(resource, stepsOf(filter.attrPath)).some((each) => each !== '')
    default:
      return compared(filter, resource, under)
  }
}

/** The text that an attribute must equal for a filter to fit at all: what an index can find. */
export function equalTo(filter: Filter, attribute: string): string | null {
  if (filter.op === 'and') return filter.filters.map((each) => equalTo(each, attribute)).find(Boolean) ?? null
  if (filter.op !== 'eq' || typeof filter.compValue !== 'string') return null
  const [step, ...rest] = stepsOf(filter.attrPath)
  return rest.length === 0 && step?.toLowerCase() === attribute.toLowerCase() ? filter.compValue : null
}
