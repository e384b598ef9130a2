import { randomBytes } from 'node:crypto'
import { newId } from '#kit/id.ts'
import type { Canaries } from './canary.ts'
import type { Column, Constraint, Relation } from './catalogue.ts'

export type Row = Record<string, unknown>

/** The words that a constraint names. */
export const wordsOf = ({ definition }: Constraint): string[] =>
  [...definition.matchAll(/'((?:[^']|'')*)'/g)].map(([, word]) => word!.replaceAll("''", "'"))

/** What a column may hold where a check lists it, and nothing else. */
function listed({ checks }: Relation, column: string): string[] {
  const check = checks.find(
    ({ columns, definition }) => columns.join() === column && /= ANY/.test(definition),
  )
  return check ? wordsOf(check) : []
}

const isText = ({ type }: Column) => ['varchar', 'text', 'bpchar', 'citext', 'name'].includes(type)
const narrowest = 10

/** Whether a canary fits. */
export const holdsCanary = (relation: Relation, column: Column): boolean =>
  !column.isGenerated &&
  (column.length ?? narrowest) >= narrowest &&
  ((isText(column) && listed(relation, column.name).length === 0) ||
    ['varchar[]', 'text[]', 'jsonb'].includes(column.type))

/** The same shape, with a canary in place of each text. */
function shaped(value: unknown, canary: () => string): unknown {
  if (typeof value === 'string') return canary()
  if (Array.isArray(value)) return value.map((each) => shaped(each, canary))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shaped(each, canary)]))
}

const day = 86_400_000
const hex = (bytes: number) => `\\x${randomBytes(bytes).toString('hex')}`
const plain: Record<string, () => unknown> = {
  uuid: newId,
  bytea: () => hex(32),
  bool: () => false,
  inet: () => '203.0.113.7',
  cidr: () => '203.0.113.0/24',
  date: () => new Date().toISOString().slice(0, 10),
  jsonb: () => ({}),
  interval: () => '1 day',
}

/** What a column is given where no key says it. `like` is what another row of the table has there. */
export function valueFor(relation: Relation, column: Column, like: unknown, canaries: Canaries): unknown {
  const { name, type } = column
  const place = `${relation.name}.${name}`
  if (type === 'jsonb' && like) return shaped(like, () => canaries.at(place))
  if (type.endsWith('[]') && holdsCanary(relation, column)) return [canaries.at(place)]
  if (isText(column)) {
    const [first] = listed(relation, name)
    if (first !== undefined) return like ?? first
    return holdsCanary(relation, column) ? canaries.at(place) : (like ?? 'x')
  }
  if (column.hasDefault || (column.isNullable && (like === undefined || like === null))) return undefined
  if (type.startsWith('timestamp'))
    return new Date(Date.now() + (/expire|until|due/.test(name) ? day : 0)).toISOString()
  if (type in plain) return plain[type]!()
  return like ?? (type.endsWith('[]') ? [] : 1)
}

/** What else a column may hold, for a check that refuses what it was given. */
export function otherValues(relation: Relation, column: Column, check: Constraint, now: unknown): unknown[] {
  const isKey = relation.tenant === column.name || column.name === 'id'
  if (isKey) return [now]
  const others: unknown[] = [now]
  if (column.isNullable) others.push(null)
  if (isText(column)) others.push(...wordsOf(check), randomBytes(32).toString('hex'))
  else if (column.type === 'bytea') others.push(hex(32), hex(12), hex(16))
  else if (column.type === 'jsonb') others.push({}, [])
  else if (column.type.endsWith('[]')) others.push([], ['x'])
  else if (column.type.startsWith('timestamp')) others.push(new Date().toISOString())
  else if (column.type === 'bool') others.push(true, false)
  else if (column.type !== 'uuid') others.push(0, 1, 90, 365)
  return others
}
