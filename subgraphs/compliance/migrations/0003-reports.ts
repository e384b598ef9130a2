import { type Kysely, sql } from 'kysely'
import { grant, tenantTable } from '#kit/migration.ts'

/** A report is what was asked for and what came of it; how far it is, its operation says, and nobody twice. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table compliance.reports (
      id uuid not null,
      organization_id uuid not null,
      operation_id uuid not null,
      list varchar(20) not null check (list in ('assets', 'alerts', 'vulnerabilities', 'controls')),
      format varchar(20) not null check (format in ('csv', 'json')),
      filter jsonb not null default '{}',
      rows integer,
      bytes bigint,
      sha256 varchar(64),
      requested_by uuid not null,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      primary key (organization_id, id),
      check ((rows is null) = (bytes is null) and (rows is null) = (sha256 is null))
    );
    create index on compliance.reports (organization_id, created_at, id);
  `.execute(db)
  await tenantTable(db, 'compliance', 'reports')
  await sql`
    create view compliance.followed_reports with (security_invoker = true) as
      select r.*, o.status, o.error_code, o.error_message, o.finished_at
      from compliance.reports r
      join operations.operations o on o.organization_id = r.organization_id and o.id = r.operation_id
  `.execute(db)
  await grant(db, 'compliance', 'select', 'compliance.followed_reports')
  await grant(db, 'compliance', 'usage', 'schema operations')
  await grant(db, 'compliance', 'select, insert, update', 'operations.operations')
}
