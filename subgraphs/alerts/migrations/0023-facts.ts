import { type Kysely, sql } from 'kysely'
import { tenantTable } from '#kit/migration.ts'
/** How much of something there was when each day ended, UTC: written once, and never changed. A day is whole or absent. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table alerts.metric_facts (
      organization_id uuid not null,
      metric varchar(100) not null,
      dimension varchar(50) not null default '',
      day date not null,
      key varchar(100) not null default '',
      n integer not null,
      value double precision,
      measured_at timestamptz(3) not null,
      primary key (organization_id, metric, dimension, day, key)
    );
  `.execute(db)
  await tenantTable(db, 'alerts', 'metric_facts', { grants: 'select, insert' })
}
