import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { tenantPolicy } from '../tenancy.ts'

const tables = ['entries', 'personal', 'chain', 'anchors']

/** The chain over the entries, and what the one that makes it may do. */
export const chainMigration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table journal.chain (
        organization_id uuid not null,
        sequence bigint not null check (sequence > 0),
        entry_id uuid not null,
        previous char(64) not null,
        hash char(64) not null,
        primary key (organization_id, sequence),
        unique (organization_id, entry_id)
      );
      create table journal.anchors (
        organization_id uuid not null,
        sequence bigint not null,
        hash char(64) not null,
        at varchar(30) not null,
        key varchar(100) not null,
        signature varchar(200) not null,
        primary key (organization_id, sequence)
      );
      create table journal.cursor (
        one boolean primary key default true check (one),
        transaction xid8 not null,
        entry_id uuid not null
      );
      insert into journal.cursor (transaction, entry_id) values ('0', '00000000-0000-0000-0000-000000000000');
    `.execute(db)
    await tenantPolicy(db, 'journal', 'chain')
    await tenantPolicy(db, 'journal', 'anchors')
    const { rows } = await sql<{ role: string }>`select current_database() || '_journal' as role`.execute(db)
    const role = sql.id(rows[0]!.role)
    await sql`grant usage on schema journal to ${role}`.execute(db)
    await sql`grant select on journal.entries, journal.personal to ${role}`.execute(db)
    await sql`grant select, insert on journal.chain, journal.anchors to ${role}`.execute(db)
    await sql`grant select, update on journal.cursor to ${role}`.execute(db)
    // It reads all tenants' rows, and writes as one of them.
    for (const table of tables)
      await sql`create policy relay on ${sql.id('journal', table)} for select to ${role} using (true)`.execute(
        db,
      )
  },
}
