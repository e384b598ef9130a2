import { type Kysely, sql } from 'kysely'
import { tenantTable } from '#kit/migration.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table identity.users
      add column disabled_at timestamptz(3),
      add column version integer not null default 1;
    alter table identity.organizations add column version integer not null default 1;
    create table identity.sessions (
      organization_id uuid not null references identity.organizations (id),
      id uuid not null,
      user_id uuid not null,
      generation integer not null default 1,
      rotated_at timestamptz(3) not null default now(),
      last_used_at timestamptz(3) not null default now(),
      created_at timestamptz(3) not null default now(),
      expires_at timestamptz(3) not null,
      ended_at timestamptz(3),
      end_reason varchar(20) check (end_reason in ('signed_out', 'revoked', 'replayed', 'disabled')),
      ip varchar(45),
      user_agent varchar(512),
      primary key (organization_id, id),
      foreign key (organization_id, user_id) references identity.users (organization_id, id),
      check ((ended_at is null) = (end_reason is null))
    );
    create index on identity.sessions (organization_id, user_id, created_at, id);
    create table identity.refresh_tokens (
      organization_id uuid not null,
      hash bytea not null check (length(hash) = 32),
      session_id uuid not null,
      generation integer not null,
      created_at timestamptz(3) not null default now(),
      used_at timestamptz(3),
      primary key (organization_id, hash),
      foreign key (organization_id, session_id) references identity.sessions (organization_id, id)
    );
    create index on identity.refresh_tokens (hash);
  `.execute(db)
  await tenantTable(db, 'identity', 'sessions')
  await tenantTable(db, 'identity', 'refresh_tokens')
  // Before a tenant is known, who holds a token sees its row. A definer's function would not do: row level
  // security is forced, and an owner who is no superuser sees nothing either.
  await sql`
    create policy own_credential on identity.refresh_tokens for select
      using (hash = (select decode(nullif(current_setting('nexus.credential', true), ''), 'hex')));
  `.execute(db)
}
