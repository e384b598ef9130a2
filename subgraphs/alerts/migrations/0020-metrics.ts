import { type Kysely, sql } from 'kysely'

/** Ages are read from when alerts were first seen. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index on alerts.alerts (organization_id, first_seen_at, id)`.execute(db)
}
