import { type Kysely, sql } from 'kysely'
import { ingestMay, tenantTable } from '#kit/migration.ts'

/**
 * The organizations whose findings are from before their keys were kept, and how far these have been found again. An
 * index has those findings alone, and what is of no single weakness.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table vulns.key_searches (
      organization_id uuid not null,
      after_id uuid,
      is_open boolean not null default false,
      primary key (organization_id)
    );
    create index on vulns.vulnerabilities (organization_id, id) where kind = 'package' and component_key is null;
    alter table vulns.vulnerabilities no force row level security;
    insert into vulns.key_searches (organization_id, is_open)
      select distinct organization_id, true from vulns.vulnerabilities where kind = 'package' and component_key is null;
    alter table vulns.vulnerabilities force row level security
  `.execute(db)
  await tenantTable(db, 'vulns', 'key_searches', { grants: 'select, update' })
  await ingestMay(db, 'vulns', 'key_searches', {})
}
