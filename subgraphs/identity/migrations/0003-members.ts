import { type Kysely, sql } from 'kysely'
import { grant } from '#kit/migration.ts'

/** Accounts without a password yet, and the one-time tokens that set it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table identity.accounts alter column password_hash drop not null;
    create table identity.password_tokens (
      hash bytea primary key check (length(hash) = 32),
      account_id uuid not null references identity.accounts (id),
      created_at timestamptz(3) not null default now(),
      expires_at timestamptz(3) not null,
      used_at timestamptz(3)
    );
    create function identity.join_account(
      new_id uuid, new_email text, new_hash text, token_hash bytea, token_expires timestamptz
    ) returns table (id uuid, created boolean)
      language plpgsql security definer set search_path = identity, pg_temp as $$
    declare
      found_id uuid;
    begin
      insert into identity.accounts as a (id, email, password_hash) values (new_id, lower(new_email), new_hash)
        on conflict (email) do nothing;
      select a.id into found_id from identity.accounts a where a.email = lower(new_email);
      -- Only a new account gets what sets its password: nobody else's is touched.
      if found_id = new_id and token_hash is not null then
        insert into identity.password_tokens (hash, account_id, expires_at) values (token_hash, new_id, token_expires);
      end if;
      return query select found_id, found_id = new_id;
    end $$;
    create function identity.holds_password_token(wanted bytea) returns boolean
      language sql stable security definer set search_path = identity, pg_temp
      as 'select exists (select from identity.password_tokens t
            where t.hash = wanted and t.used_at is null and t.expires_at > now())';
    create function identity.set_first_password(token_hash bytea, new_hash text) returns boolean
      language sql security definer set search_path = identity, pg_temp
      as 'with spent as (
            update identity.password_tokens t set used_at = now()
              where t.hash = token_hash and t.used_at is null and t.expires_at > now() returning t.account_id)
          update identity.accounts a set password_hash = new_hash, updated_at = now()
            from spent where a.id = spent.account_id and a.password_hash is null returning true';
    revoke all on function identity.join_account(uuid, text, text, bytea, timestamptz),
      identity.holds_password_token(bytea), identity.set_first_password(bytea, text) from public;
  `.execute(db)
  await grant(
    db,
    'identity',
    'execute',
    'function identity.join_account(uuid, text, text, bytea, timestamptz)',
  )
  await grant(db, 'identity', 'execute', 'function identity.holds_password_token(bytea)')
  await grant(db, 'identity', 'execute', 'function identity.set_first_password(bytea, text)')
}
