import { type Kysely, sql } from 'kysely'
import { grant, ingestMay, tenantTable } from '../migration.ts'

/** Makes `told_dues`: what was told of what falls due, once for each subject and due. */
export async function toldDues(db: Kysely<unknown>, schema: string): Promise<void> {
  await sql`
    create table ${sql.id(schema, 'told_dues')} (
      organization_id uuid not null,
      subject_id uuid not null,
      event varchar(50) not null check (event <> ''),
      due_at timestamptz(3) not null,
      told_at timestamptz(3) not null,
      primary key (organization_id, subject_id, event, due_at)
    )`.execute(db)
  await tenantTable(db, schema, 'told_dues', { grants: 'select, insert' })
  await ingestMay(db, schema, 'told_dues', {})
}

/** Has it say whether what was claimed was told: who is cut off between the two loses nothing. */
export async function publishedDues(db: Kysely<unknown>, schema: string): Promise<void> {
  const table = sql.id(schema, 'told_dues')
  await sql`
    alter table ${table} add column published_at timestamptz(3);
    alter table ${table} no force row level security;
    update ${table} set published_at = told_at;
    alter table ${table} force row level security;
    create index on ${table} (organization_id, event, told_at) where published_at is null
  `.execute(db)
  await grant(db, schema, 'update', `${schema}.told_dues`)
}
