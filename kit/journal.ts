import { type Kysely, type QueryExecutorProvider, sql } from 'kysely'
import { chainMigration } from './journal/chain-migration.ts'
import type { Migrations } from './migration.ts'
import { tenantPolicy } from './tenancy.ts'

/** The schema of the audit trail: every service adds to it, and none changes what is there. */
export const journalSchema = 'journal'

export const actorKinds = ['user', 'key', 'anonymous'] as const
export type ActorKind = (typeof actorKinds)[number]
/** `refused`: somebody was told no. `failed`: Nexus could not do it. */
export const outcomes = ['done', 'refused', 'failed'] as const
export type Outcome = (typeof outcomes)[number]

/** What one mutation, job, import or refusal left behind. */
export type Entry = {
  id: string
  organizationId: string
  actorKind: ActorKind
  /** The user who acted, or whom the key acts for. */
  actorId: string | null
  apiKeyId: string | null
  /** Who called on behalf of the actor: `gateway`, or a subgraph. */
  service: string
  requestId: string
  operation: string
  subgraph: string
  outcome: Outcome
  code: string | null
  subjectType: string | null
  subjectId: string | null
  /** JSON patches (RFC 6902) with masks, and with the places of personal values instead of them. */
  changes: readonly unknown[]
  /** By whom they are about: SHA-256 over a salt and the personal values, which are kept apart. */
  personal: Readonly<Record<string, string>>
}
export type PersonalValues = { person: string; salt: string; contents: string }

export const journalMigrations: Migrations = {
  '0001-entries': {
    async up(db) {
      await sql`
        create table journal.entries (
          organization_id uuid not null,
          id uuid not null,
          at timestamptz(3) not null default clock_timestamp(),
          transaction xid8 not null default pg_current_xact_id(),
          actor_kind varchar(20) not null check (actor_kind in ('user', 'key', 'anonymous')),
          actor_id uuid,
          api_key_id uuid,
          service varchar(50) not null,
          request_id varchar(200) not null,
          operation varchar(100) not null,
          subgraph varchar(50) not null,
          outcome varchar(20) not null check (outcome in ('done', 'refused', 'failed')),
          code varchar(50),
          subject_type varchar(50),
          subject_id varchar(100),
          changes jsonb not null,
          personal jsonb not null,
          primary key (organization_id, id),
          check ((outcome = 'done') = (code is null))
        );
        create index on journal.entries (organization_id, at, id);
        create index on journal.entries (organization_id, actor_id, at, id);
        create index on journal.entries (organization_id, subject_id, at, id);
        create index on journal.entries (transaction, id);
        create table journal.personal (
          organization_id uuid not null,
          entry_id uuid not null,
          person uuid not null,
          salt varchar(50) not null,
          contents text not null,
          primary key (organization_id, entry_id, person),
          foreign key (organization_id, entry_id) references journal.entries (organization_id, id)
        );
        create index on journal.personal (organization_id, person);
      `.execute(db)
      await tenantPolicy(db, journalSchema, 'entries')
      await tenantPolicy(db, journalSchema, 'personal')
    },
  },
  '0002-chain': chainMigration,
}

/** Lets a service add to the journal; identity, which shows it, may read it too. */
export async function grantJournal(db: Kysely<unknown>, subgraph: string, role: string): Promise<void> {
  const privileges = sql.raw(subgraph === 'identity' ? 'select, insert' : 'insert')
  await sql`grant usage on schema journal to ${sql.id(role)}`.execute(db)
  await sql`grant ${privileges} on journal.entries, journal.personal to ${sql.id(role)}`.execute(db)
  if (subgraph === 'identity') await sql`grant select on journal.chain to ${sql.id(role)}`.execute(db)
}

/** Writes one entry, with the personal values that belong to it, in the transaction of what it tells of. */
export async function append(
  trx: QueryExecutorProvider,
  of: Entry,
  personal: readonly PersonalValues[],
): Promise<void> {
  await sql`
    with entry as (
      insert into journal.entries (id, organization_id, actor_kind, actor_id, api_key_id, service, request_id,
        operation, subgraph, outcome, code, subject_type, subject_id, changes, personal)
      values (${of.id}, ${of.organizationId}, ${of.actorKind}, ${of.actorId}, ${of.apiKeyId}, ${of.service},
        ${of.requestId}, ${of.operation}, ${of.subgraph}, ${of.outcome}, ${of.code}, ${of.subjectType},
        ${of.subjectId}, ${JSON.stringify(of.changes)}::jsonb, ${JSON.stringify(of.personal)}::jsonb)
    )
    insert into journal.personal (organization_id, entry_id, person, salt, contents)
    select ${of.organizationId}, ${of.id}, each.person, each.salt, each.contents
    from jsonb_to_recordset(${JSON.stringify(personal)}::jsonb)
      as each(person uuid, salt text, contents text)`.execute(trx)
}
