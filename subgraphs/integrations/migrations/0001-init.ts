import { type Kysely, sql } from 'kysely'
import { tenantTable } from '#kit/migration.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table integrations.connectors (
      id uuid not null,
      organization_id uuid not null,
      kind varchar(50) not null,
      name varchar(255) not null,
      status varchar(20) not null default 'healthy'
        check (status in ('healthy', 'degraded', 'failing', 'stale', 'disabled')),
      last_run_at timestamptz(3),
      last_success_at timestamptz(3),
      last_error text,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      primary key (organization_id, id),
      unique (organization_id, kind)
    );
    create index on integrations.connectors (organization_id, name, id);
    create table integrations.import_runs (
      id uuid not null,
      organization_id uuid not null,
      status varchar(20) not null default 'queued'
        check (status in ('queued', 'running', 'complete', 'failed')),
      format varchar(50),
      file_name varchar(255) not null,
      asset_name varchar(255),
      asset_id uuid,
      requested_by uuid not null,
      sha256 varchar(64),
      bytes bigint not null default 0,
      total integer not null default 0,
      created integer not null default 0,
      updated integer not null default 0,
      unchanged integer not null default 0,
      reopened integer not null default 0,
      closed integer not null default 0,
      skipped integer not null default 0,
      error_code varchar(50),
      error_message text,
      started_at timestamptz(3),
      finished_at timestamptz(3),
      heartbeat_at timestamptz(3) not null default now(),
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      primary key (organization_id, id),
      check ((status = 'failed') = (error_code is not null))
    );
    create index on integrations.import_runs (organization_id, created_at, id);
  `.execute(db)
  await tenantTable(db, 'integrations', 'connectors')
  await tenantTable(db, 'integrations', 'import_runs')
}
