import { type Kysely, sql } from 'kysely'
import { tenantTable } from '#kit/migration.ts'

/** What was changed by the many, and what each was before. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table vulns.bulk_batches (
      organization_id uuid not null,
      id uuid not null,
      patch jsonb not null,
      note text,
      ids uuid[] not null,
      matched integer not null,
      changed integer,
      refused integer,
      digest varchar(64),
      requested_by uuid not null,
      operation_id uuid,
      created_at timestamptz(3) not null,
      finished_at timestamptz(3),
      undone_at timestamptz(3),
      undone_by uuid,
      primary key (organization_id, id),
      check ((undone_at is null) = (undone_by is null))
    );
    create table vulns.bulk_items (
      organization_id uuid not null,
      batch_id uuid not null,
      item_id uuid not null,
      outcome varchar(10) not null check (outcome in ('changed', 'unchanged', 'refused')),
      code varchar(50),
      message text,
      before jsonb,
      version integer,
      primary key (organization_id, batch_id, item_id),
      foreign key (organization_id, batch_id) references vulns.bulk_batches (organization_id, id)
    );
  `.execute(db)
  await tenantTable(db, 'vulns', 'bulk_batches')
  await tenantTable(db, 'vulns', 'bulk_items', { grants: 'select, insert' })
}
