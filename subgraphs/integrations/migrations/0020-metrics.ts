import { type Kysely, sql } from 'kysely'
import { tenantTable } from '#kit/migration.ts'

/** Metrics that people have put together, by name. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table integrations.saved_metrics (
      id uuid not null,
      organization_id uuid not null,
      name varchar(100) not null,
      metric varchar(100) not null,
      filter jsonb not null default '{}',
      dimension varchar(50),
      days integer check (days between 1 and 400),
      compares boolean not null default false,
      created_by uuid not null,
      created_at timestamptz(3) not null default now(),
      removed_at timestamptz(3),
      primary key (organization_id, id),
      check (days is not null or not compares)
    );
    create unique index on integrations.saved_metrics (organization_id, name) where removed_at is null;
    create index on integrations.saved_metrics (organization_id, created_at, id) where removed_at is null;
  `.execute(db)
  await tenantTable(db, 'integrations', 'saved_metrics')
}
