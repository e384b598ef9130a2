import { type Kysely, sql } from 'kysely'
import { grant, tenantTable } from '#kit/migration.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await connections(db)
  await signingIn(db)
  await provisioning(db)
  await ownAccounts(db)
}

async function connections(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table identity.sso_connections (
      organization_id uuid not null references identity.organizations (id),
      id uuid not null,
      issuer varchar(1000) not null,
      client_id varchar(500) not null,
      client_secret_sealed text,
      scopes text[] not null,
      group_claim varchar(200),
      role_map jsonb not null default '[]',
      default_role varchar(50) check (default_role in ('admin', 'manager', 'analyst', 'viewer')),
      domains text[] not null default '{}',
      is_jit boolean not null default false,
      is_enabled boolean not null default false,
      is_required boolean not null default false,
      break_glass_user_id uuid,
      tested_at timestamptz(3),
      removed_at timestamptz(3),
      version integer not null default 1,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      primary key (organization_id, id),
      unique (organization_id),
      foreign key (organization_id, break_glass_user_id) references identity.users (organization_id, id),
      check (not is_required or break_glass_user_id is not null),
      check (removed_at is null or not is_enabled)
    );
  `.execute(db)
  await tenantTable(db, 'identity', 'sso_connections')
  // Before a tenant is known: which organizations an account may not enter by itself.
  await sql`
    create policy own_connections on identity.sso_connections for select
      using (organization_id in (select organization_id from identity.users
        where account_id = (select nullif(current_setting('nexus.account', true), '')::uuid)));
  `.execute(db)
}

async function signingIn(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table identity.sessions add column connection_id uuid,
      add foreign key (organization_id, connection_id) references identity.sso_connections (organization_id, id);
    create table identity.sso_identities (
      organization_id uuid not null references identity.organizations (id),
      issuer varchar(1000) not null,
      subject varchar(255) not null,
      user_id uuid not null,
      created_at timestamptz(3) not null default now(),
      last_used_at timestamptz(3) not null default now(),
      primary key (organization_id, issuer, subject),
      unique (organization_id, issuer, user_id),
      foreign key (organization_id, user_id) references identity.users (organization_id, id)
    );
    create table identity.sso_transactions (
      organization_id uuid not null references identity.organizations (id),
      hash bytea not null check (length(hash) = 32),
      browser bytea not null check (length(browser) = 32),
      connection_id uuid not null,
      connection_version integer not null,
      return_to varchar(2000),
      expires_at timestamptz(3) not null,
      used_at timestamptz(3),
      primary key (organization_id, hash),
      foreign key (organization_id, connection_id) references identity.sso_connections (organization_id, id)
    );
    create index on identity.sso_transactions (hash);
    create index on identity.sso_transactions (organization_id, expires_at);
  `.execute(db)
  await tenantTable(db, 'identity', 'sso_identities')
  await tenantTable(db, 'identity', 'sso_transactions')
  await sql`
    create policy own_credential on identity.sso_transactions for select
      using (hash = (select decode(nullif(current_setting('nexus.credential', true), ''), 'hex')));
  `.execute(db)
}

async function provisioning(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table identity.scim_users (
      organization_id uuid not null references identity.organizations (id),
      user_id uuid not null,
      user_name varchar(255) not null,
      external_id varchar(255),
      attributes jsonb not null default '{}',
      removed_at timestamptz(3),
      primary key (organization_id, user_id),
      foreign key (organization_id, user_id) references identity.users (organization_id, id)
    );
    create unique index on identity.scim_users (organization_id, lower(user_name));
    create table identity.scim_groups (
      organization_id uuid not null references identity.organizations (id),
      id uuid not null,
      display_name varchar(255) not null,
      external_id varchar(255),
      version integer not null default 1,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      removed_at timestamptz(3),
      primary key (organization_id, id)
    );
    create unique index on identity.scim_groups (organization_id, lower(display_name)) where removed_at is null;
    create table identity.scim_group_members (
      organization_id uuid not null references identity.organizations (id),
      group_id uuid not null,
      user_id uuid not null,
      removed_at timestamptz(3),
      primary key (organization_id, group_id, user_id),
      foreign key (organization_id, group_id) references identity.scim_groups (organization_id, id),
      foreign key (organization_id, user_id) references identity.users (organization_id, id)
    );
    create index on identity.scim_group_members (organization_id, user_id);
  `.execute(db)
  await tenantTable(db, 'identity', 'scim_users')
  await tenantTable(db, 'identity', 'scim_groups')
  await tenantTable(db, 'identity', 'scim_group_members')
}

/** Whom an organization brings in itself has an account that no e-mail finds: it is a member there and nowhere else. */
async function ownAccounts(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table identity.accounts alter column email drop not null;
    create function identity.add_own_account(new_id uuid) returns uuid
      language sql security definer set search_path = identity, pg_temp
      as 'insert into identity.accounts (id) values (new_id) returning id';
    create function identity.is_own_account(wanted uuid) returns boolean
      language sql stable security definer set search_path = identity, pg_temp
      as 'select exists (select from identity.accounts a where a.id = wanted and a.email is null)';
    revoke all on function identity.add_own_account(uuid), identity.is_own_account(uuid) from public;
  `.execute(db)
  await grant(db, 'identity', 'execute', 'function identity.add_own_account(uuid)')
  await grant(db, 'identity', 'execute', 'function identity.is_own_account(uuid)')
}
