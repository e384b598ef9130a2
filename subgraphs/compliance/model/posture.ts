import { type RawBuilder, sql } from 'kysely'
import type { Db } from '#kit/database.ts'
import { type Standing, standingOf } from '../rules.ts'
import type { Tables, Tally } from '../tables.ts'
import { sources } from './past.ts'

/** Results are many and checks are few: they are counted by check before anything is joined. */
const tallied = (which: RawBuilder<boolean>, asOf: Date | null) => sql<Tally & { id: string }>`
  with ${sources(asOf)},
  effective as (
    select distinct level.control_id, m.check_id from mapped m
    join controls k on k.id = m.control_id
    cross join lateral (values (k.id), (k.parent_id)) as level (control_id)
    where m.origin <> 'suppressed' and level.control_id is not null
  )
  select k.id, coalesce(sum(s.pass), 0) as pass, coalesce(sum(s.fail), 0) as fail,
    coalesce(sum(s.warn), 0) as warn, coalesce(sum(s.error), 0) as error,
    coalesce(sum(s.not_applicable), 0) as not_applicable,
    coalesce(max(c.severity_rank) filter (where s.pass + s.fail + s.warn + s.error > 0), 0) as worst
  from controls k
  left join effective m on m.control_id = k.id
  left join said s on s.check_id = m.check_id
  left join rated c on c.id = s.check_id
  where ${which} group by k.id`

/** What the checks of each control say now. */
export async function tallies(db: Db<Tables>, controlIds: readonly string[]): Promise<Map<string, Tally>> {
  const { rows } = await tallied(sql<boolean>`k.id = any(${controlIds}::uuid[])`, null).execute(db)
  return new Map(rows.map((row) => [row.id, row]))
}

/** How a framework stands, or stood at a time, over the controls that have none below them. */
export async function of(db: Db<Tables>, frameworkId: string, asOf: Date | null): Promise<Standing> {
  const which = sql<boolean>`k.framework_id = ${frameworkId}::uuid
    and not exists (select 1 from controls below where below.parent_id = k.id)`
  const { rows } = await tallied(which, asOf).execute(db)
  return standingOf(rows)
}

/** Checks with results that speak for no control of a framework, and that nobody has taken out of one. */
export async function unmapped(db: Db<Tables>, frameworkId: string, asOf: Date | null): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with ${sources(asOf)}
    select count(*) as count from said where check_id not in (
      select m.check_id from mapped m join controls k on k.id = m.control_id
      where k.framework_id = ${frameworkId}::uuid)`.execute(db)
  return rows[0]!.count
}
