import { type Kysely, sql } from 'kysely'
import { grant, tenantTable } from '#kit/migration.ts'

/**
 * How far a run is, its operation says, and nobody twice. A run of before had no operation: its own columns say how it
 * ended, and one that was not at its end then has no process any more.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table integrations.import_runs
      add column operation_id uuid,
      add column upload uuid,
      add column is_preview boolean not null default false,
      add column reverted_at timestamptz(3),
      alter column status drop not null,
      alter column status drop default,
      alter column heartbeat_at drop not null,
      alter column heartbeat_at drop default;
    create index on integrations.import_runs (organization_id, asset_name, id);
    create view integrations.followed_imports with (security_invoker = true) as
      select r.id, r.organization_id, r.operation_id, r.upload, r.is_preview, r.reverted_at, r.format, r.file_name, r.asset_name, r.asset_id,
        r.requested_by, r.sha256, r.bytes, r.total, r.created, r.updated, r.unchanged, r.reopened, r.closed,
        r.skipped, r.created_at, r.updated_at,
        coalesce(o.status, case when r.status in ('queued', 'running') then 'failed' else r.status end) as status,
        coalesce(o.error_code, r.error_code, case when r.status in ('queued', 'running') then 'INTERRUPTED' end)
          as error_code,
        coalesce(o.error_message, r.error_message) as error_message,
        coalesce(o.started_at, r.started_at) as started_at,
        coalesce(o.finished_at, r.finished_at) as finished_at
      from integrations.import_runs r
      left join operations.operations o on o.organization_id = r.organization_id and o.id = r.operation_id;
    create table integrations.previewed_changes (
      id uuid not null,
      organization_id uuid not null,
      run_id uuid not null,
      outcome varchar(20) not null check (outcome in ('created', 'updated', 'reopened', 'closed')),
      vulnerability_id uuid,
      title varchar(500),
      primary key (organization_id, id),
      foreign key (organization_id, run_id) references integrations.import_runs (organization_id, id),
      check ((outcome = 'created') = (vulnerability_id is null))
    );
    create index on integrations.previewed_changes (organization_id, run_id, id);
  `.execute(db)
  await tenantTable(db, 'integrations', 'previewed_changes', { grants: 'select, insert' })
  await grant(db, 'integrations', 'select', 'integrations.followed_imports')
  await grant(db, 'integrations', 'insert, update', 'operations.operations')
}
