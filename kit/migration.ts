import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { openDatabase, roleOf, urlAs } from './database.ts'
import type { Log } from './log.ts'

export type Migrations = Readonly<Record<string, Migration>>

async function serviceRole(db: Kysely<unknown>, schema: string): Promise<string> {
  const { rows } = await sql<{ role: string }>`select current_database() || ${`_${schema}`} as role`.execute(
    db,
  )
  return rows[0]!.role
}

/** Grants the subgraph's role what it needs on one table, or on one function, and nothing else. */
export async function grant(
  db: Kysely<unknown>,
  schema: string,
  privileges: string,
  on: string,
): Promise<void> {
  const role = await serviceRole(db, schema)
  await sql`grant ${sql.raw(privileges)} on ${sql.raw(on)} to ${sql.id(role)}`.execute(db)
}

export type TenantTableOptions = {
  /** What the service role may do; nothing is deleted unless the table says so. */
  grants?: string
  /** The column that holds the tenant. */
  column?: string
}

/** Makes a table a tenant's: row level security, enforced for its owner too, and grants for the service. */
export async function tenantTable(
  db: Kysely<unknown>,
  schema: string,
  table: string,
  { grants = 'select, insert, update', column = 'organization_id' }: TenantTableOptions = {},
): Promise<void> {
  const name = sql.id(schema, table)
  const isOurs = sql`${sql.id(column)} = (select nullif(current_setting('nexus.organization', true), '')::uuid)`
  await sql`alter table ${name} enable row level security`.execute(db)
  await sql`alter table ${name} force row level security`.execute(db)
  await sql`create policy tenant on ${name} using (${isOurs}) with check (${isOurs})`.execute(db)
  await grant(db, schema, grants, `${schema}.${table}`)
}

/** Creates a subgraph's schema and its login role, which may enter the schema and owns nothing in it. */
async function provision(db: Kysely<unknown>, schema: string, role: string, password: string): Promise<void> {
  const exists = await sql`select 1 from pg_roles where rolname = ${role}`.execute(db)
  // Only a superuser may name the attributes of a role that is there, even to leave them as they are.
  const create = sql`create role ${sql.id(role)} nosuperuser nobypassrls nocreatedb nocreaterole`
  if (exists.rows.length === 0) await create.execute(db)
  await sql`alter role ${sql.id(role)} with login password ${sql.lit(password)}`.execute(db)
  await sql`create schema if not exists ${sql.id(schema)}`.execute(db)
  await sql`grant usage on schema ${sql.id(schema)} to ${sql.id(role)}`.execute(db)
}

/**
 * Brings one subgraph's schema up to date, as the owner that `url` names. Safe to run by several processes
 * at once: the first applies, the others wait and find nothing to do.
 * @returns the names of the migrations applied now, and the url of the subgraph's own role
 */
export async function migrate(options: {
  url: string
  schema: string
  migrations: Migrations
  passwordOf: (role: string) => string
  log: Log
}): Promise<{ applied: string[]; url: string }> {
  const { url, schema, migrations, passwordOf, log } = options
  const db = openDatabase<unknown>({ url, schema, log, connections: 2 })
  const role = roleOf(url, schema)
  const password = passwordOf(role)
  try {
    await db.connection().execute(async (connection) => {
      await sql`select pg_advisory_lock(hashtext('nexus-provision'))`.execute(connection)
      try {
        await provision(connection, schema, role, password)
      } finally {
        await sql`select pg_advisory_unlock(hashtext('nexus-provision'))`.execute(connection)
      }
    })
    const provider = { getMigrations: async () => ({ ...migrations }) }
    const { error, results = [] } = await new Migrator({
      db,
      provider,
      migrationTableSchema: schema,
      migrationTableName: 'migrations',
      migrationLockTableName: 'migrations_lock',
    }).migrateToLatest()
    if (error) throw error
    return { applied: results.map((result) => result.migrationName), url: urlAs(url, role, password) }
  } finally {
    await db.destroy()
  }
}
