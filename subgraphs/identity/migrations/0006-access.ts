import { type Kysely, sql } from 'kysely'
import { tenantTable } from '#kit/migration.ts'

/** Teams, grants over some assets, and invitations. Nothing is deleted: what has ended says when. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table identity.teams (
      organization_id uuid not null references identity.organizations (id),
      id uuid not null,
      name varchar(255) not null,
      disabled_at timestamptz(3),
      version integer not null default 1,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      primary key (organization_id, id)
    );
    create unique index on identity.teams (organization_id, lower(name)) where disabled_at is null;
    create index on identity.teams (organization_id, name, id);
    create index on identity.teams (organization_id, created_at, id);
    create table identity.team_members (
      organization_id uuid not null,
      team_id uuid not null,
      user_id uuid not null,
      added_at timestamptz(3) not null default now(),
      removed_at timestamptz(3),
      primary key (organization_id, team_id, user_id),
      foreign key (organization_id, team_id) references identity.teams (organization_id, id),
      foreign key (organization_id, user_id) references identity.users (organization_id, id)
    );
    create index on identity.team_members (organization_id, user_id) where removed_at is null;
    create table identity.grants (
      organization_id uuid not null references identity.organizations (id),
      id uuid not null,
      user_id uuid,
      team_id uuid,
      role varchar(50) not null check (role in ('manager', 'analyst', 'viewer')),
      tag varchar(200),
      asset_group_id uuid,
      granted_by uuid not null,
      created_at timestamptz(3) not null default now(),
      expires_at timestamptz(3),
      revoked_at timestamptz(3),
      primary key (organization_id, id),
      foreign key (organization_id, user_id) references identity.users (organization_id, id),
      foreign key (organization_id, team_id) references identity.teams (organization_id, id),
      foreign key (organization_id, granted_by) references identity.users (organization_id, id),
      check (num_nonnulls(user_id, team_id) = 1),
      check (num_nonnulls(tag, asset_group_id) = 1)
    );
    create index on identity.grants (organization_id, user_id) where revoked_at is null;
    create index on identity.grants (organization_id, team_id) where revoked_at is null;
    create index on identity.grants (organization_id, tag) where revoked_at is null;
    create index on identity.grants (organization_id, created_at, id);
    create table identity.invitations (
      organization_id uuid not null references identity.organizations (id),
      id uuid not null,
      email varchar(255) not null check (email = lower(email)),
      role varchar(50) not null check (role in ('admin', 'manager', 'analyst', 'viewer')),
      hash bytea not null check (length(hash) = 32),
      invited_by uuid not null,
      created_at timestamptz(3) not null default now(),
      expires_at timestamptz(3) not null,
      accepted_at timestamptz(3),
      accepted_by uuid,
      revoked_at timestamptz(3),
      primary key (organization_id, id),
      unique (organization_id, hash),
      foreign key (organization_id, invited_by) references identity.users (organization_id, id),
      foreign key (organization_id, accepted_by) references identity.users (organization_id, id),
      check ((accepted_at is null) = (accepted_by is null)),
      check (accepted_at is null or revoked_at is null)
    );
    create index on identity.invitations (hash);
    create unique index on identity.invitations (organization_id, email)
      where accepted_at is null and revoked_at is null;
    create index on identity.invitations (organization_id, created_at, id);
    create index on identity.invitations (organization_id, email, id);
  `.execute(db)
  for (const table of ['teams', 'team_members', 'grants', 'invitations'])
    await tenantTable(db, 'identity', table)
  // Before a tenant is known: who holds an invitation sees its row, and who runs the platform finds an organization.
  await sql`
    create policy own_credential on identity.invitations for select
      using (hash = (select decode(nullif(current_setting('nexus.credential', true), ''), 'hex')));
    create policy own_slug on identity.organizations for select
      using (slug = (select nullif(current_setting('nexus.slug', true), '')));
  `.execute(db)
}
