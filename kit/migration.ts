import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { openDatabase, roleOf, urlAs } from './database.ts'
import type { Jobs } from './job.ts'
import { grantJournal, journalMigrations, journalSchema } from './journal.ts'
import type { Log } from './log.ts'
import { operationMigrations, operationSchema } from './operation.ts'
import { provisionQueues } from './queue.ts'
import { keyringMigrations, keyringSchema } from './sealing/keyring.ts'
import { tenantPolicy } from './tenancy.ts'

export type Migrations = Readonly<Record<string, Migration>>

async function serviceRole(db: Kysely<unknown>, schema: string): Promise<string> {
  const { rows } = await sql<{ role: string }>`select current_database() || ${`_${schema}`} as role`.execute(
    db,
  )
  return rows[0]!.role
}

/** Grants the subgraph's role what it needs on one table, function or schema, and nothing else. */
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
  await tenantPolicy(db, schema, table, column)
  await grant(db, schema, grants, `${schema}.${table}`)
}

/** Lets a subgraph have sealed columns: it reaches the data keys, and row level security those of its tenant. */
export async function grantKeyring(db: Kysely<unknown>, schema: string): Promise<void> {
  await grant(db, schema, 'usage', 'schema keyring')
  await grant(db, schema, 'select, insert, update', 'keyring.data_keys')
}

/** Creates a login role that owns nothing. */
async function provisionRole(db: Kysely<unknown>, role: string, password: string): Promise<void> {
  const exists = await sql`select 1 from pg_roles where rolname = ${role}`.execute(db)
  // Only a superuser may name the attributes of a role that is there, even to leave them as they are.
  const create = sql`create role ${sql.id(role)} nosuperuser nobypassrls nocreatedb nocreaterole`
  if (exists.rows.length === 0) await create.execute(db)
  await sql`alter role ${sql.id(role)} with login password ${sql.lit(password)}`.execute(db)
}

/** Creates a subgraph's schema and its login role, which may enter the schema. */
async function provision(db: Kysely<unknown>, schema: string, role: string, password: string): Promise<void> {
  await provisionRole(db, role, password)
  await sql`create schema if not exists ${sql.id(schema)}`.execute(db)
  await sql`grant usage on schema ${sql.id(schema)} to ${sql.id(role)}`.execute(db)
}

/** Of several processes one at a time. */
const inTurn = (db: Kysely<unknown>, lock: string, work: (connection: Kysely<unknown>) => Promise<void>) =>
  db.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(hashtext(${lock}))`.execute(connection)
    try {
      await work(connection)
    } finally {
      await sql`select pg_advisory_unlock(hashtext(${lock}))`.execute(connection)
    }
  })

async function apply(db: Kysely<unknown>, schema: string, migrations: Migrations): Promise<string[]> {
  const { error, results = [] } = await new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableSchema: schema,
    migrationTableName: 'migrations',
    migrationLockTableName: 'migrations_lock',
  }).migrateToLatest()
  if (error) throw error
  return results.map((result) => result.migrationName)
}

/**
 * Brings one subgraph's schema, what all share, and its queues up to date, as the owner that `url` names. Safe
 * to run by several processes at once: the first applies, the others wait and find nothing to do.
 * @returns the names of the migrations applied now, and the url of the subgraph's own role
 */
export async function migrate(options: {
  url: string
  schema: string
  migrations: Migrations
  jobs?: Jobs<never> | undefined
  passwordOf: (role: string) => string
  log: Log
}): Promise<{ applied: string[]; url: string }> {
  const { url, schema, migrations, jobs, passwordOf, log } = options
  const db = openDatabase<unknown>({ url, schema, log, connections: 2 })
  const role = roleOf(url, schema)
  const password = passwordOf(role)
  try {
    const relay = roleOf(url, journalSchema)
    await inTurn(db, 'nexus-provision', async (connection) => {
      await provision(connection, schema, role, password)
      await provisionRole(connection, relay, passwordOf(relay))
    })
    await apply(db, operationSchema, operationMigrations)
    await apply(db, journalSchema, journalMigrations)
    await inTurn(db, 'nexus-journal', (connection) => grantJournal(connection, schema, role))
    await apply(db, keyringSchema, keyringMigrations)
    const applied = await apply(db, schema, migrations)
    if (jobs) await provisionQueues({ url, subgraph: schema, jobs, log })
    return { applied, url: urlAs(url, role, password) }
  } finally {
    await db.destroy()
  }
}
