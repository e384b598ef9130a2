import { CamelCasePlugin, Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import pg from 'pg'
import { noting } from './audit.ts'
import { unavailable } from './errors.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

export type Db<Tables> = Kysely<Tables>
export type Trx<Tables> = Transaction<Tables>
export type Statement = { schema: string; sql: string }
export type OnStatement = (statement: Statement) => void

// Counts are bigint in PostgreSQL and far below 2^53 here; decimals are scores with one digit.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)
pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number)
pg.types.setTypeParser(pg.types.builtins.DATE, String)

/** The login role of a subgraph: it owns nothing. Named after the database, since roles are cluster-wide. */
export const roleOf = (databaseUrl: string, schema: string): string =>
  `${decodeURIComponent(new URL(databaseUrl).pathname.slice(1)) || 'nexus'}_${schema}`

/** The role beside a subgraph's own that machines write by, to the columns that are theirs. */
export const ingestRoleOf = (role: string): string => `${role}_ingest`

/** The same database, entered as another role. */
export function urlAs(databaseUrl: string, user: string, password: string): string {
  const url = new URL(databaseUrl)
  url.username = encodeURIComponent(user)
  url.password = encodeURIComponent(password)
  return url.href
}

/** What tenant work waits for, in milliseconds: a connection, a lock, a statement. */
const waits = { connection: 1_000, lock: 1_000, statement: 3_000, idleInTransaction: 10_000 }

/**
 * A pool that sees one schema. `onStatement` is told of every statement (transaction bookkeeping aside).
 */
export function openDatabase<Tables>(options: {
  url: string
  schema: string
  log: Log
  connections?: number
  onStatement?: OnStatement | undefined
  metrics?: Metrics
  /** What the pool is called where it is not the only one of its schema. */
  name?: string
}): Db<Tables> {
  const { url, schema, log, connections = 8, onStatement, metrics, name = schema } = options
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: waits.connection * 5,
    application_name: `nexus-${name}`,
    options: [
      `-c search_path=${schema}`,
      `-c statement_timeout=${waits.statement * 5}`,
      `-c lock_timeout=${waits.lock * 5}`,
      `-c idle_in_transaction_session_timeout=${waits.idleInTransaction}`,
    ].join(' '),
  })
  // Without listeners, a connection that the server ends takes the process with it: an idle one, and one that is at work
  // but asks nothing just then, as when its process slept. Whoever has that hears of it by what they ask next.
  const ended = (error: Error) => log.info({ schema, reason: error.message }, 'a connection ended')
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', ended))
  metrics?.pool(name, pool)
  return new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
    log: onStatement && ((event) => onStatement({ schema, sql: event.query.sql })),
  })
}

/**
 * Whose rows a transaction sees: one organization's, or, before it is known, one account's own memberships, or
 * the row of one credential, which is named by its SHA-256 in hex, or the one organization of a slug, or those that
 * let pages of an origin in.
 */
export type Tenant =
  | { organizationId: string }
  | { accountId: string }
  | { credential: string }
  | { slug: string }
  | { origin: string }

const settingOf = (tenant: Tenant): [setting: string, value: string] => {
  if ('organizationId' in tenant) return ['nexus.organization', tenant.organizationId]
  if ('accountId' in tenant) return ['nexus.account', tenant.accountId]
  if ('slug' in tenant) return ['nexus.slug', tenant.slug]
  if ('origin' in tenant) return ['nexus.origin', tenant.origin]
  return ['nexus.credential', tenant.credential]
}

// Lost connections, too many of them, deadlocks, and waits for a lock or a statement that took too long.
const passing = /^(08...|57P0[123]|53300|40001|40P01|55P03|57014|ECONNREFUSED|ECONNRESET)$/

function willPass(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string }
  if (code && passing.test(code)) return true
  return /Connection terminated|timeout exceeded when trying to connect/.test(message ?? '')
}

/**
 * Runs work in one transaction that sees one tenant's rows and no others: row level security reads the
 * setting, which ends with the transaction. What it notes for the journal commits with it. Throws SERVICE_UNAVAILABLE when the database is out of
 * reach or busy beyond its limits.
 */
export async function inTenant<Tables, Result>(
  db: Db<Tables>,
  tenant: Tenant,
  work: (trx: Trx<Tables>) => Promise<Result>,
): Promise<Result> {
  const [setting, value] = settingOf(tenant)
  try {
    const { result, committed } = await db.transaction().execute(async (trx) => {
      await sql`select set_config(${setting}, ${value}, true)`.execute(trx)
      if ('organizationId' in tenant) return noting(trx, value, () => work(trx))
      return { result: await work(trx), committed: null }
    })
    committed?.()
    return result
  } catch (error) {
    if (willPass(error)) throw unavailable()
    throw error
  }
}

const bookkeeping = /^(begin|commit|rollback|start transaction)\b|set_config\(/i

/** What opens and ends a transaction and names its tenant: counters of statements leave it out. */
export const isBookkeeping = (statement: Statement) => bookkeeping.test(statement.sql)
