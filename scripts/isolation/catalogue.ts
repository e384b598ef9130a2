/** What PostgreSQL's own catalogue says of the house: relations, their columns and constraints, functions. */
import type { Query } from './scratch.ts'

export type Column = {
  name: string
  type: string
  /** Characters, where they are bounded. */
  length: number | null
  isNullable: boolean
  hasDefault: boolean
  /** Written by PostgreSQL alone. */
  isGenerated: boolean
}
export type Constraint = { name: string; columns: string[]; definition: string }
export type ForeignKey = { columns: string[]; target: string; targetColumns: string[] }
export type Relation = {
  /** With its schema. */
  name: string
  schema: string
  kind: 'table' | 'view' | 'sequence'
  /** Its rows come in through the table that it is a part of. */
  isPartition: boolean
  columns: Column[]
  checks: Constraint[]
  foreignKeys: ForeignKey[]
  /** The column that names the tenant, where a row is a tenant's. */
  tenant: string | null
}
export type Definer = {
  name: string
  arguments: number
  open: boolean
  searchPath: boolean
  grantees: string[]
}

/** Everything but PostgreSQL's own. */
export const ours = `n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'`

const relations = `
  select n.nspname || '.' || c.relname as name, n.nspname as schema,
    case when c.relkind in ('v', 'm') then 'view' when c.relkind = 'S' then 'sequence' else 'table' end as kind, c.relispartition as "isPartition",
    coalesce((select jsonb_agg(jsonb_build_object('name', a.attname,
        'type', case when t.typelem <> 0 and t.typlen = -1 then (select e.typname from pg_type e where e.oid = t.typelem) || '[]'
          else t.typname end,
        'length', case when t.typname in ('varchar', 'bpchar') and a.atttypmod > 0 then a.atttypmod - 4 end,
        'isNullable', not a.attnotnull, 'hasDefault', a.atthasdef or a.attidentity <> '',
        'isGenerated', a.attgenerated <> '' or a.attidentity = 'a') order by a.attnum)
      from pg_attribute a join pg_type t on t.oid = a.atttypid
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]') as columns,
    coalesce((select jsonb_agg(jsonb_build_object('name', k.conname, 'definition', pg_get_constraintdef(k.oid),
        'columns', (select coalesce(jsonb_agg(a.attname), '[]') from pg_attribute a
          where a.attrelid = c.oid and a.attnum = any(k.conkey))))
      from pg_constraint k where k.conrelid = c.oid and k.contype = 'c'), '[]') as checks,
    coalesce((select jsonb_agg(jsonb_build_object(
        'target', (select m.nspname || '.' || d.relname from pg_class d join pg_namespace m on m.oid = d.relnamespace where d.oid = k.confrelid),
        'columns', (select jsonb_agg(a.attname order by u.place) from unnest(k.conkey) with ordinality u(number, place)
          join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number),
        'targetColumns', (select jsonb_agg(a.attname order by u.place) from unnest(k.confkey) with ordinality u(number, place)
          join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number)))
      from pg_constraint k where k.conrelid = c.oid and k.contype = 'f'), '[]') as "foreignKeys"
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where ${ours} and c.relkind in ('r', 'p', 'v', 'm', 'S') order by 1`

const definers = `
  select p.oid::regprocedure::text as name, p.pronargs as arguments,
    has_function_privilege('public', p.oid, 'execute') as open,
    coalesce(p.proconfig::text like '%search_path=%', false) as "searchPath",
    array(select r.rolname::text from pg_roles r where not r.rolsuper and has_function_privilege(r.oid, p.oid, 'execute')) as grantees
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${ours} and p.prosecdef order by 1`

const tenantOf = ({ name, columns }: Relation): string | null => {
  if (name === 'identity.organizations') return 'id'
  return columns.some((column) => column.name === 'organization_id') ? 'organization_id' : null
}

export async function readCatalogue(
  query: Query,
): Promise<{ relations: Relation[]; definers: Definer[]; roles: string[] }> {
  const found = (await query(relations)) as Relation[]
  for (const relation of found) relation.tenant = tenantOf(relation)
  const roles = await query(
    `select rolname as role from pg_roles where rolname like current_database() || '\\_%' and rolcanlogin`,
  )
  return {
    relations: found,
    definers: (await query(definers)) as Definer[],
    roles: roles.map(({ role }) => String(role)),
  }
}

/** Tables after those that their foreign keys point to. */
export function inOrder(tables: readonly Relation[]): Relation[] {
  const known = new Map(tables.map((table) => [table.name, table]))
  const ordered = new Set<Relation>()
  const visit = (table: Relation, above: ReadonlySet<string>) => {
    if (ordered.has(table) || above.has(table.name)) return
    const here = new Set(above).add(table.name)
    for (const { target } of table.foreignKeys) if (known.has(target)) visit(known.get(target)!, here)
    ordered.add(table)
  }
  for (const table of tables) visit(table, new Set())
  return [...ordered]
}
