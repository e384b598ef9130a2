import { type Kysely, sql } from 'kysely'
import { grant, serviceRole, tenantTable } from '#kit/migration.ts'
import { giveTo } from '#kit/searchable.ts'

/** How much of something there was when each day ended, UTC: written once, and never changed. A day is whole or absent. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table assets.metric_facts (
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
  await tenantTable(db, 'assets', 'metric_facts', { grants: 'select, insert' })
  await organizations(db)
}

/** The organizations that have assets, which nobody else here knows: a step of the index for each. */
async function organizations(db: Kysely<unknown>): Promise<void> {
  const name = 'function assets.organizations()'
  await sql`
    create function assets.organizations() returns setof uuid
      language sql stable security definer set search_path = pg_catalog, pg_temp as $$
      with recursive known as (
        (select organization_id from assets.assets order by organization_id limit 1)
        union all
        select (select a.organization_id from assets.assets a
          where a.organization_id > known.organization_id order by a.organization_id limit 1)
        from known where known.organization_id is not null
      )
      select organization_id from known where organization_id is not null
    $$;
    revoke all on ${sql.raw(name)} from public;
  `.execute(db)
  await grant(db, 'assets', 'execute', name)
  await giveTo(db, 'assets', await serviceRole(db, 'assets', '_search'), name)
}
