import { type Kysely, sql } from 'kysely'
import { ingestMay, tenantTable } from '#kit/migration.ts'

/**
 * By which names weaknesses are known here, as the organization's own reports say, and the parts of a finding's
 * identity: the name of its weakness, and a digest of what has it, where. By these, findings are found that turn out to
 * be one.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table vulns.advisory_aliases (
      organization_id uuid not null,
      alias varchar(100) not null check (alias <> ''),
      group_id uuid not null,
      source varchar(150) not null,
      asserted_at timestamptz(3) not null default now(),
      primary key (organization_id, alias)
    );
    create index on vulns.advisory_aliases (organization_id, group_id);
    alter table vulns.vulnerabilities add column weakness varchar(100), add column component_key varchar(64);
    create index on vulns.vulnerabilities (organization_id, weakness, component_key)
      where component_key is not null and merged_into is null;
    create index on vulns.vulnerabilities (organization_id, merged_into) where merged_into is not null
  `.execute(db)
  await tenantTable(db, 'vulns', 'advisory_aliases')
  await ingestMay(db, 'vulns', 'advisory_aliases', {
    insert: ['organization_id', 'alias', 'group_id', 'source'],
    update: ['group_id'],
  })
  await ingestMay(db, 'vulns', 'vulnerabilities', {
    insert: ['weakness', 'component_key'],
    update: ['weakness', 'component_key', 'merged_into'],
  })
  await ingestMay(db, 'vulns', 'vulnerability_sources', {
    insert: ['first_seen_at', 'last_seen_at', 'withdrawn_at'],
  })
}
