import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely'
import { invalid } from '../errors.ts'
import { type Filter, where } from '../filter.ts'
import type { ListSpec } from '../page.ts'
import { find } from '../search.ts'
import {
  type ClientFilter,
  dayMs,
  dayOf,
  type Figure,
  type Linked,
  type Measure,
  type Measured,
  type MetricDefinition,
  type Metrics,
  type Period,
  periodFilter,
  together,
} from './definition.ts'

export const mostDays = 400
const usualDays = 30
const mostGroups = 50

export type MetricQuestion = {
  filter?: ClientFilter | null
  groupBy?: string | null
  period?: Period | null
}
export type Asked = {
  db: QueryExecutorProvider
  spec: ListSpec
  /** Reads a filter as the list does. Throws VALIDATION_ERROR. */
  read(filter: ClientFilter): Filter
  now: Date
}

const measured = (measure: Measure): RawBuilder<unknown> | null => {
  if (measure.kind !== 'mean') return null
  if (typeof measure.of === 'string') return sql`${sql.ref(measure.of)}::float8`
  return sql`extract(epoch from ${sql.ref(measure.of.to)} - ${sql.ref(measure.of.from)})::float8`
}

/** One object of numbers for the rows that a condition leaves. */
function figureOf(
  { spec, read }: Asked,
  measure: Measure,
  condition: RawBuilder<boolean> = sql<boolean>`true`,
): RawBuilder<unknown> {
  const only = sql`filter (where ${condition})`
  const of = measured(measure)
  if (of)
    return sql`json_build_object('n', count(*) ${only}, 'value', avg(${of}) ${only},
      'p50', percentile_cont(0.5) within group (order by ${of}) ${only},
      'p90', percentile_cont(0.9) within group (order by ${of}) ${only})`
  if (measure.kind === 'share') {
    const met = sql`filter (where ${condition} and ${where(spec.filter, read(measure.of))})`
    return sql`json_build_object('n', count(*) ${only}, 'met', count(*) ${met})`
  }
  return sql`json_build_object('n', count(*) ${only})`
}

type Read = { n: number; value?: number | null; met?: number; p50?: number | null; p90?: number | null }
const figure = (measure: Measure, { n, value = null, met = 0, p50 = null, p90 = null }: Read): Figure => {
  if (measure.kind === 'count') return { value: n, n, p50: null, p90: null }
  if (measure.kind === 'share') return { value: n === 0 ? null : met / n, n, p50: null, p90: null }
  return { value, n, p50, p90 }
}

/** Where the rows come from: the condition of a filter, its searches answered by their indexes. */
async function fromWhere(asked: Asked, filter: ClientFilter): Promise<RawBuilder<unknown>> {
  const { db, spec, read } = asked
  const internal = read(filter)
  const found = await find(db, spec.filter, internal)
  return sql`from ${sql.table(spec.table)} where ${where(spec.filter, internal, found)}`
}

type Grouped = Figure & { key: string; filter: ClientFilter }

/** The figures of those rows that each filter lists, in one statement. */
async function keyed(
  asked: Asked,
  measure: Measure,
  keys: readonly { key: string; filter: ClientFilter }[],
  rows: RawBuilder<unknown>,
): Promise<Grouped[]> {
  if (keys.length === 0) return []
  const { db, spec, read } = asked
  const figures = keys.map(({ filter }) => figureOf(asked, measure, where(spec.filter, read(filter))))
  const { rows: found } = await sql<{ all: Read[] }>`
    select json_build_array(${sql.join(figures)}) as "all" ${rows}`.execute(db)
  return keys.map((each, index) => ({ ...each, ...figure(measure, found[0]!.all[index]!) }))
}

async function groupsOf(
  asked: Asked,
  { groups, measure }: MetricDefinition,
  groupBy: string,
  rows: RawBuilder<unknown>,
  all: number,
): Promise<Grouped[]> {
  const { db, now } = asked
  const group = groups[groupBy]!
  if (group.kind === 'keys') return keyed(asked, measure, group.of(now), rows)
  if (group.kind === 'found') {
    const { rows: found } = await sql<{ key: string }>`${group.keys} limit ${mostGroups}`.execute(db)
    const keys = found.map(({ key }) => ({ key, filter: { [group.filter]: [key] } }))
    const parts = await keyed(asked, { kind: 'count' }, keys, rows)
    const seen = parts.filter(({ n }) => n > 0).sort((one, other) => other.n - one.n)
    return seen.map((part) => ({ ...part, value: part.n / all }))
  }
  const column = sql.ref(group.column)
  const query =
    group.kind === 'values'
      ? sql<{ key: string; of: Read }>`select ${column}::text as key, ${figureOf(asked, measure)} as of
          ${rows} and ${column} is not null group by ${column} order by count(*) desc, key limit ${mostGroups}`
      : sql<{
          key: string
          of: Read
        }>`select id::text as key, json_build_object('n', 1, 'value', ${column}) as of
          ${rows} order by ${column} desc, id desc limit ${mostGroups}`
  const { rows: found } = await query.execute(db)
  return found.map(({ key, of }) => ({ key, filter: { [group.filter]: [key] }, ...figure(measure, of) }))
}

/** One point for each day, UTC, that the period touches. */
async function seriesOf(
  asked: Asked,
  { measure, time }: MetricDefinition,
  period: Period,
  rows: RawBuilder<unknown>,
): Promise<Measured['series']> {
  const condition = asked.spec.filter[time]
  if (condition?.kind !== 'time') throw new Error(`${time} is no filter over time`)
  const day = sql`(${sql.ref(condition.column)} at time zone 'UTC')::date`
  const { rows: found } = await sql<{ day: string; of: Read }>`
    select ${day} as day, ${figureOf(asked, measure)} as of ${rows} group by 1`.execute(asked.db)
  const known = new Map(found.map(({ day, of }) => [day, figure(measure, of)]))
  const nothing = figure(measure, { n: 0 })
  return daysOf(period).map((day) => {
    const { value, n } = known.get(day) ?? nothing
    return { day, value, n }
  })
}

/** The days, UTC, that a period touches. */
export function daysOf({ from, to }: Period): string[] {
  const days: string[] = []
  for (let at = Math.floor(from.getTime() / dayMs) * dayMs; at < to.getTime(); at += dayMs)
    days.push(dayOf(new Date(at)))
  return days
}

/** Throws VALIDATION_ERROR for a period that ends before it begins, or that has too many days. */
function checkPeriod({ from, to }: Period): void {
  if (to.getTime() <= from.getTime()) throw invalid('period', 'It must end after it begins')
  if (to.getTime() - from.getTime() > mostDays * dayMs) throw invalid('period', `At most ${mostDays} days`)
}

/** The days until now, where a trend does not say which. */
export const lately = (now: Date): Period => ({
  from: new Date((Math.floor(now.getTime() / dayMs) - usualDays + 1) * dayMs),
  to: now,
})

/**
 * A metric with the filters that list what it counted: each figure is over exactly the rows of its list. Throws
 * VALIDATION_ERROR.
 */
export async function measure(
  asked: Asked,
  { list }: Metrics,
  definition: MetricDefinition,
  { filter: narrow, groupBy, period: given }: MetricQuestion,
): Promise<Measured> {
  const { name, unit, time } = definition
  const isTrend = groupBy === 'day'
  if (groupBy != null && !isTrend && !Object.hasOwn(definition.groups, groupBy))
    throw invalid('groupBy', `Must be one of ${['day', ...Object.keys(definition.groups)].join(', ')}`)
  const period = given ?? (isTrend ? lately(asked.now) : null)
  if (period) checkPeriod(period)
  // What clients filter by is read by itself, so that they are told of their own mistakes.
  if (narrow) asked.read(narrow)
  const filter = together(definition.filter, narrow ?? {}, period ? periodFilter(time, period) : {})
  const rows = await fromWhere(asked, filter)
  const link = (figure: Figure, of: ClientFilter): Linked => ({ ...figure, drillDown: { list, filter: of } })
  const { rows: found } = await sql<{ of: Read }>`
    select ${figureOf(asked, definition.measure)} as of ${rows}`.execute(asked.db)
  const groups = groupBy && !isTrend ? await groupsOf(asked, definition, groupBy, rows, found[0]!.of.n) : []
  const series = isTrend && !definition.isStock ? await seriesOf(asked, definition, period!, rows) : []
  return {
    name,
    unit,
    ...link(figure(definition.measure, found[0]!.of), filter),
    groups: groups.map(({ key, filter: of, ...each }) => ({
      key,
      ...link(each, together(filter, of)),
    })),
    series,
  }
}
