/** What findings were: counted as of any time, and told change by change. */
import { type RawBuilder, sql } from 'kysely'
import type { Db } from '#kit/database.ts'
import type { ListSpec } from '#kit/page.ts'
import type { HistoryRow, Tables } from '../tables.ts'
import { severitySql, statusSql } from './filter.ts'
import type { Counted } from './vulnerability.ts'

/** The changes of findings, newest first. */
export const spec: ListSpec<HistoryRow> = {
  table: 'vulnerability_history',
  filter: {},
  order: { AT: { column: 'at', type: 'time' } },
  defaultOrder: { field: 'AT', direction: 'desc' },
}

type Part = RawBuilder<unknown>

/** The changes since a time of what had come by then, and is counted. */
const changedSince = (then: Date) => sql`h.at > ${then} and h.created_at <= ${then} and h.kind <> 'risk'`

/**
 * How findings stood at a time, each as often as `step` says: as they stand now, less those that have come since, and
 * with the changes since taken back, each of which says both of its sides. So the past costs as much as has happened
 * since, and what is new costs no history.
 */
const standingAt = (then: Date, columns: readonly string[]): Part => {
  const list = sql.raw(columns.join(', '))
  const before = sql.raw(columns.map((column) => `from_${column} as ${column}`).join(', '))
  const changed = sql`from vulnerability_history h where ${changedSince(then)}`
  return sql`
    select ${list}, step from (
      select ${list}, merged_into, 1 as step from vulnerabilities
      union all
      select ${list}, merged_into, -1 from vulnerabilities where created_at > ${then}
      union all
      select ${before}, from_merged_into, 1 ${changed}
      union all
      select ${list}, merged_into, -1 ${changed}
    ) as standing where merged_into is null`
}

/** How many findings shared severity and status then, as those stood then: what lapses later had not lapsed. */
export async function countAsOf(db: Db<Tables>, then: Date): Promise<Counted[]> {
  const columns = [
    ...['status', 'severity', 'severity_override', 'override_until', 'accepted_from', 'accepted_until'],
  ]
  const { rows } = await sql<Counted>`
    select ${severitySql(then)} as severity, ${statusSql(then)} as status, sum(step)::int as count
    from (${standingAt(then, columns)}) as standing
    group by 1, 2 having sum(step) <> 0`.execute(db)
  return rows
}

/** How long it took to fix those that stood as fixed at a time, counted as `standingAt` counts. */
const fixedAt = (then: Date): Part => {
  const fixed = sql`select resolved_at - first_seen_at as took, 1 as step from vulnerabilities
    where resolution = 'fixed' and merged_into is null`
  const side = (prefix: string, step: number) => sql`
    select h.${sql.raw(prefix)}resolved_at - v.first_seen_at, ${sql.lit(step)}
    from vulnerability_history h join vulnerabilities v on v.id = h.vulnerability_id
    where ${changedSince(then)} and h.${sql.raw(prefix)}resolution = 'fixed' and h.${sql.raw(prefix)}merged_into is null`
  return sql`${fixed} union all
    select resolved_at - first_seen_at, -1 from vulnerabilities
      where resolution = 'fixed' and merged_into is null and created_at > ${then}
    union all ${side('from_', 1)} union all ${side('', -1)}`
}

/**
 * The seconds from when findings were first seen until they were fixed, on average over those that stood as fixed at a
 * time, or stand so now; null where none does.
 */
export async function meanTimeToFix(db: Db<Tables>, then: Date | null): Promise<number | null> {
  const fixed = then
    ? fixedAt(then)
    : sql`select resolved_at - first_seen_at as took, 1 as step from vulnerabilities
        where resolution = 'fixed' and merged_into is null`
  const { rows } = await sql<{ seconds: number | null }>`
    select (sum(step * extract(epoch from took)) / nullif(sum(step), 0))::float8 as seconds
    from (${fixed}) as fixed`.execute(db)
  return rows[0]!.seconds
}
