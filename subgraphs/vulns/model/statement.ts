/** Who says that names are of one weakness: each set of names, and the scans that say so. */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import type { Tables } from '../tables.ts'

type Source = { organizationId: string; id: string | null; scope: string; tool: string }

/** The same for the same names in whatever order. */
const statementOf = (names: readonly string[]): string => {
  const digest = createHash('sha256')
    .update([...names].sort().join(' '))
    .digest('hex')
  return digest.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/**
 * Keeps what a scan says, with the run that said it first: a scan that only says again what it said costs one question.
 */
export async function keep(
  trx: Trx<Tables>,
  { organizationId, id, scope, tool }: Source,
  said: readonly (readonly string[])[],
): Promise<void> {
  const byId = new Map(said.map((names) => [statementOf(names), names]))
  if (byId.size === 0) return
  const { rows } = await sql<{ statement: string }>`
    select given.statement from unnest(${[...byId.keys()]}::uuid[]) as given (statement)
    where not exists (select 1 from name_statements s
      where s.statement = given.statement and s.scope = ${scope} and s.withdrawn_at is null)
    order by 1`.execute(trx)
  if (rows.length === 0) return
  const news = rows.map(({ statement }) => statement)
  const named = news.flatMap((statement) => byId.get(statement)!.map((name) => [statement, name] as const))
  await sql`
    with named as (
      insert into stated_names (organization_id, alias, statement)
      select ${organizationId}::uuid, alias, statement
      from unnest(${named.map(([, name]) => name)}::text[], ${named.map(([statement]) => statement)}::uuid[])
        as given (alias, statement) order by alias, statement
      on conflict do nothing)
    insert into name_statements as s (organization_id, statement, scope, tool, run_id)
    select ${organizationId}::uuid, statement, ${scope}, ${tool}, ${id}::uuid
    from unnest(${news}::uuid[]) as given (statement)
    on conflict (organization_id, statement, scope) do update set run_id = excluded.run_id, tool = excluded.tool,
      withdrawn_at = null, asserted_at = case when s.withdrawn_at is null then s.asserted_at else now() end`.execute(
    trx,
  )
}

/** What only this run has said: nobody says it any more. Answers the names that this is about. */
export async function withdraw(trx: Trx<Tables>, runId: string): Promise<string[]> {
  const { rows } = await sql<{ alias: string }>`
    with gone as (
      update name_statements set withdrawn_at = now()
      where run_id = ${runId}::uuid and withdrawn_at is null returning statement)
    select distinct n.alias from gone join stated_names n on n.statement = gone.statement
    where not exists (select 1 from name_statements o
      where o.statement = gone.statement and o.withdrawn_at is null
        and o.run_id is distinct from ${runId}::uuid)`.execute(trx)
  return rows.map(({ alias }) => alias)
}

/** Whether a run was the first of its scan to say that names are of one weakness. */
export async function hasSaid(trx: Trx<Tables>, runId: string): Promise<boolean> {
  const { rows } = await sql`select 1 from name_statements
    where run_id = ${runId}::uuid and withdrawn_at is null limit 1`.execute(trx)
  return rows.length > 0
}

/** How often what hangs together is looked for: what is longer than this is no weakness. */
const mostSteps = 20

/**
 * All names that what is said leads to from these, by whatever groups and statements, and what is said of them: what
 * people have said first, then in the order of time.
 */
export async function around(
  trx: Trx<Tables>,
  names: readonly string[],
): Promise<{ names: string[]; said: string[][] }> {
  const all = new Set(names)
  for (let step = 0, size = 0; step < mostSteps && all.size > size; step += 1) {
    size = all.size
    const { rows } = await sql<{ alias: string }>`
      select o.alias from stated_names n join stated_names o on o.statement = n.statement
        where n.alias = any(${[...all]}::text[])
      union select o.alias from advisory_aliases n join advisory_aliases o on o.group_id = n.group_id
        where n.alias = any(${[...all]}::text[])`.execute(trx)
    for (const { alias } of rows) all.add(alias)
  }
  const { rows } = await sql<{ names: string[] }>`
    select array_agg(n.alias::text order by n.alias) as names from (
      select statement, bool_or(scope = ${byPeople}) as is_ours, min(asserted_at) as at
      from name_statements where withdrawn_at is null and statement in (
        select statement from stated_names where alias = any(${[...all]}::text[])) group by statement
    ) as s join stated_names n on n.statement = s.statement
    group by s.statement, s.is_ours, s.at order by s.is_ours desc, s.at, s.statement`.execute(trx)
  return { names: [...all], said: rows.map((row) => row.names) }
}

/** In place of a scan, where somebody says so. */
export const byPeople = 'people'
