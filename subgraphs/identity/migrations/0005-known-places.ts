import { type Kysely, sql } from 'kysely'
import { grant } from '#kit/migration.ts'

/** Where an account has signed in from, by keyed hashes of devices and addresses: guessing strangers do not lock those out. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table identity.known_places (
      account_id uuid not null references identity.accounts (id),
      hash bytea not null check (length(hash) = 32),
      last_seen_at timestamptz(3) not null default now(),
      primary key (account_id, hash)
    );
    drop function identity.find_account(text);
    create function identity.find_account(wanted text, places bytea[])
      returns table (id uuid, password_hash text, known bytea[])
      language sql stable security definer set search_path = identity, pg_temp
      as 'select a.id, a.password_hash, array(
            select p.hash from identity.known_places p where p.account_id = a.id and p.hash = any(places)
              and p.last_seen_at > now() - interval ''30 days'')
          from identity.accounts a where a.email = lower(wanted)';
    create function identity.remember_places(account uuid, places bytea[]) returns void
      language sql security definer set search_path = identity, pg_temp
      as 'delete from identity.known_places p
            where p.account_id = account and p.last_seen_at < now() - interval ''30 days'';
          insert into identity.known_places (account_id, hash) select distinct account, unnest(places)
            on conflict (account_id, hash) do update set last_seen_at = now()';
    revoke all on function identity.find_account(text, bytea[]), identity.remember_places(uuid, bytea[]) from public;
  `.execute(db)
  await grant(db, 'identity', 'execute', 'function identity.find_account(text, bytea[])')
  await grant(db, 'identity', 'execute', 'function identity.remember_places(uuid, bytea[])')
}
