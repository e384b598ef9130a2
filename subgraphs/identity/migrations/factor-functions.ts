/** What 0007 defines: the only ways of the service to the tables of factors. */
type Functions = { names: readonly string[]; text: string }

const definer = 'security definer set search_path = identity, pg_temp'

export const totpFunctions: Functions = {
  names: [
    'factors_of(uuid)',
    'with_factors(uuid[])',
    'put_totp(uuid, text)',
    'find_totp(uuid)',
    'take_totp_step(uuid, text, bigint, boolean)',
    'remove_totp(uuid)',
    'put_recovery_codes(uuid, bytea[])',
    'use_recovery_code(uuid, bytea)',
    'remove_factors(uuid)',
  ],
  text: `
    create function identity.factors_of(account uuid)
      returns table (totp_at timestamptz, passkeys integer, recovery_codes integer)
      language sql stable ${definer}
      as 'select (select t.confirmed_at from totp_secrets t where t.account_id = account),
            (select count(*)::int from passkeys p where p.account_id = account),
            (select count(*)::int from recovery_codes r where r.account_id = account and r.used_at is null)';
    create function identity.with_factors(accounts uuid[]) returns setof uuid
      language sql stable ${definer}
      as 'select t.account_id from totp_secrets t where t.account_id = any(accounts) and t.confirmed_at is not null
          union select p.account_id from passkeys p where p.account_id = any(accounts)';
    create function identity.put_totp(account uuid, new_sealed text) returns boolean
      language sql ${definer}
      as 'insert into totp_secrets as t (account_id, sealed) values (account, new_sealed)
          on conflict (account_id) do update set sealed = excluded.sealed, last_step = 0, created_at = now()
            where t.confirmed_at is null
          returning true';
    create function identity.find_totp(account uuid)
      returns table (sealed text, last_step bigint, confirmed_at timestamptz)
      language sql stable ${definer}
      as 'select t.sealed, t.last_step, t.confirmed_at from totp_secrets t where t.account_id = account';
    -- A step counts once, whoever comes first; and only for the secret that it was computed from.
    create function identity.take_totp_step(account uuid, of_sealed text, step bigint, confirming boolean)
      returns boolean language sql ${definer}
      as 'update totp_secrets t set last_step = step, confirmed_at = coalesce(t.confirmed_at, now())
            where t.account_id = account and t.sealed = of_sealed and t.last_step < step
              and (t.confirmed_at is null) = confirming
          returning true';
    create function identity.remove_totp(account uuid) returns boolean language plpgsql ${definer} as $$
    begin
      delete from totp_secrets t where t.account_id = account;
      if not found then return false; end if;
      delete from recovery_codes r where r.account_id = account
        and not exists (select from passkeys p where p.account_id = account);
      delete from challenges c where c.account_id = account;
      return true;
    end $$;
    create function identity.put_recovery_codes(account uuid, hashes bytea[]) returns void
      language sql ${definer}
      as 'delete from recovery_codes r where r.account_id = account;
          insert into recovery_codes (account_id, hash) select account, unnest(hashes)';
    create function identity.use_recovery_code(account uuid, wanted bytea) returns boolean
      language sql ${definer}
      as 'update recovery_codes r set used_at = now()
            where r.account_id = account and r.hash = wanted and r.used_at is null returning true';
    create function identity.remove_factors(account uuid) returns void language sql ${definer}
      as 'delete from totp_secrets t where t.account_id = account;
          delete from passkeys p where p.account_id = account;
          delete from recovery_codes r where r.account_id = account;
          delete from challenges c where c.account_id = account';`,
}

export const passkeyFunctions: Functions = {
  names: [
    'passkeys_of(uuid)',
    'find_passkey(text)',
    'add_passkey(uuid, uuid, text, bytea, bigint, text[], boolean, text)',
    'use_passkey(uuid, bigint, bigint, boolean)',
    'remove_passkey(uuid, uuid)',
  ],
  text: `
    create function identity.passkeys_of(account uuid)
      returns table (id uuid, credential_id text, transports text[], backed_up boolean, name text,
        created_at timestamptz, last_used_at timestamptz)
      language sql stable ${definer}
      as 'select p.id, p.credential_id, p.transports, p.backed_up, p.name, p.created_at, p.last_used_at
          from passkeys p where p.account_id = account order by p.created_at, p.id';
    create function identity.find_passkey(wanted text)
      returns table (id uuid, account_id uuid, email text, credential_id text, public_key bytea, counter bigint,
        transports text[])
      language sql stable ${definer}
      as 'select p.id, p.account_id, a.email, p.credential_id, p.public_key, p.counter, p.transports
          from passkeys p join accounts a on a.id = p.account_id where p.credential_id = wanted';
    create function identity.add_passkey(new_id uuid, account uuid, new_credential text, new_key bytea,
        new_counter bigint, new_transports text[], is_backed_up boolean, new_name text) returns boolean
      language sql ${definer}
      as 'insert into passkeys (id, account_id, credential_id, public_key, counter, transports, backed_up, name)
          select new_id, account, new_credential, new_key, new_counter, new_transports, is_backed_up, new_name
          on conflict do nothing returning true';
    create function identity.use_passkey(wanted uuid, before bigint, after bigint, is_backed_up boolean)
      returns boolean language sql ${definer}
      as 'update passkeys p set counter = after, backed_up = is_backed_up, last_used_at = now()
            where p.id = wanted and p.counter = before returning true';
    create function identity.remove_passkey(account uuid, wanted uuid) returns boolean
      language plpgsql ${definer} as $$
    begin
      delete from passkeys p where p.account_id = account and p.id = wanted;
      if not found then return false; end if;
      delete from recovery_codes r where r.account_id = account
        and not exists (select from passkeys p where p.account_id = account)
        and not exists (select from totp_secrets t where t.account_id = account and t.confirmed_at is not null);
      return true;
    end $$;`,
}

export const challengeFunctions: Functions = {
  names: [
    'put_challenge(bytea, text, uuid, jsonb, integer)',
    'find_challenge(bytea, text[])',
    'take_challenge(bytea, text[])',
    'turn_challenge(bytea, text, text)',
  ],
  text: `
    create function identity.put_challenge(new_hash bytea, what text, account uuid, new_data jsonb, seconds integer)
      returns void language sql ${definer}
      as 'delete from challenges c where c.hash in (
            select o.hash from challenges o where o.expires_at < now() limit 100 for update skip locked);
          insert into challenges (hash, purpose, account_id, data, expires_at)
            values (new_hash, what, account, new_data, now() + make_interval(secs => seconds))';
    create function identity.find_challenge(wanted bytea, whats text[])
      returns table (purpose text, account_id uuid, data jsonb) language sql stable ${definer}
      as 'select c.purpose, c.account_id, c.data from challenges c
          where c.hash = wanted and c.purpose = any(whats) and c.used_at is null and c.expires_at > now()';
    create function identity.take_challenge(wanted bytea, whats text[])
      returns table (purpose text, account_id uuid, data jsonb) language sql ${definer}
      as 'update challenges c set used_at = now()
            where c.hash = wanted and c.purpose = any(whats) and c.used_at is null and c.expires_at > now()
          returning c.purpose, c.account_id, c.data';
    create function identity.turn_challenge(wanted bytea, before text, after text) returns boolean
      language sql ${definer}
      as 'update challenges c set purpose = after
            where c.hash = wanted and c.purpose = before and c.used_at is null and c.expires_at > now()
          returning true';`,
}

export const passwordFunctions: Functions = {
  names: ['password_of(uuid)', 'change_password(uuid, text, text)'],
  text: `
    create function identity.password_of(account uuid) returns text language sql stable ${definer}
      as 'select a.password_hash from accounts a where a.id = account';
    create function identity.change_password(account uuid, old_hash text, new_hash text) returns boolean
      language plpgsql ${definer} as $$
    begin
      update accounts a set password_hash = new_hash, updated_at = now()
        where a.id = account and a.password_hash = old_hash;
      if not found then return false; end if;
      -- What the old password has begun does not go on.
      delete from challenges c where c.account_id = account;
      return true;
    end $$;`,
}
