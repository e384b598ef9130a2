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

/**
 * How findings stood at a time, each as often as `step` says: as they stand now, less those that have come since, and
 * with the changes since taken back, each of which says both of its sides. So the past costs as much as has happened
 * since, and what is new costs no history.
 * @param columns of a finding, which a change has twice
 * @param which condition on them
 */
const standingAt = (then: Date, columns: readonly string[], which: Part): Part => {
  const list = sql.raw(columns.join(', '))
  const before = sql.raw(columns.map((column) => `from_${column} as ${column}`).join(', '))
  const changed = sql`vulnerability_history where at > ${then} and created_at <= ${then} and kind <> 'risk'`
  return sql`
    select ${list}, vulnerability_id, step from (
      select ${list}, merged_into, id as vulnerability_id, 1 as step from vulnerabilities
      union all
      select ${list}, merged_into, id, -1 from vulnerabilities where created_at > ${then}
      union all
      select ${before}, from_merged_into, vulnerability_id, 1 from ${changed}
      union all
      select ${list}, merged_into, vulnerability_id, -1 from ${changed}
    ) as standing where merged_into is null and ${which}`
}

/** How many findings shared severity and status then, as those stood then: what lapses later had not lapsed. */
export async function countAsOf(db: Db<Tables>, then: Date): Promise<Counted[]> {
  const columns = [
    ...['status', 'severity', 'severity_override', 'override_until', 'accepted_from', 'accepted_until'],
  ]
  const { rows } = await sql<Counted>`
    select ${severitySql(then)} as severity, ${statusSql(then)} as status, sum(step)::int as count
    from (${standingAt(then, columns, sql`true`)}) as standing
    group by 1, 2 having sum(step) <> 0`.execute(db)
  return rows
}

/**
 * The seconds from when findings were first seen until they were fixed, on average over those that stood as fixed at a
 * time, or stand so now; null where none does.
 */
export async function meanTimeToFix(db: Db<Tables>, then: Date | null): Promise<number | null> {
  const fixed = sql`status = 'resolved' and resolution = 'fixed' and resolved_at is not null`
  const columns = ['status', 'resolution', 'resolved_at']
  const standing = then
    ? standingAt(then, columns, fixed)
    : sql`select resolved_at, id as vulnerability_id, 1 as step from vulnerabilities
        where merged_into is null and ${fixed}`
  const { rows } = await sql<{ seconds: number | null }>`
    select (sum(step * extract(epoch from s.resolved_at - v.first_seen_at)) / nullif(sum(step), 0))::float8 as seconds
    from (${standing}) as s join vulnerabilities v on v.id = s.vulnerability_id`.execute(db)
  return rows[0]!.seconds
}
