import { type Kysely, sql } from 'kysely'
import { tenantTable } from '#kit/migration.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table assets.assets (
      id uuid not null,
      organization_id uuid not null,
      external_id varchar(255),
      type varchar(50) not null check (type in ('host', 'virtual_machine', 'container', 'container_image',
        'kubernetes_workload', 'cloud_resource', 'repository', 'application', 'api_endpoint', 'database',
        'network_device', 'identity', 'saas', 'other')),
      name varchar(255) not null,
      environment varchar(20) not null default 'unknown'
        check (environment in ('production', 'staging', 'development', 'test', 'unknown')),
      criticality varchar(20) not null default 'unknown'
        check (criticality in ('critical', 'high', 'medium', 'low', 'unknown')),
      exposure varchar(20) not null default 'unknown'
        check (exposure in ('internet', 'partner', 'internal', 'isolated', 'unknown')),
      data_classification varchar(20) not null default 'unknown'
        check (data_classification in ('restricted', 'confidential', 'internal', 'public', 'unknown')),
      lifecycle varchar(20) not null default 'active' check (lifecycle in ('active', 'stale', 'retired')),
      metadata jsonb not null default '{}',
      risk_score integer not null default 0 check (risk_score between 0 and 100),
      version integer not null default 1,
      first_seen_at timestamptz(3) not null default now(),
      last_seen_at timestamptz(3) not null default now(),
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      primary key (organization_id, id)
    );
    create index on assets.assets (organization_id, type, lifecycle, criticality);
    create index on assets.assets (organization_id, name, id);
    create index on assets.assets (organization_id, risk_score, id);
    create index on assets.assets (organization_id, last_seen_at, id);
    create index on assets.assets (organization_id, created_at, id);
    create table assets.asset_identifiers (
      organization_id uuid not null,
      kind varchar(50) not null,
      value varchar(500) not null,
      asset_id uuid not null,
      created_at timestamptz(3) not null default now(),
      primary key (organization_id, kind, value),
      foreign key (organization_id, asset_id) references assets.assets (organization_id, id)
    );
    create index on assets.asset_identifiers (organization_id, asset_id);
  `.execute(db)
  await tenantTable(db, 'assets', 'assets')
  await tenantTable(db, 'assets', 'asset_identifiers')
}
