import { type Kysely, sql } from 'kysely'
import { tenantTable } from '#kit/migration.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table alerts.alerts (
      id uuid not null,
      organization_id uuid not null,
      asset_id uuid,
      severity varchar(20) not null
        check (severity in ('critical', 'high', 'medium', 'low', 'info', 'unknown')),
      status varchar(50) not null default 'open' check (status in ('open', 'acknowledged', 'in_progress',
        'on_hold', 'suppressed', 'resolved', 'archived')),
      title varchar(500) not null,
      description text,
      source varchar(100),
      source_ref varchar(500),
      rule_id varchar(255),
      fingerprint varchar(64) not null check (fingerprint <> ''),
      fingerprint_version smallint not null default 1,
      dedupe_active boolean not null default true,
      assignee_id uuid,
      metadata jsonb not null default '{}',
      occurrence_count integer not null default 1,
      severity_rank smallint not null generated always as (case severity when 'critical' then 5
        when 'high' then 4 when 'medium' then 3 when 'low' then 2 when 'info' then 1 else 0 end) stored,
      version integer not null default 1,
      first_seen_at timestamptz(3) not null default now(),
      last_seen_at timestamptz(3) not null default now(),
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      acknowledged_at timestamptz(3),
      resolved_at timestamptz(3),
      primary key (organization_id, id)
    );
    create unique index on alerts.alerts (organization_id, fingerprint) where dedupe_active;
    create index idx_alerts_org_status on alerts.alerts (organization_id, status, severity);
    create index idx_alerts_severity on alerts.alerts (organization_id, severity_rank, id);
    create index on alerts.alerts (organization_id, asset_id, created_at, id);
    create index on alerts.alerts (organization_id, created_at, id);
    create index on alerts.alerts (organization_id, last_seen_at, id);
  `.execute(db)
  await tenantTable(db, 'alerts', 'alerts')
}
