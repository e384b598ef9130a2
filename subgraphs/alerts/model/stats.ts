import { sql } from 'kysely'
import type { Db } from '#kit/database.ts'
import type { Severity } from '#kit/severity.ts'
import type { AlertStatus, Tables } from '../tables.ts'

export type Counted = { severity: Severity; status: AlertStatus; count: number }

/** How many alerts share severity and status at this time: whom no rule suppresses any more is open. */
export async function count(db: Db<Tables>, at: Date): Promise<Counted[]> {
  // The first is answered by one covering index, and the second by the few that are suppressed.
  const { rows } = await sql<Counted>`
    select severity, status, count(*) as count from alerts group by severity, status
    union all
    select severity, moved.status, count(*) * moved.sign from alerts
    cross join (values ('open', 1), ('suppressed', -1)) as moved (status, sign)
    where suppression_rule_id is not null
      and suppression_rule_id = any(array(select ended.id from suppression_rules ended where ended.ends_at <= ${at}))
    group by severity, moved.status, moved.sign`.execute(db)
  return rows
}

/** The same as it was at a time, from what has been written since of every change. */
export async function countAsOf(db: Db<Tables>, at: Date): Promise<Counted[]> {
  const { rows } = await sql<Counted>`
    with ended as (select id from suppression_rules where ends_at <= ${at}),
    steps as (
      select severity, status, suppression_rule_id as rule_id, 1 as step from alert_history where at <= ${at}
      union all
      select from_severity, from_status, from_suppression_rule_id, -1 from alert_history
      where at <= ${at} and from_status is not null
    )
    select severity, case when status = 'suppressed' and rule_id in (select id from ended) then 'open'
      else status end as status, sum(step) as count
    from steps group by 1, 2 having sum(step) <> 0`.execute(db)
  return rows.map((row) => ({ ...row, count: Number(row.count) }))
}
