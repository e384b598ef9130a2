import { type Kysely, sql } from 'kysely'
import { tenantTable } from '../migration.ts'

/**
 * Makes `metric_facts`: how much of something there was when each day ended, UTC. Written once, and never changed. A
 * day is whole or absent.
 */
export async function metricFacts(db: Kysely<unknown>, schema: string): Promise<void> {
  await sql`
    create table ${sql.id(schema, 'metric_facts')} (
      organization_id uuid not null,
      metric varchar(100) not null,
      dimension varchar(50) not null default '',
      day date not null,
      key varchar(100) not null default '',
      n integer not null,
      value double precision,
      measured_at timestamptz(3) not null,
      primary key (organization_id, metric, dimension, day, key)
    )`.execute(db)
  await tenantTable(db, schema, 'metric_facts', { grants: 'select, insert' })
}
