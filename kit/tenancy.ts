import { type Kysely, sql } from 'kysely'

/** Keeps the tenants of a table apart: row level security, enforced for the table's owner too. */
export async function tenantPolicy(
  db: Kysely<unknown>,
  schema: string,
  table: string,
  column = 'organization_id',
): Promise<void> {
  const name = sql.id(schema, table)
  const isOurs = sql`${sql.id(column)} = (select nullif(current_setting('nexus.organization', true), '')::uuid)`
  await sql`alter table ${name} enable row level security`.execute(db)
  await sql`alter table ${name} force row level security`.execute(db)
  await sql`create policy tenant on ${name} using (${isOurs}) with check (${isOurs})`.execute(db)
}
