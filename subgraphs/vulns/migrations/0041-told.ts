import { type Kysely, sql } from 'kysely'
import { grant } from '#kit/migration.ts'

/** Whether what was claimed was told: who is cut off between the two loses nothing. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table vulns.told_dues add column published_at timestamptz(3);
    alter table vulns.told_dues no force row level security;
    update vulns.told_dues set published_at = told_at;
    alter table vulns.told_dues force row level security;
    create index on vulns.told_dues (organization_id, event, told_at) where published_at is null
  `.execute(db)
  await grant(db, 'vulns', 'update', 'vulns.told_dues')
}
