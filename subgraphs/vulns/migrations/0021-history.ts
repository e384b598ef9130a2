import { type Kysely, sql } from 'kysely'
import { ingestMay, tenantTable } from '#kit/migration.ts'

/** What stands on both sides of a change. */
const sides = [
  ...['status', 'presence', 'resolution', 'resolved_at', 'severity', 'severity_override', 'override_until'],
  ...['acceptance_id', 'accepted_from', 'accepted_until', 'risk_score', 'merged_into'],
]
const columns = [
  ...['id', 'organization_id', 'vulnerability_id', 'asset_id', 'version', 'at', 'kind', 'created_at'],
  ...sides.flatMap((side) => [`from_${side}`, side]),
  ...['note', 'changed_by'],
]

/**
 * What a finding was, change by change: never rewritten, so that counts can be taken as of any time. A trigger writes
 * it, in the time that the change says, and only where something that is counted is another: a finding that is new, or
 * only seen again, costs nothing. What it was before its first change, that change says.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table vulns.vulnerability_history (
      id uuid not null,
      organization_id uuid not null,
      vulnerability_id uuid not null,
      asset_id uuid not null,
      version integer not null,
      at timestamptz(3) not null,
      kind varchar(20) not null
        check (kind in ('status', 'presence', 'severity', 'acceptance', 'merged', 'risk')),
      created_at timestamptz(3) not null,
      from_status varchar(50) not null,
      status varchar(50) not null,
      from_presence varchar(10) not null,
      presence varchar(10) not null,
      from_resolution varchar(20),
      resolution varchar(20),
      from_resolved_at timestamptz(3),
      resolved_at timestamptz(3),
      from_severity varchar(20) not null,
      severity varchar(20) not null,
      from_severity_override varchar(20),
      severity_override varchar(20),
      from_override_until timestamptz(3),
      override_until timestamptz(3),
      from_acceptance_id uuid,
      acceptance_id uuid,
      from_accepted_from timestamptz(3),
      accepted_from timestamptz(3),
      from_accepted_until timestamptz(3),
      accepted_until timestamptz(3),
      from_risk_score integer not null,
      risk_score integer not null,
      from_merged_into uuid,
      merged_into uuid,
      note text,
      changed_by uuid,
      primary key (organization_id, id),
      foreign key (organization_id, vulnerability_id) references vulns.vulnerabilities (organization_id, id)
    );
    create index on vulns.vulnerability_history (organization_id, vulnerability_id, at, id);
    create index on vulns.vulnerability_history (organization_id, at)
      include (created_at, from_status, status, from_severity, severity, from_severity_override, severity_override,
        from_override_until, override_until, from_accepted_from, accepted_from, from_accepted_until, accepted_until,
        from_merged_into, merged_into)
      where kind <> 'risk'
  `.execute(db)
  await tenantTable(db, 'vulns', 'vulnerability_history', { grants: 'select, insert' })
  await ingestMay(db, 'vulns', 'vulnerability_history', { insert: columns, only: 'pg_trigger_depth() > 0' })
  await trigger(db)
}

// An id has the order of its time, and within it that of the versions, as a page's cursor wants it.
const orderedId = `(lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || '7'
  || lpad(to_hex(now_.version & 4095), 3, '0') || '8' || substr(md5(random()::text || now_.id::text), 1, 15))::uuid`

const sidesOf = (of: string) => sql.raw(`(${sides.map((side) => `${of}.${side}`).join(', ')})`)

/** Once for a statement, however many rows it writes: one by one they cost twice as much. */
async function trigger(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function vulns.write_history() returns trigger
      language plpgsql set search_path = pg_catalog, pg_temp as $$
    declare
      by_machine boolean := current_user like '%\\_ingest';
    begin
      insert into vulns.vulnerability_history (${sql.raw(columns.join(', '))})
      select ${sql.raw(orderedId)}, now_.organization_id, now_.id, now_.asset_id, now_.version, moment,
        case when was.merged_into is distinct from now_.merged_into then 'merged'
          when (was.status, was.resolution, was.resolved_at)
            is distinct from (now_.status, now_.resolution, now_.resolved_at) then 'status'
          when (was.acceptance_id, was.accepted_from, was.accepted_until)
            is distinct from (now_.acceptance_id, now_.accepted_from, now_.accepted_until) then 'acceptance'
          when (was.severity, was.severity_override, was.override_until)
            is distinct from (now_.severity, now_.severity_override, now_.override_until) then 'severity'
          when was.presence <> now_.presence then 'presence' else 'risk' end,
        now_.created_at, ${sql.raw(sides.map((side) => `was.${side}, now_.${side}`).join(', '))},
        case when is_said then now_.status_reason when is_overruled then now_.override_reason end,
        case when by_machine then null when is_said then now_.status_by when is_overruled then now_.override_by end
      from was join now_ on now_.organization_id = was.organization_id and now_.id = was.id
      cross join lateral (select
        (case when now_.updated_at is distinct from was.updated_at then now_.updated_at else now() end)
          ::timestamptz(3) as moment,
        now_.status_at is distinct from was.status_at as is_said,
        now_.override_at is distinct from was.override_at and now_.override_at is not null as is_overruled) as said
      where ${sidesOf('was')} is distinct from ${sidesOf('now_')};
      return null;
    end $$;
    create trigger write_history after update on vulns.vulnerabilities
      referencing old table as was new table as now_ for each statement execute function vulns.write_history()
  `.execute(db)
}
