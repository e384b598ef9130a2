import { type Kysely, sql } from 'kysely'

/** Metrics read what came to an end, and when. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index on vulns.vulnerabilities (organization_id, first_seen_at, id);
    create index on vulns.vulnerabilities (organization_id, resolved_at, id) where resolved_at is not null;
  `.execute(db)
}
