import { type Kysely, sql } from 'kysely'
import { ensureRole, grant, serviceRole } from './migration.ts'

/**
 * Has a tenant table searched by parts of its columns through an index, which row level security would not let
 * `ILIKE` use: makes the index, and `search_<table>`, which answers ids (see `kit/search.ts`). It belongs to a role
 * without login that reads these columns of every tenant, and compares the tenant itself.
 */
export async function searchable(
  db: Kysely<unknown>,
  schema: string,
  table: string,
  columns: readonly string[],
): Promise<void> {
  const role = await serviceRole(db, schema, '_search')
  await ensureRole(db, schema, role)
  const name = sql.id(schema, table)
  const { rows } = await sql<{ schema: string }>`select n.nspname as schema from pg_opclass o
    join pg_namespace n on n.oid = o.opcnamespace where o.opcname = 'gin_trgm_ops'`.execute(db)
  const trigrams = sql.id(rows[0]!.schema)
  await sql`grant usage on schema ${trigrams} to ${sql.id(role)}`.execute(db)
  const keys = sql.join(columns.map((column) => sql`${sql.id(column)} ${trigrams}.gin_trgm_ops`))
  await sql`create index ${sql.id(`search_${table}`)} on ${name} using gin (organization_id, ${keys})`.execute(
    db,
  )
  await sql`create policy search on ${name} for select to ${sql.id(role)} using (true)`.execute(db)
  const read = sql.join(['organization_id', 'id', ...columns].map((column) => sql.id(column)))
  await sql`grant select (${read}) on ${name} to ${sql.id(role)}`.execute(db)
  await searchFunction(db, schema, table, columns, trigrams)
  const search = `function ${schema}.search_${table}(text, boolean, integer, boolean)`
  await sql`revoke all on ${sql.raw(search)} from public`.execute(db)
  await grant(db, schema, 'execute', search)
  await giveTo(db, schema, role, search)
}

// The planner knows nothing of how rare a pattern is: after the sample it is left the index of trigrams alone.
async function searchFunction(
  db: Kysely<unknown>,
  schema: string,
  table: string,
  columns: readonly string[],
  trigrams: ReturnType<typeof sql.id>,
): Promise<void> {
  const name = sql.id(schema, table)
  const ids = columns.map((column) => sql.id(column))
  const part = ids.map((id) => sql`${id} ilike pattern`)
  // Of two letters the index knows how a word begins, which is two thirds of their trigrams.
  const begun = ids.map(
    (id) => sql`${id} operator(${trigrams}.%>) pattern and ${id} ~* ('(^|[^[:alnum:]])' || pattern)`,
  )
  const end = (any: typeof name, direction: string) => sql`
    (select count(*) filter (where ${any}) >= 20 from (select ${sql.join(ids)} from ${name}
      where organization_id = tenant order by id ${sql.raw(direction)} limit 1000) as one_end)`
  const body = (of: readonly (typeof name)[]) => {
    const any = sql`(${sql.join(of, sql` or `)})`
    const arms = of.map(
      (each) => sql`(select id from ${name} where organization_id = tenant and ${each} limit most + 1)`,
    )
    return sql`
      if not thorough and ${end(any, 'asc')} and ${end(any, 'desc')} then
        return null;
      end if;
      perform set_config('enable_indexscan', 'off', true);
      select coalesce(array_agg(id), '{}') into found from (
        select distinct id from (${sql.join(arms, sql` union all `)}) as arms limit most + 1) as matching;`
  }
  await sql`
    create function ${sql.id(schema, `search_${table}`)}(pattern text, words boolean, most integer, thorough boolean)
      returns uuid[] language plpgsql stable security definer set search_path = pg_catalog, pg_temp
      set plan_cache_mode = force_custom_plan set max_parallel_workers_per_gather = 0
      set enable_seqscan = off set enable_indexscan = on as $$
    declare
      tenant uuid := nullif(current_setting('nexus.organization', true), '')::uuid;
      found uuid[];
    begin
      if tenant is null then
        return '{}';
      end if;
      if words then ${body(begun)}
      else ${body(part)}
      end if;
      return case when cardinality(found) <= most then found end;
    end $$`.execute(db)
}

/**
 * Makes a function or table a role's own. Only a member of a role may give it something, and only for that moment is
 * the owner one.
 */
export async function giveTo(db: Kysely<unknown>, schema: string, role: string, what: string): Promise<void> {
  const { rows } = await sql<{ super: boolean }>`
    select rolsuper as super from pg_roles where rolname = current_user`.execute(db)
  const joins = rows[0]!.super ? undefined : sql.id(role)
  if (joins) await sql`grant ${joins} to current_user`.execute(db)
  await sql`grant create on schema ${sql.id(schema)} to ${sql.id(role)}`.execute(db)
  await sql`alter ${sql.raw(what)} owner to ${sql.id(role)}`.execute(db)
  await sql`revoke create on schema ${sql.id(schema)} from ${sql.id(role)}`.execute(db)
  if (joins) await sql`revoke ${joins} from current_user`.execute(db)
}
