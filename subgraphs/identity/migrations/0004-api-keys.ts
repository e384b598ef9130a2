import { type Kysely, sql } from 'kysely'
import { tenantTable } from '#kit/migration.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table identity.api_keys (
      organization_id uuid not null references identity.organizations (id),
      id uuid not null,
      name varchar(255) not null,
      hash bytea not null check (length(hash) = 32),
      hint varchar(12) not null,
      scopes text[] not null check (cardinality(scopes) > 0),
      tier varchar(20) not null default 'standard' check (tier in ('standard', 'enterprise', 'internal')),
      allowed_ips text[] not null default '{}',
      created_by uuid not null,
      created_at timestamptz(3) not null default now(),
      expires_at timestamptz(3) not null check (expires_at <= created_at + interval '366 days'),
      last_used_at timestamptz(3),
      revoked_at timestamptz(3),
      primary key (organization_id, id),
      unique (organization_id, hash),
      foreign key (organization_id, created_by) references identity.users (organization_id, id)
    );
    create index on identity.api_keys (hash);
    create index on identity.api_keys (organization_id, created_at, id);
    create index on identity.api_keys (organization_id, name, id);
  `.execute(db)
  await tenantTable(db, 'identity', 'api_keys')
  await sql`
    create policy own_credential on identity.api_keys for select
      using (hash = (select decode(nullif(current_setting('nexus.credential', true), ''), 'hex')));
  `.execute(db)
}
