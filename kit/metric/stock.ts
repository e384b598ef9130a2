/** How much of something there was, day by day. */
import { type QueryExecutorProvider, sql } from 'kysely'
import { invalid } from '../errors.ts'
import type { Daily } from './daily.ts'
import { type ClientFilter, dayOf, type Measured, type MetricDefinition, type Period } from './definition.ts'
import { daysOf } from './measure.ts'

type Point = Measured['series'][number]
export type StockQuestion = { metric: string; dimension: string; keys: readonly string[] }

/** What of the days is asked for: all of a metric, or some keys of one group. Throws VALIDATION_ERROR for anything else. */
export function stockOf(
  { name }: MetricDefinition,
  daily: readonly Pick<Daily<never>, 'metric' | 'groups'>[],
  filter: ClientFilter | null | undefined,
): StockQuestion {
  const given = Object.entries(filter ?? {}).filter(([, value]) => value != null)
  const [[dimension, value] = ['', ''] as const, ...more] = given
  const groups = daily.filter(({ metric }) => metric === name).flatMap((each) => each.groups)
  if (more.length > 0 || !groups.includes(dimension))
    throw invalid('filter', `By day this is known of all, and by one of ${groups.filter(Boolean).join(', ')}`)
  return { metric: name, dimension, keys: [value].flat().map((key) => String(key).toLowerCase()) }
}

/** The days that were written, of a period. */
export async function daysKept(
  db: QueryExecutorProvider,
  { metric, dimension, keys }: StockQuestion,
  days: readonly string[],
): Promise<Point[]> {
  const wanted = sql`filter (where key = any(${keys}::text[]))`
  const { rows } = await sql<Point & { hasValue: boolean }>`
    select day::text as day, coalesce(sum(n) ${wanted}, 0)::integer as n, bool_or(value is not null) as has_value,
      (sum(value * n) ${wanted} / nullif(sum(n) ${wanted}, 0))::float8 as value
    from metric_facts where metric = ${metric} and dimension = ${dimension}
      and day between ${days[0]!}::date and ${days.at(-1)!}::date
    group by day`.execute(db)
  return rows.map(({ day, n, value, hasValue }) => ({ day, n, value: hasValue ? value : n }))
}

/** Each day of a period: what was kept of it, of today what there is now, and null where nobody knows. */
export async function stockSeries(
  period: Period,
  now: Date,
  kept: (days: readonly string[]) => Promise<readonly Point[]>,
  present: () => Promise<Pick<Point, 'n' | 'value'>>,
): Promise<Point[]> {
  const [days, today] = [daysOf(period), dayOf(now)]
  const gone = days.filter((day) => day < today)
  const known = new Map((gone.length > 0 ? await kept(gone) : []).map((point) => [point.day, point]))
  const current = days.includes(today) ? await present() : null
  return days.map((day) => {
    if (day === today) return { day, n: current!.n, value: current!.value }
    return known.get(day) ?? { day, n: 0, value: null }
  })
}
