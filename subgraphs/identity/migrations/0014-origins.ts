import { type Kysely, sql } from 'kysely'

/** Before a tenant is known, the door asks whether some organization lets the pages of an origin in. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index on identity.organizations using gin ((settings->'allowedOrigins'));
    create policy own_origin on identity.organizations for select
      using (settings->'allowedOrigins' ? (select nullif(current_setting('nexus.origin', true), '')));
  `.execute(db)
}
