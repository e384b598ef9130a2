/** What is counted, and how it hangs together with the list that shows what was counted. */
import type { RawBuilder } from 'kysely'
import { invalid } from '../errors.ts'

/** A filter as clients write it: names and enum values of the graph, times as texts. */
export type ClientFilter = Readonly<Record<string, unknown>>
export type Period = { from: Date; to: Date }

export type Measure =
  | { kind: 'count' }
  /** The mean of a column, or of the seconds between two. */
  | { kind: 'mean'; of: string | { from: string; to: string } }
  /** The share of the rows that this filter lists, 0 to 1. */
  | { kind: 'share'; of: ClientFilter }

export type Group =
  /** Each key with the filter that lists it; `now` is for what ages. */
  | { kind: 'keys'; of(now: Date): readonly { key: string; filter: ClientFilter }[] }
  /** The most frequent values of a column, which the filter of this name takes. */
  | { kind: 'values'; column: string; filter: string }
  /**
   * Keys that a query finds, those of most rows first, of which a row may have several: the value of each is its share of
   * all rows.
   */
  | { kind: 'found'; keys: RawBuilder<{ key: string }>; filter: string }
  /** Those rows that have most of the column, each by its id. */
  | { kind: 'top'; column: string; filter: string }

export const units = ['count', 'seconds', 'ratio', 'score'] as const
export type MetricDefinition = {
  name: string
  description: string
  unit: (typeof units)[number]
  /** Of what is counted, as clients would list it. */
  filter: ClientFilter
  /** The filter over a range of time that a period narrows. */
  time: string
  measure: Measure
  /** What there is, and not what has happened: its days are those that `daily.ts` keeps. */
  isStock?: true
  /** What it may be grouped by, beside the day. */
  groups: Readonly<Record<string, Group>>
}
/** The metrics of one list of the graph. */
export type Metrics = {
  /** The root field that lists what is counted. */
  list: string
  /** The input type of its filter. */
  filter: string
  metrics: readonly MetricDefinition[]
}

export type DrillDown = { list: string; filter: ClientFilter }
/** `value` is null where there is nothing that it could be of. */
export type Figure = { value: number | null; n: number; p50: number | null; p90: number | null }
export type Linked = Figure & { drillDown: DrillDown }
export type Measured = Linked & {
  name: string
  unit: string
  groups: (Linked & { key: string })[]
  series: { day: string; value: number | null; n: number }[]
}

export const dayMs = 86_400_000
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10)

/** One key for each value of an enum filter. */
export const byEnum = (filter: string, values: readonly string[]): Group => ({
  kind: 'keys',
  of: () => values.map((value) => ({ key: value, filter: { [filter]: [value.toUpperCase()] } })),
})

const ages: readonly (readonly [key: string, days: number | null])[] = [
  ['0-7', 8],
  ['8-30', 31],
  ['31-90', 91],
  ['91-180', 181],
  ['>180', null],
]

/** Whole days since the time that the filter is a range of. */
export const byAge = (filter: string): Group => ({
  kind: 'keys',
  of: (now) => {
    const before = (days: number) => new Date(now.getTime() - days * dayMs).toISOString()
    return ages.map(([key, days], index) => {
      const younger = ages[index - 1]?.[1]
      const range = { ...(days && { from: before(days) }), ...(younger && { to: before(younger) }) }
      return { key, filter: { [filter]: range } }
    })
  },
})

/** That there is a time at all. */
export const ever = { from: '1970-01-01T00:00:00.000Z' }

const isRange = (value: unknown): value is { from?: unknown; to?: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isText = (value: unknown): value is string => typeof value === 'string'
const outer = (one: unknown, other: unknown, later: boolean): unknown => {
  if (one == null || other == null) return one ?? other
  const order = (value: unknown) => (isText(value) ? Date.parse(value) : Number(value))
  return order(one) > order(other) === later ? one : other
}

function narrower(name: string, one: unknown, other: unknown): unknown {
  if (one == null || other == null) return one ?? other
  if (Array.isArray(one) || Array.isArray(other)) {
    const [left, right] = [[one].flat(), [other].flat()]
    return left.filter((value) => right.includes(value))
  }
  if (isRange(one) && isRange(other)) {
    const [from, to] = [outer(one.from, other.from, true), outer(one.to, other.to, false)]
    return { ...(from != null && { from }), ...(to != null && { to }) }
  }
  if (one === other) return one
  throw invalid('filter', `This metric has its own ${name}`)
}

/** The filter that lists what all of them list. Throws VALIDATION_ERROR where none can say that. */
export const together = (...filters: readonly ClientFilter[]): ClientFilter =>
  filters.reduce((sum, filter) => {
    const names = new Set([...Object.keys(sum), ...Object.keys(filter)])
    return Object.fromEntries([...names].map((name) => [name, narrower(name, sum[name], filter[name])]))
  }, {})

export const periodFilter = (name: string, { from, to }: Period): ClientFilter => ({
  [name]: { from: from.toISOString(), to: to.toISOString() },
})
