/** Figures of whole days: how much of something there was when each day ended, UTC. Written once, and never changed. */
import { type QueryExecutorProvider, sql } from 'kysely'
import type { Context } from '../context.ts'
import type { Trx } from '../database.ts'
import { signedIn } from '../viewer.ts'
import { dayMs, dayOf, type Metrics } from './definition.ts'
import { type Asked, measure, mostDays } from './measure.ts'

/** What of a metric is kept for each day. */
export type Daily<Tables> = {
  metric: string
  /** The groups that it is kept by; the empty one is all of it. */
  groups: readonly string[]
  /**
   * How many there were at a time that is over, by each of these groups. What no history tells is measured when the day
   * has ended, and left out where nobody looked in time.
   */
  asOf?(
    trx: Trx<Tables>,
    at: Date,
  ): Promise<readonly (Readonly<Record<string, unknown>> & { count: number })[]>
}
/** The daily figures of a subgraph, and what they are measured by. */
export type DailyFigures<Tables> = {
  metrics: Metrics
  daily: readonly Daily<Tables>[]
  /** What is measured, as lists have it now; needed where history does not tell all. */
  asked?(context: Context<Tables>, trx: Trx<Tables>): Asked
  /** When the first of them came. */
  since(trx: Trx<Tables>): Promise<Date | null>
}

type Fact = { dimension: string; key: string; n: number; value: number | null }

/** What is measured so long after a day still counts for its end. */
const inTimeMs = 3_600_000
/** Days that were missed are made good so many at a time, those of late first. */
const mostAtOnce = 31
/** Where a day takes long to count, fewer: a round of many organizations has other work, too. */
const longestMs = 5_000

const midnight = (at: Date) => new Date(Math.floor(at.getTime() / dayMs) * dayMs)
const endOf = (day: string) => new Date(Date.parse(`${day}T00:00:00Z`) + dayMs)

async function kept(db: QueryExecutorProvider, { metric, groups }: Daily<never>): Promise<Set<string>> {
  const { rows } = await sql<{ day: string }>`select distinct day::text as day from metric_facts
    where metric = ${metric} and dimension = ${groups[0]!}`.execute(db)
  return new Set(rows.map(({ day }) => day))
}

/** The days that are still to be written, the last one first. */
async function missing<Tables>(
  trx: Trx<Tables>,
  of: Daily<Tables>,
  since: Date | null,
  now: Date,
): Promise<string[]> {
  const today = midnight(now)
  const known = await kept(trx, of as Daily<never>)
  const dayBefore = (days: number) => new Date(today.getTime() - days * dayMs)
  const last = dayOf(dayBefore(1))
  if (!of.asOf) return known.has(last) || now.getTime() - today.getTime() > inTimeMs ? [] : [last]
  if (!since) return []
  const days: string[] = []
  for (let ago = 1; ago <= mostDays && dayBefore(ago) >= midnight(since); ago++)
    if (!known.has(dayOf(dayBefore(ago)))) days.push(dayOf(dayBefore(ago)))
  return days
}

/** Whether a day is still absent, once nobody else is at it: two who measure it would add to each other's keys. */
async function isMine<Tables>(
  trx: Trx<Tables>,
  organizationId: string,
  { metric, groups }: Daily<Tables>,
  day: string,
): Promise<boolean> {
  const lock = `${organizationId}/${metric}/${groups[0]}/${day}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 0))`.execute(trx)
  const { rows } = await sql`select 1 from metric_facts
    where metric = ${metric} and dimension = ${groups[0]!} and day = ${day}::date limit 1`.execute(trx)
  return rows.length === 0
}

/** Of each group its keys, and under the empty key all of it, by which one sees that a day is there. */
function byHistory(
  groups: readonly string[],
  rows: readonly (Readonly<Record<string, unknown>> & { count: number })[],
): Fact[] {
  const sum = (of: typeof rows) => of.reduce((total, { count }) => total + count, 0)
  return groups.flatMap((dimension) => {
    const parts = dimension ? [...Map.groupBy(rows, (row) => String(row[dimension]))] : []
    return [['', rows] as const, ...parts].map(([key, of]) => ({ dimension, key, n: sum(of), value: null }))
  })
}

async function byMeasure(asked: Asked, { metrics, metric, groups }: Daily<never> & { metrics: Metrics }) {
  const definition = metrics.metrics.find(({ name }) => name === metric)!
  const facts: Fact[] = []
  for (const dimension of groups) {
    const told = await measure(asked, metrics, definition, { groupBy: dimension || null })
    for (const { key, n, value } of [{ ...told, key: '' }, ...told.groups])
      facts.push({ dimension, key, n, value: definition.measure.kind === 'count' ? null : value })
  }
  return facts
}

const write = (
  trx: QueryExecutorProvider,
  of: { organizationId: string; metric: string; day: string; at: Date },
  facts: readonly Fact[],
) =>
  sql`insert into metric_facts (organization_id, metric, dimension, day, key, n, value, measured_at)
    select ${of.organizationId}::uuid, ${of.metric}, dimension, ${of.day}::date, key, n, value, ${of.at}
    from jsonb_to_recordset(${JSON.stringify(facts)}::jsonb) as fact (dimension text, key text, n integer, value float8)
    on conflict do nothing`.execute(trx)

/** The work of a round: writes the days that are over and not written yet, each once, whoever else is at it. */
export function keepingDays<Tables>(
  figures: DailyFigures<Tables>,
): (context: Context<Tables>, signal: AbortSignal) => Promise<void> {
  // The day that an organization has nothing more to write in.
  const settled = new Map<string, string>()
  return async (context, signal) => {
    const now = context.clock()
    const { organizationId } = signedIn(context.viewer)
    if (settled.get(organizationId) === dayOf(now)) return
    const since = await context.tenant((trx) => figures.since(trx))
    let left = false
    const from = performance.now()
    for (const daily of figures.daily) {
      const days = await context.tenant((trx) => missing(trx, daily, since, now))
      left ||= days.length > mostAtOnce
      for (const day of days.slice(0, mostAtOnce)) {
        signal.throwIfAborted()
        if (performance.now() - from > longestMs) return
        await context.tenant(async (trx) => {
          if (!(await isMine(trx, organizationId, daily, day))) return
          const facts = daily.asOf
            ? byHistory(daily.groups, await daily.asOf(trx, new Date(endOf(day).getTime() - 1)))
            : await byMeasure(figures.asked!(context, trx), {
                ...(daily as Daily<never>),
                metrics: figures.metrics,
              })
          await write(trx, { organizationId, metric: daily.metric, day, at: now }, facts)
        })
      }
    }
    if (!left) settled.set(organizationId, dayOf(now))
  }
}
