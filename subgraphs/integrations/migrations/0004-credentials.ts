import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table integrations.connectors
      add column credentials_sealed text,
      add column credentials_hint varchar(4),
      add check (credentials_sealed is not null or credentials_hint is null);
  `.execute(db)
}
