import { type RawBuilder, sql } from 'kysely'
import type { Db } from '#kit/database.ts'
import { type Standing, standingOf } from '../rules.ts'
import type { Tables, Tally } from '../tables.ts'

/** Results are many and checks are few: they are counted by check before anything is joined. */
const tallied = (which: RawBuilder<boolean>) => sql<Tally & { id: string }>`
  with said as materialized (
    select check_id,
      count(*) filter (where result = 'pass') as pass, count(*) filter (where result = 'fail') as fail,
      count(*) filter (where result = 'warn') as warn, count(*) filter (where result = 'error') as error,
      count(*) filter (where result = 'not_applicable') as not_applicable
    from check_results where withdrawn_at is null group by check_id
  )
  select k.id, coalesce(sum(s.pass), 0) as pass, coalesce(sum(s.fail), 0) as fail,
    coalesce(sum(s.warn), 0) as warn, coalesce(sum(s.error), 0) as error,
    coalesce(sum(s.not_applicable), 0) as not_applicable,
    coalesce(max(c.severity_rank) filter (where s.pass + s.fail + s.warn + s.error > 0), 0) as worst
  from controls k
  left join effective_checks m on m.control_id = k.id
  left join said s on s.check_id = m.check_id
  left join checks c on c.id = s.check_id
  where ${which} group by k.id`

/** What the checks of each control say now. */
export async function tallies(db: Db<Tables>, controlIds: readonly string[]): Promise<Map<string, Tally>> {
  const { rows } = await tallied(sql<boolean>`k.id = any(${controlIds}::uuid[])`).execute(db)
  return new Map(rows.map((row) => [row.id, row]))
}

/** How a framework stands, over the controls that have none below them. */
export async function of(db: Db<Tables>, frameworkId: string): Promise<Standing> {
  const { rows } = await tallied(
    sql<boolean>`k.framework_id = ${frameworkId}::uuid
      and not exists (select 1 from controls below where below.parent_id = k.id)`,
  ).execute(db)
  return standingOf(rows)
}

/** Checks with results that speak for no control of a framework, and that nobody has taken out of one. */
export async function unmapped(db: Db<Tables>, frameworkId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with said as materialized (select distinct check_id from check_results where withdrawn_at is null)
    select count(*) as count from said where check_id not in (
      select m.check_id from control_checks m join controls k on k.id = m.control_id
      where k.framework_id = ${frameworkId}::uuid)`.execute(db)
  return rows[0]!.count
}
