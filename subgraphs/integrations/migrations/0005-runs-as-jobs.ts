import { type Kysely, sql } from 'kysely'
import { grant } from '#kit/migration.ts'

/**
 * How far a run is, its operation says, and nobody twice. A run of before had no operation: its own columns say how it
 * ended, and one that was not at its end then has no process any more.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table integrations.import_runs
      add column operation_id uuid,
      add column upload uuid,
      alter column status drop not null,
      alter column status drop default,
      alter column heartbeat_at drop not null,
      alter column heartbeat_at drop default;
    create view integrations.followed_imports with (security_invoker = true) as
      select r.id, r.organization_id, r.operation_id, r.upload, r.format, r.file_name, r.asset_name, r.asset_id,
        r.requested_by, r.sha256, r.bytes, r.total, r.created, r.updated, r.unchanged, r.reopened, r.closed,
        r.skipped, r.created_at, r.updated_at,
        coalesce(o.status, case when r.status in ('queued', 'running') then 'failed' else r.status end) as status,
        coalesce(o.error_code, r.error_code, case when r.status in ('queued', 'running') then 'INTERRUPTED' end)
          as error_code,
        coalesce(o.error_message, r.error_message) as error_message,
        coalesce(o.started_at, r.started_at) as started_at,
        coalesce(o.finished_at, r.finished_at) as finished_at
      from integrations.import_runs r
      left join operations.operations o on o.organization_id = r.organization_id and o.id = r.operation_id
  `.execute(db)
  await grant(db, 'integrations', 'select', 'integrations.followed_imports')
  await grant(db, 'integrations', 'insert, update', 'operations.operations')
}
