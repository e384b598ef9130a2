import { type Kysely, sql } from 'kysely'
import { grant } from '#kit/migration.ts'
import { challengeFunctions, passkeyFunctions, passwordFunctions, totpFunctions } from './factor-functions.ts'

/** Second factors and passkeys: they belong to accounts, so that the service reaches them by functions only. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table identity.sessions add column proved_at timestamptz(3) not null default now();
    create table identity.totp_secrets (
      account_id uuid primary key references identity.accounts (id) on delete cascade,
      sealed text not null,
      last_step bigint not null default 0,
      created_at timestamptz(3) not null default now(),
      confirmed_at timestamptz(3)
    );
    create table identity.recovery_codes (
      account_id uuid not null references identity.accounts (id) on delete cascade,
      hash bytea not null check (length(hash) = 32),
      created_at timestamptz(3) not null default now(),
      used_at timestamptz(3),
      primary key (account_id, hash)
    );
    create table identity.passkeys (
      id uuid primary key,
      account_id uuid not null references identity.accounts (id) on delete cascade,
      credential_id varchar(1400) not null unique,
      public_key bytea not null,
      counter bigint not null,
      transports text[] not null,
      backed_up boolean not null,
      name varchar(100) not null,
      created_at timestamptz(3) not null default now(),
      last_used_at timestamptz(3)
    );
    create index on identity.passkeys (account_id, created_at);
    create table identity.challenges (
      hash bytea primary key check (length(hash) = 32),
      purpose varchar(20) not null check (purpose in ('sign_in', 'enrol', 'enrolled', 'register', 'enter', 'second', 'prove')),
      account_id uuid references identity.accounts (id) on delete cascade,
      data jsonb not null,
      created_at timestamptz(3) not null default now(),
      expires_at timestamptz(3) not null,
      used_at timestamptz(3)
    );
    create index on identity.challenges (expires_at);
    create index on identity.challenges (account_id);
  `.execute(db)
  for (const functions of [totpFunctions, passkeyFunctions, challengeFunctions, passwordFunctions]) {
    await sql.raw(functions.text).execute(db)
    for (const name of functions.names) {
      await sql.raw(`revoke all on function identity.${name} from public`).execute(db)
      await grant(db, 'identity', 'execute', `function identity.${name}`)
    }
  }
}
