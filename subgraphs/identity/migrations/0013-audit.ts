import { type Kysely, sql } from 'kysely'
import { grant } from '#kit/migration.ts'

/** Who sets a first password is known by the token: the journal says so. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function identity.account_of_password_token(wanted bytea) returns uuid
      language sql stable security definer set search_path = identity, pg_temp
      as 'select t.account_id from identity.password_tokens t
            where t.hash = wanted and t.used_at is null and t.expires_at > now()';
    revoke all on function identity.account_of_password_token(bytea) from public;
  `.execute(db)
  await grant(db, 'identity', 'execute', 'function identity.account_of_password_token(bytea)')
}
