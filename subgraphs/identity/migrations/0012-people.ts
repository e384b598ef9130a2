import { type Kysely, sql } from 'kysely'
import { grant } from '#kit/migration.ts'

/** People may ask to be forgotten. Of an account that is a member elsewhere, only this membership is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table identity.users add column erased_at timestamptz(3), add check (erased_at is null or disabled_at is not null);
    create function identity.erase_account(account uuid, tombstone uuid) returns uuid
      language plpgsql security definer set search_path = identity, pg_temp as $$
    declare
      before text := coalesce(current_setting('nexus.account', true), '');
      memberships integer;
    begin
      -- Row level security is forced for the owner too: this shows where the account is a member, and no longer.
      perform set_config('nexus.account', account::text, true);
      select count(*) into memberships from identity.users u where u.account_id = account and u.erased_at is null;
      perform set_config('nexus.account', before, true);
      if memberships > 1 then
        insert into identity.accounts (id, email) values (tombstone, 'erased-' || tombstone || '@erased.invalid');
        return tombstone;
      end if;
      delete from identity.known_places p where p.account_id = account;
      delete from identity.password_tokens t where t.account_id = account;
      delete from identity.totp_secrets t where t.account_id = account;
      delete from identity.recovery_codes r where r.account_id = account;
      delete from identity.passkeys p where p.account_id = account;
      delete from identity.challenges c where c.account_id = account;
      update identity.accounts a set email = 'erased-' || account || '@erased.invalid', password_hash = null,
        updated_at = now() where a.id = account;
      return account;
    end $$;
    create function identity.places_of(account uuid) returns table (last_seen_at timestamptz)
      language sql stable security definer set search_path = identity, pg_temp
      as 'select p.last_seen_at from identity.known_places p where p.account_id = account';
    revoke all on function identity.erase_account(uuid, uuid), identity.places_of(uuid) from public;
  `.execute(db)
  await grant(db, 'identity', 'execute', 'function identity.erase_account(uuid, uuid)')
  await grant(db, 'identity', 'execute', 'function identity.places_of(uuid)')
}
