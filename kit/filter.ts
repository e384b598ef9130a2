import { type RawBuilder, sql } from 'kysely'
import { invalid } from './errors.ts'
import { isId } from './id.ts'
import { type Found, matches, patternOf } from './search.ts'

/** One condition that a list can be filtered by: what kind it is and which column it reads. */
export type Condition =
  | { kind: 'enum' | 'id' | 'string'; column: string }
  /** `index` is the function of the table that `searchable()` has made. */
  | { kind: 'search'; columns: readonly string[]; index?: string }
  | { kind: 'time' | 'number'; column: string }
  /** What no column says by itself; the SQL stands in the list's own query, whose columns it may name. */
  | { kind: 'custom'; where(value: never): RawBuilder<boolean> }
  /** What every row of the list is, whatever it is filtered by. */
  | { kind: 'always'; where: RawBuilder<boolean> }

export type FilterSpec = Readonly<Record<string, Condition>>
/** Conditions are joined by AND, the values of one condition by OR. */
export type Filter = Readonly<Record<string, unknown>> | null | undefined
/** Half-open for times: `from` belongs to the range, `to` does not. */
export type TimeRange = { from?: Date | null; to?: Date | null }
/** Both ends belong to it. */
export type NumberRange = { from?: number | null; to?: number | null }

const most = 1_000
const anything = sql<boolean>`true`

/** What rows of a list are without any filter. */
export const always = (spec: FilterSpec): RawBuilder<boolean>[] =>
  Object.values(spec).flatMap((condition) => (condition.kind === 'always' ? [condition.where] : []))

function anyOf(name: string, column: string, values: readonly unknown[], cast: string): RawBuilder<boolean> {
  if (values.length > most) throw invalid(name, `At most ${most} values`)
  return sql<boolean>`${sql.ref(column)} = any(${values}::${sql.raw(cast)})`
}

function within(column: string, { from, to }: TimeRange): RawBuilder<boolean> {
  const after = from ? sql`${sql.ref(column)} >= ${from}` : anything
  const before = to ? sql`${sql.ref(column)} < ${to}` : anything
  return sql<boolean>`(${after} and ${before})`
}

function between(column: string, { from, to }: NumberRange): RawBuilder<boolean> {
  const least = from == null ? anything : sql`${sql.ref(column)} >= ${from}`
  const greatest = to == null ? anything : sql`${sql.ref(column)} <= ${to}`
  return sql<boolean>`(${least} and ${greatest})`
}

function one(name: string, condition: Condition, value: unknown, found: Found): RawBuilder<boolean> {
  switch (condition.kind) {
    case 'time':
      return within(condition.column, value as TimeRange)
    case 'number':
      return between(condition.column, value as NumberRange)
    case 'always':
      return condition.where
    case 'custom':
      return condition.where(value as never)
    case 'search': {
      const ids = found.get(name)
      if (ids) return sql<boolean>`id = any(${ids}::uuid[])`
      return matches(condition.columns, patternOf(String(value)))
    }
    case 'id':
      return anyOf(name, condition.column, (value as unknown[]).filter(isId), 'uuid[]')
    default:
      return anyOf(name, condition.column, value as unknown[], 'text[]')
  }
}

/**
 * The SQL of a filter; `found` answers those of its searches that an index has answered already. Throws VALIDATION_ERROR for more than 1,000 values in
 * one condition.
 */
export function where(spec: FilterSpec, filter: Filter, found: Found = new Map()): RawBuilder<boolean> {
  const given = Object.entries(filter ?? {}).flatMap(([name, value]) => {
    const condition = spec[name]
    return condition && condition.kind !== 'always' && value != null
      ? [one(name, condition, value, found)]
      : []
  })
  const conditions = [...always(spec), ...given]
  return conditions.length > 0 ? sql<boolean>`(${sql.join(conditions, sql` and `)})` : anything
}
