import { type Kysely, sql } from 'kysely'
import { grant, ingestMay, serviceRole, tenantTable } from '#kit/migration.ts'
import { giveTo } from '#kit/searchable.ts'

/** What was told of what falls due, once for each subject and due, and where to look for it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table alerts.told_dues (
      organization_id uuid not null,
      subject_id uuid not null,
      event varchar(50) not null check (event <> ''),
      due_at timestamptz(3) not null,
      told_at timestamptz(3) not null,
      primary key (organization_id, subject_id, event, due_at)
    );
    create index on alerts.alerts (organization_id, sla_risk_at, id)
      where status in ('open', 'acknowledged', 'in_progress', 'on_hold', 'suppressed');
    create index on alerts.alerts (organization_id, resolved_at, id) where status = 'resolved';
  `.execute(db)
  await tenantTable(db, 'alerts', 'told_dues', { grants: 'select, insert' })
  await ingestMay(db, 'alerts', 'told_dues', {})
  await organizations(db)
}

/** The organizations that have alerts, which nobody else here knows: a step of the index for each. */
async function organizations(db: Kysely<unknown>): Promise<void> {
  const name = 'function alerts.organizations()'
  await sql`
    create function alerts.organizations() returns setof uuid
      language sql stable security definer set search_path = pg_catalog, pg_temp as $$
      with recursive known as (
        (select organization_id from alerts.alerts order by organization_id limit 1)
        union all
        select (select a.organization_id from alerts.alerts a
          where a.organization_id > known.organization_id order by a.organization_id limit 1)
        from known where known.organization_id is not null
      )
      select organization_id from known where organization_id is not null
    $$;
    revoke all on ${sql.raw(name)} from public;
  `.execute(db)
  await grant(db, 'alerts', 'execute', name)
  await giveTo(db, 'alerts', await serviceRole(db, 'alerts', '_search'), name)
}
