import { type Kysely, sql } from 'kysely'
import { ingestMay, tenantTable } from '#kit/migration.ts'

/**
 * What each run of a scan has done: whether it was told to its end, what it said, and how each finding stood that it
 * changed. What it added, the findings say themselves.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table vulns.scans (
      organization_id uuid not null,
      run_id uuid not null,
      asset_id uuid not null,
      scope varchar(255) not null,
      tool varchar(150) not null,
      payload varchar(64),
      findings integer not null default 0,
      closed integer not null default 0,
      started_at timestamptz(3) not null default now(),
      finished_at timestamptz(3),
      reverted_at timestamptz(3),
      reverted jsonb,
      primary key (organization_id, run_id),
      check ((reverted_at is null) = (reverted is null))
    );
    create index on vulns.scans (organization_id, scope, run_id);
    create table vulns.finding_changes (
      organization_id uuid not null,
      run_id uuid not null,
      vulnerability_id uuid not null,
      change varchar(10) not null check (change in ('updated', 'reopened', 'returned', 'closed', 'absent', 'unseen')),
      version integer not null,
      before jsonb not null,
      source_before jsonb,
      primary key (organization_id, run_id, vulnerability_id),
      foreign key (organization_id, vulnerability_id) references vulns.vulnerabilities (organization_id, id)
    );
    create index on vulns.finding_changes (organization_id, vulnerability_id, run_id);
    alter table vulns.vulnerabilities add column created_by_run uuid;
  `.execute(db)
  await tenantTable(db, 'vulns', 'scans')
  await tenantTable(db, 'vulns', 'finding_changes')
  await ingestMay(db, 'vulns', 'scans', {
    insert: ['organization_id', 'run_id', 'asset_id', 'scope', 'tool'],
    update: ['payload', 'findings', 'closed', 'finished_at'],
  })
  await ingestMay(db, 'vulns', 'finding_changes', {
    insert: ['organization_id', 'run_id', 'vulnerability_id', 'change', 'version', 'before', 'source_before'],
  })
  await ingestMay(db, 'vulns', 'vulnerabilities', { insert: ['created_by_run'] })
}
