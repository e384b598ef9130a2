import { type Kysely, sql } from 'kysely'
import { grant, tenantTable } from '#kit/migration.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table identity.accounts (
      id uuid primary key,
      email varchar(255) not null unique check (email = lower(email)),
      password_hash text not null,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now()
    );
    create table identity.organizations (
      id uuid primary key,
      name varchar(255) not null,
      slug varchar(100) not null unique,
      settings jsonb not null default '{}',
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now()
    );
    create index on identity.organizations (created_at, id);
    create table identity.users (
      id uuid not null,
      organization_id uuid not null references identity.organizations (id),
      account_id uuid not null references identity.accounts (id),
      email varchar(255) not null,
      name varchar(255),
      role varchar(50) not null check (role in ('admin', 'manager', 'analyst', 'viewer', 'api')),
      settings jsonb not null default '{}',
      last_login_at timestamptz(3),
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      primary key (organization_id, id),
      unique (organization_id, email),
      unique (organization_id, account_id)
    );
    create index on identity.users (account_id);
    create index on identity.users (organization_id, created_at, id);
    create index on identity.users (organization_id, name, id);
  `.execute(db)
  await tenantTable(db, 'identity', 'organizations', { column: 'id' })
  await tenantTable(db, 'identity', 'users')
  await ownMemberships(db)
  await accountFunctions(db)
}

/** Before a tenant is known, an account that has proved its password sees where it is a member. */
async function ownMemberships(db: Kysely<unknown>): Promise<void> {
  await sql`
    create policy own_memberships on identity.users for select
      using (account_id = (select nullif(current_setting('nexus.account', true), '')::uuid));
    create policy own_organizations on identity.organizations for select
      using (id in (select organization_id from identity.users
        where account_id = (select nullif(current_setting('nexus.account', true), '')::uuid)));
  `.execute(db)
}

/** The service never reads the table of credentials: it may ask for one e-mail, and add an account. */
async function accountFunctions(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function identity.find_account(wanted text) returns table (id uuid, password_hash text)
      language sql stable security definer set search_path = identity, pg_temp
      as 'select a.id, a.password_hash from identity.accounts a where a.email = lower(wanted)';
    create function identity.add_account(new_id uuid, new_email text, new_hash text) returns uuid
      language sql security definer set search_path = identity, pg_temp
      as 'insert into identity.accounts (id, email, password_hash) values (new_id, lower(new_email), new_hash)
          on conflict (email) do update set password_hash = excluded.password_hash, updated_at = now()
          returning id';
    revoke all on function identity.find_account(text), identity.add_account(uuid, text, text) from public;
  `.execute(db)
  await grant(db, 'identity', 'execute', 'function identity.find_account(text)')
  await grant(db, 'identity', 'execute', 'function identity.add_account(uuid, text, text)')
}
