import { type Kysely, sql } from 'kysely'
import { ingestMay, tenantTable } from '#kit/migration.ts'
import { ownerSeesAll } from './owner-sees-all.ts'

const columns = [
  ...['id', 'organization_id', 'alert_id', 'version', 'at', 'kind', 'from_status', 'status', 'from_severity'],
  ...['severity', 'from_suppression_rule_id', 'suppression_rule_id', 'from_assignee_id', 'assignee_id'],
  ...['from_incident_id', 'incident_id', 'verdict', 'priority', 'note', 'changed_by'],
]

/**
 * What an alert was, change by change: never rewritten, so that counts can be taken as of any time. Who changes an
 * alert does not write it: a trigger does, in the time that the change says.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table alerts.alert_history (
      id uuid not null,
      organization_id uuid not null,
      alert_id uuid not null,
      version integer not null,
      at timestamptz(3) not null,
      kind varchar(20) not null check (kind in ('created', 'status', 'assigned', 'incident', 'changed')),
      from_status varchar(50),
      status varchar(50) not null,
      from_severity varchar(20),
      severity varchar(20) not null,
      from_suppression_rule_id uuid,
      suppression_rule_id uuid,
      from_assignee_id uuid,
      assignee_id uuid,
      from_incident_id uuid,
      incident_id uuid,
      verdict varchar(30),
      priority varchar(2) not null,
      note text,
      changed_by uuid,
      primary key (organization_id, id),
      foreign key (organization_id, alert_id) references alerts.alerts (organization_id, id)
    );
    create index on alerts.alert_history (organization_id, alert_id, at, id);
    create index on alerts.alert_history (organization_id, at)
      include (from_status, status, from_severity, severity, from_suppression_rule_id, suppression_rule_id)
  `.execute(db)
  await ownerSeesAll(db, () => begin(db))
  await tenantTable(db, 'alerts', 'alert_history', { grants: 'select, insert' })
  await ingestMay(db, 'alerts', 'alert_history', { insert: columns, only: 'pg_trigger_depth() > 0' })
  await triggers(db)
}

async function begin(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into alerts.alert_history (${sql.raw(columns.join(', '))})
    select gen_random_uuid(), organization_id, id, version, created_at, 'created', null, status, null, severity,
      null, null, null, assignee_id, null, null, verdict, priority, null, null from alerts.alerts
  `.execute(db)
}

// An id has the order of its time, and within it that of the versions, as a page's cursor wants it.
const orderedId = `(lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || '7'
  || lpad(to_hex(new.version & 4095), 3, '0') || '8' || substr(md5(random()::text || new.id::text), 1, 15))::uuid`

async function triggers(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function alerts.forget_resolution() returns trigger
      language plpgsql set search_path = pg_catalog, pg_temp as $$
    begin
      new.verdict := null;
      new.resolution_note := null;
      new.resolved_at := null;
      new.resolved_by := null;
      return new;
    end $$;
    create trigger forget_resolution before update of status on alerts.alerts for each row
      when (old.status = 'resolved' and new.status not in ('resolved', 'archived'))
      execute function alerts.forget_resolution();
    create function alerts.write_history() returns trigger
      language plpgsql set search_path = pg_catalog, pg_temp as $$
    declare
      moment timestamptz := case when tg_op = 'INSERT' then new.created_at else new.updated_at end;
      by_machine boolean := current_user like '%\\_ingest';
    begin
      if tg_op = 'INSERT' then
        insert into alerts.alert_history (id, organization_id, alert_id, version, at, kind, status, severity,
          suppression_rule_id, assignee_id, incident_id, verdict, priority, changed_by)
        values (${sql.raw(orderedId)}, new.organization_id, new.id, new.version, moment, 'created', new.status,
          new.severity, new.suppression_rule_id, new.assignee_id, new.incident_id, new.verdict, new.priority,
          new.updated_by);
      else
        insert into alerts.alert_history (id, organization_id, alert_id, version, at, kind, from_status, status,
          from_severity, severity, from_suppression_rule_id, suppression_rule_id, from_assignee_id, assignee_id,
          from_incident_id, incident_id, verdict, priority, note, changed_by)
        values (${sql.raw(orderedId)}, new.organization_id, new.id, new.version, moment,
          case when old.status <> new.status then 'status'
            when old.assignee_id is distinct from new.assignee_id then 'assigned'
            when old.incident_id is distinct from new.incident_id then 'incident' else 'changed' end,
          old.status, new.status, old.severity, new.severity, old.suppression_rule_id, new.suppression_rule_id,
          old.assignee_id, new.assignee_id, old.incident_id, new.incident_id, coalesce(new.verdict, old.verdict),
          new.priority,
          case when old.status <> new.status then case new.status when 'on_hold' then new.hold_reason
            when 'resolved' then new.resolution_note end end,
          case when by_machine then null else new.updated_by end);
      end if;
      return null;
    end $$;
    create trigger write_history_of_new after insert on alerts.alerts for each row
      execute function alerts.write_history();
    create trigger write_history after update of status, severity, suppression_rule_id, assignee_id, incident_id,
        verdict, priority on alerts.alerts for each row
      when ((old.status, old.severity, old.suppression_rule_id, old.assignee_id, old.incident_id, old.verdict,
        old.priority) is distinct from (new.status, new.severity, new.suppression_rule_id, new.assignee_id,
        new.incident_id, new.verdict, new.priority))
      execute function alerts.write_history()
  `.execute(db)
}
