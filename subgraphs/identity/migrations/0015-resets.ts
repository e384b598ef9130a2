import { type Kysely, sql } from 'kysely'
import { grant } from '#kit/migration.ts'

const definer = 'security definer set search_path = identity, pg_temp'

/** Tokens that set another password than the first: what they say counts for an account that has one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table identity.password_tokens add column resets boolean not null default false`.execute(db)
  await sql
    .raw(`
    create function identity.put_password_reset(account uuid, token_hash bytea, token_expires timestamptz)
      returns void language plpgsql ${definer} as $$
    begin
      -- The last token that was handed over is the only one that counts.
      update password_tokens t set used_at = now() where t.account_id = account and t.used_at is null;
      insert into password_tokens (hash, account_id, expires_at, resets)
        values (token_hash, account, token_expires, true);
    end $$;
    create function identity.set_password(token_hash bytea, new_hash text) returns boolean
      language plpgsql ${definer} as $$
    declare
      spent password_tokens;
    begin
      update password_tokens t set used_at = now()
        where t.hash = token_hash and t.used_at is null and t.expires_at > now() returning t.* into spent;
      update accounts a set password_hash = new_hash, updated_at = now()
        where a.id = spent.account_id and (spent.resets or a.password_hash is null);
      if not found then return false; end if;
      -- What an old password has begun does not go on.
      delete from challenges c where c.account_id = spent.account_id;
      return true;
    end $$;
    drop function identity.set_first_password(bytea, text), identity.holds_password_token(bytea);
    revoke all on function identity.put_password_reset(uuid, bytea, timestamptz),
      identity.set_password(bytea, text) from public`)
    .execute(db)
  await grant(db, 'identity', 'execute', 'function identity.put_password_reset(uuid, bytea, timestamptz)')
  await grant(db, 'identity', 'execute', 'function identity.set_password(bytea, text)')
}
