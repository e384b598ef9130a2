/** What postures are counted from: as it is, or as it was at a time. */
import { type RawBuilder, sql } from 'kysely'

const counts = sql`
  count(*) filter (where result = 'pass') as pass, count(*) filter (where result = 'fail') as fail,
  count(*) filter (where result = 'warn') as warn, count(*) filter (where result = 'error') as error,
  count(*) filter (where result = 'not_applicable') as not_applicable`

const present = sql`
  said as materialized (
    select check_id, ${counts} from check_results where withdrawn_at is null group by check_id
  ),
  mapped as (select control_id, check_id, origin from control_checks),
  rated as (select id, severity_rank from checks)`

/** Of what has changed since, what it was before the first change; of the rest, what it is. */
const past = (asOf: Date) => sql`
  since as materialized (
    select distinct on (kind, subject_id, control_id) kind, subject_id, control_id, was
    from posture_changes where at > ${asOf} order by kind, subject_id, control_id, at, sequence
  ),
  results as (
    select r.check_id, case when s.kind is null then case when r.withdrawn_at is null then r.result end
      else s.was end as result
    from check_results r left join since s on s.kind = 'result' and s.subject_id = r.id
    where r.created_at <= ${asOf}
  ),
  said as materialized (
    select check_id, ${counts} from results where result is not null group by check_id
  ),
  mapped as (
    select m.control_id, m.check_id, coalesce(s.was, m.origin) as origin from control_checks m
    left join since s on s.kind = 'mapping' and s.subject_id = m.check_id and s.control_id = m.control_id
    where m.created_at <= ${asOf}
  ),
  rated as (
    select c.id, coalesce(s.was::smallint, c.severity_rank) as severity_rank from checks c
    left join since s on s.kind = 'check' and s.subject_id = c.id
  )`

/**
 * Named queries: `said`, how many results of each kind a check has; `mapped`, the controls that a check may speak for,
 * with the origin of that; `rated`, how bad each check is.
 */
export const sources = (asOf: Date | null): RawBuilder<unknown> => (asOf ? past(asOf) : present)
