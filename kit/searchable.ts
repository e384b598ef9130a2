import { type Kysely, sql } from 'kysely'
import { ensureRole, grant, serviceRole } from './migration.ts'

/** The texts of a tenant table, where they lie apart: rows say the same thing a thousand times. */
export type Texts = {
  /** Beside the other one. Its columns are `organization_id`, `id`, `copy` and `text`; most have one copy. */
  table: string
  /** The id of a row's text, in SQL over the row. An index of the other table begins with the tenant and has it next. */
  key: string
}

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
  const trigrams = await searchIndex(db, schema, table, columns)
  await searchFunction(db, schema, table, columns, trigrams)
  const search = searchName(schema, table)
  await sql`revoke all on ${sql.raw(search)} from public`.execute(db)
  await grant(db, schema, 'execute', search)
  await giveTo(db, schema, await serviceRole(db, schema, '_search'), search)
}

/**
 * Has a table that is searched already searched by its texts, which lie apart from now on: its own index goes. Who may
 * search it is as before.
 */
export async function searchableByTexts(
  db: Kysely<unknown>,
  schema: string,
  table: string,
  columns: readonly string[],
  texts: Texts,
): Promise<void> {
  const trigrams = await searchIndex(db, schema, texts.table, ['text'], ['copy'])
  await sql`drop index ${sql.id(schema, `search_${table}`)}`.execute(db)
  const role = await serviceRole(db, schema, '_search')
  await asMember(db, schema, role, () => searchFunction(db, schema, table, columns, trigrams, texts))
}

const searchName = (schema: string, table: string) =>
  `function ${schema}.search_${table}(text, boolean, integer, boolean)`

/** Makes the index of a table's columns, and lets the role of the search read them. Answers where trigrams are. */
async function searchIndex(
  db: Kysely<unknown>,
  schema: string,
  table: string,
  columns: readonly string[],
  alsoRead: readonly string[] = [],
): Promise<ReturnType<typeof sql.id>> {
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
  const read = sql.join(['organization_id', 'id', ...alsoRead, ...columns].map((column) => sql.id(column)))
  await sql`grant select (${read}) on ${name} to ${sql.id(role)}`.execute(db)
  return trigrams
}

type Name = ReturnType<typeof sql.id>

/** What is looked for in some columns: a part of them, or how a word of theirs begins. */
const matchesOf = (columns: readonly string[], trigrams: Name) => {
  const ids = columns.map((column) => sql.id(column))
  return {
    part: ids.map((id) => sql`${id} ilike pattern`),
    // Of two letters the index knows how a word begins, which is two thirds of their trigrams.
    begun: ids.map(
      (id) => sql`${id} operator(${trigrams}.%>) pattern and ${id} ~* ('(^|[^[:alnum:]])' || pattern)`,
    ),
  }
}

// The planner knows nothing of how rare a pattern is: after the sample it is left the index of trigrams alone.
async function searchFunction(
  db: Kysely<unknown>,
  schema: string,
  table: string,
  columns: readonly string[],
  trigrams: Name,
  texts?: Texts,
): Promise<void> {
  const name = sql.id(schema, table)
  const read = sql.join(columns.map((column) => sql.id(column)))
  const end = (any: Name, direction: string) => sql`
    (select count(*) filter (where ${any}) >= 20 from (select ${read} from ${name}
      where organization_id = tenant order by id ${sql.raw(direction)} limit 1000) as one_end)`
  const own = (each: Name) =>
    sql`(select id from ${name} where organization_id = tenant and ${each} limit most + 1)`
  // Joined one by one, whatever the planner thinks of how many there are.
  const byText = (each: Name) => sql`
    (select having_it.id from (select id from ${sql.id(schema, texts!.table)} told where organization_id = tenant
        and ${each} and copy = (select min(other.copy) from ${sql.id(schema, texts!.table)} other
          where other.organization_id = tenant and other.id = told.id))
      as matching_text cross join lateral (select id from ${name}
        where organization_id = tenant and ${sql.raw(texts!.key)} = matching_text.id offset 0) as having_it limit most + 1)`
  const body = (of: readonly Name[], indexed: readonly Name[]) => {
    const any = sql`(${sql.join(of, sql` or `)})`
    const arms = indexed.map(texts ? byText : own)
    return sql`
      if not thorough and ${end(any, 'asc')} and ${end(any, 'desc')} then
        return null;
      end if;
      perform set_config('enable_indexscan', 'off', true);
      select coalesce(array_agg(id), '{}') into found from (
        select distinct id from (${sql.join(arms, sql` union all `)}) as arms limit most + 1) as matching;`
  }
  const sampled = matchesOf(columns, trigrams)
  const indexed = texts ? matchesOf(['text'], trigrams) : sampled
  await sql`
    create or replace function ${sql.id(schema, `search_${table}`)}(pattern text, words boolean, most integer,
        thorough boolean)
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
      if words then ${body(sampled.begun, indexed.begun)}
      else ${body(sampled.part, indexed.part)}
      end if;
      return case when cardinality(found) <= most then found end;
    end $$`.execute(db)
}

/**
 * Does something as who may do what a role may. Only a member of a role may give it something, and only for that
 * moment is the owner one.
 */
async function asMember(
  db: Kysely<unknown>,
  schema: string,
  role: string,
  work: () => Promise<void>,
): Promise<void> {
  const { rows } = await sql<{ super: boolean }>`
    select rolsuper as super from pg_roles where rolname = current_user`.execute(db)
  const joins = rows[0]!.super ? undefined : sql.id(role)
  if (joins) await sql`grant ${joins} to current_user`.execute(db)
  await sql`grant create on schema ${sql.id(schema)} to ${sql.id(role)}`.execute(db)
  await work()
  await sql`revoke create on schema ${sql.id(schema)} from ${sql.id(role)}`.execute(db)
  if (joins) await sql`revoke ${joins} from current_user`.execute(db)
}

/** Makes a function or table a role's own. */
export const giveTo = (db: Kysely<unknown>, schema: string, role: string, what: string): Promise<void> =>
  asMember(db, schema, role, async () => {
    await sql`alter ${sql.raw(what)} owner to ${sql.id(role)}`.execute(db)
  })
