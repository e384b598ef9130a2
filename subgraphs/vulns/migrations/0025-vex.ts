import { type Kysely, sql } from 'kysely'
import { ingestMay, tenantTable } from '#kit/migration.ts'

/**
 * Which VEX document a finding's status is from, and when what it says was true: a later statement is held against
 * that time, and not against that of the import. It counts as long as nobody has moved the finding since.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table vulns.vex_claims (
      organization_id uuid not null,
      vulnerability_id uuid not null,
      document varchar(500) not null check (document <> ''),
      stated_at timestamptz(3),
      status_at timestamptz(3) not null,
      primary key (organization_id, vulnerability_id),
      foreign key (organization_id, vulnerability_id) references vulns.vulnerabilities (organization_id, id)
    );
  `.execute(db)
  await tenantTable(db, 'vulns', 'vex_claims')
  await ingestMay(db, 'vulns', 'vex_claims', {})
}
