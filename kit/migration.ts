import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { ingestRoleOf, openDatabase, roleOf, urlAs } from './database.ts'
import type { Jobs } from './job.ts'
import { grantJournal, journalMigrations, journalSchema } from './journal.ts'
import type { Log } from './log.ts'
import { operationMigrations, operationSchema } from './operation.ts'
import { provisionQueues } from './queue.ts'
import { keyringMigrations, keyringSchema } from './sealing/keyring.ts'
import { tenantPolicy } from './tenancy.ts'

export type Migrations = Readonly<Record<string, Migration>>

/** `suffix` names one of the roles beside the service's own. */
export async function serviceRole(
  db: Kysely<unknown>,
  schema: string,
  suffix: '' | '_ingest' | '_search' = '',
): Promise<string> {
  const { rows } = await sql<{
    role: string
  }>`select current_database() || ${`_${schema}${suffix}`} as role`.execute(db)
  return rows[0]!.role
}

async function createRole(db: Kysely<unknown>, role: string): Promise<void> {
  const exists = await sql`select 1 from pg_roles where rolname = ${role}`.execute(db)
  // Only a superuser may name the attributes of a role that is there, even to leave them as they are.
  const create = sql`create role ${sql.id(role)} nosuperuser nobypassrls nocreatedb nocreaterole`
  if (exists.rows.length === 0) await create.execute(db)
}

/** A role that may enter the schema, and nothing else yet; whether it may log in, others say. */
export async function ensureRole(db: Kysely<unknown>, schema: string, role: string): Promise<void> {
  await createRole(db, role)
  await sql`grant usage on schema ${sql.id(schema)} to ${sql.id(role)}`.execute(db)
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

export type IngestOptions = {
  insert?: readonly string[]
  update?: readonly string[]
  /** What a row that a machine adds must be, in SQL. */
  only?: string
}

/** Where a schema keeps what was changed of many at once, and what each was before (see `kit/bulk/`). */
export async function bulkTables(db: Kysely<unknown>, schema: string): Promise<void> {
  const [batches, items] = [sql.id(schema, 'bulk_batches'), sql.id(schema, 'bulk_items')]
  await sql`
    create table ${batches} (
      organization_id uuid not null,
      id uuid not null,
      patch jsonb not null,
      note text,
      ids uuid[] not null,
      matched integer not null,
      changed integer,
      refused integer,
      digest varchar(64),
      requested_by uuid not null,
      operation_id uuid,
      created_at timestamptz(3) not null,
      finished_at timestamptz(3),
      undone_at timestamptz(3),
      undone_by uuid,
      primary key (organization_id, id),
      check ((undone_at is null) = (undone_by is null))
    );
    create table ${items} (
      organization_id uuid not null,
      batch_id uuid not null,
      item_id uuid not null,
      outcome varchar(10) not null check (outcome in ('changed', 'unchanged', 'refused')),
      code varchar(50),
      message text,
      before jsonb,
      version integer,
      primary key (organization_id, batch_id, item_id),
      foreign key (organization_id, batch_id) references ${batches} (organization_id, id)
    );
  `.execute(db)
  await tenantTable(db, schema, 'bulk_batches')
  await tenantTable(db, schema, 'bulk_items', { grants: 'select, insert' })
}

/**
 * What machines may write of a table: these columns, and never what people say. The role that they write by,
 * `<database>_<schema>_ingest`, logs in beside the service's own and reads whole rows.
 */
export async function ingestMay(
  db: Kysely<unknown>,
  schema: string,
  table: string,
  { insert = [], update = [], only }: IngestOptions,
): Promise<void> {
  const role = await serviceRole(db, schema, '_ingest')
  await ensureRole(db, schema, role)
  const name = sql.id(schema, table)
  const columns = (of: readonly string[]) => sql.join(of.map((column) => sql.id(column)))
  await sql`grant select on ${name} to ${sql.id(role)}`.execute(db)
  if (insert.length > 0)
    await sql`grant insert (${columns(insert)}) on ${name} to ${sql.id(role)}`.execute(db)
  if (update.length > 0)
    await sql`grant update (${columns(update)}) on ${name} to ${sql.id(role)}`.execute(db)
  const policy = sql`create policy ingest on ${name} as restrictive for insert to ${sql.id(role)}`
  if (only) await sql`${policy} with check (${sql.raw(only)})`.execute(db)
}

/** Lets machines use one table, function or schema as the service does. */
export async function grantIngest(
  db: Kysely<unknown>,
  schema: string,
  privileges: string,
  on: string,
): Promise<void> {
  const role = await serviceRole(db, schema, '_ingest')
  await ensureRole(db, schema, role)
  await sql`grant ${sql.raw(privileges)} on ${sql.raw(on)} to ${sql.id(role)}`.execute(db)
}

/**
 * Machines change a column, which they may write, only from one of these values to another: PostgreSQL refuses
 * them the rest, whatever the code says.
 */
export async function ingestMoves(
  db: Kysely<unknown>,
  schema: string,
  table: string,
  column: string,
  moves: readonly (readonly [from: string, to: string])[],
): Promise<void> {
  const role = await serviceRole(db, schema, '_ingest')
  const name = `ingest_${table}_${column}`
  const allowed = sql.join(moves.map(([from, to]) => sql`(${sql.lit(from)}, ${sql.lit(to)})`))
  const of = sql.id(column)
  await sql`
    create function ${sql.id(schema, name)}() returns trigger
      language plpgsql set search_path = pg_catalog, pg_temp as $$
    begin
      if (old.${of}, new.${of}) not in (${allowed}) then
        raise exception 'machines may not move % from % to %', ${sql.lit(column)}, old.${of}, new.${of}
          using errcode = 'insufficient_privilege';
      end if;
      return new;
    end $$`.execute(db)
  await sql`
    create trigger ${sql.id(name)} before update of ${of} on ${sql.id(schema, table)} for each row
      when (old.${of} is distinct from new.${of} and current_user = ${sql.lit(role)})
      execute function ${sql.id(schema, name)}()`.execute(db)
}

/** Creates a subgraph's schema and its login role, which may enter the schema and owns nothing in it. */
async function provision(db: Kysely<unknown>, schema: string, role: string, password: string): Promise<void> {
  await sql`create schema if not exists ${sql.id(schema)}`.execute(db)
  await ensureRole(db, schema, role)
  await logsIn(db, role, password)
  await sql`create schema if not exists extensions`.execute(db)
  for (const extension of ['pg_trgm', 'btree_gin'])
    await sql`create extension if not exists ${sql.id(extension)} with schema extensions`.execute(db)
}

const logsIn = (db: Kysely<unknown>, role: string, password: string) =>
  sql`alter role ${sql.id(role)} with login password ${sql.lit(password)}`.execute(db)

/** Work that touches what others change too, one process at a time: for the others it may take minutes. */
const inTurn = <Result>(
  db: Kysely<unknown>,
  lock: string,
  work: (connection: Kysely<unknown>) => Promise<Result>,
): Promise<Result> =>
  db.connection().execute(async (connection) => {
    for (const limit of ['lock_timeout', 'statement_timeout'])
      await sql`select set_config(${limit}, '5min', false)`.execute(connection)
    await sql`select pg_advisory_lock(hashtext(${lock}))`.execute(connection)
    try {
      return await work(connection)
    } finally {
      await sql`select pg_advisory_unlock(hashtext(${lock}))`.execute(connection)
    }
  })

/** Whether these are applied, and no others: Migrator reads every column of the database to find that out. */
async function isUpToDate(db: Kysely<unknown>, schema: string, migrations: Migrations): Promise<boolean> {
  const table = `${schema}.migrations`
  const { rows } = await sql<{ known: boolean }>`select to_regclass(${table}) is not null as known`.execute(
    db,
  )
  if (!rows[0]!.known) return false
  const applied = await sql<{ name: string }>`select name from ${sql.table(table)}`.execute(db)
  const names = new Set(applied.rows.map(({ name }) => name))
  return names.symmetricDifference(new Set(Object.keys(migrations))).size === 0
}

async function apply(db: Kysely<unknown>, schema: string, migrations: Migrations): Promise<string[]> {
  if (await isUpToDate(db, schema, migrations)) return []
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
  // One to hold the lock of the schema, one for what the server shares, and one for the work.
  const db = openDatabase<unknown>({ url, schema, log, connections: 3 })
  const role = roleOf(url, schema)
  const password = passwordOf(role)
  const bringUp = async () => {
    const relay = roleOf(url, journalSchema)
    await inTurn(db, 'nexus-provision', async (connection) => {
      await provision(connection, schema, role, password)
      await createRole(connection, relay)
      await logsIn(connection, relay, passwordOf(relay))
    })
    await apply(db, operationSchema, operationMigrations)
    await apply(db, journalSchema, journalMigrations)
    await inTurn(db, 'nexus-journal', (connection) => grantJournal(connection, schema, role))
    await apply(db, keyringSchema, keyringMigrations)
    const applied = await apply(db, schema, migrations)
    const ingest = ingestRoleOf(role)
    const { rows } = await sql`select 1 from pg_roles where rolname = ${ingest}`.execute(db)
    if (rows.length > 0)
      await inTurn(db, 'nexus-provision', async (connection) => {
        await logsIn(connection, ingest, passwordOf(ingest))
      })
    if (jobs) await provisionQueues({ url, subgraph: schema, jobs, log })
    return { applied, url: urlAs(url, role, password) }
  }
  try {
    return await inTurn(db, `nexus-migrate-${schema}`, bringUp)
  } finally {
    await db.destroy()
  }
}
