import { type Kysely, sql } from 'kysely'
import { ingestMay, tenantTable } from '#kit/migration.ts'

/** What each run has said of checks, and how each result stood that it changed; null for what it added. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table compliance.check_runs (
      organization_id uuid not null,
      run_id uuid not null,
      asset_id uuid not null,
      scope varchar(255) not null,
      started_at timestamptz(3) not null default now(),
      reverted_at timestamptz(3),
      restored integer,
      primary key (organization_id, run_id),
      check ((reverted_at is null) = (restored is null))
    );
    create index on compliance.check_runs (organization_id, scope, run_id);
    create table compliance.check_changes (
      organization_id uuid not null,
      run_id uuid not null,
      result_id uuid not null,
      before jsonb,
      primary key (organization_id, run_id, result_id),
      foreign key (organization_id, result_id) references compliance.check_results (organization_id, id)
    );
  `.execute(db)
  await tenantTable(db, 'compliance', 'check_runs')
  await tenantTable(db, 'compliance', 'check_changes', { grants: 'select, insert' })
  await ingestMay(db, 'compliance', 'check_runs', {
    insert: ['organization_id', 'run_id', 'asset_id', 'scope'],
  })
  await ingestMay(db, 'compliance', 'check_changes', {
    insert: ['organization_id', 'run_id', 'result_id', 'before'],
  })
}
