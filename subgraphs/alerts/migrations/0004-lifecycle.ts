import { type Kysely, sql } from 'kysely'
import { tenantTable } from '#kit/migration.ts'
import { ownerSeesAll } from './owner-sees-all.ts'

const severities = `('critical', 'high', 'medium', 'low', 'info', 'unknown')`

/** What people decide of alerts, and by when: verdicts, holds, dues, incidents, and rules that suppress. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table alerts.incidents (
      id uuid not null,
      organization_id uuid not null,
      title varchar(500) not null check (title <> ''),
      severity varchar(20) not null check (severity in ${sql.raw(severities)}),
      severity_rank smallint not null generated always as (case severity when 'critical' then 5
        when 'high' then 4 when 'medium' then 3 when 'low' then 2 when 'info' then 1 else 0 end) stored,
      status varchar(20) not null default 'open'
        check (status in ('open', 'in_progress', 'on_hold', 'resolved', 'closed')),
      assignee_id uuid,
      created_by uuid not null,
      version integer not null default 1,
      created_at timestamptz(3) not null,
      updated_at timestamptz(3) not null,
      resolved_at timestamptz(3),
      closed_at timestamptz(3),
      primary key (organization_id, id)
    );
    create index on alerts.incidents (organization_id, created_at, id);
    create index on alerts.incidents (organization_id, updated_at, id);
    create index on alerts.incidents (organization_id, severity_rank, id);
    create table alerts.suppression_rules (
      id uuid not null,
      organization_id uuid not null,
      name varchar(200) not null check (name <> ''),
      filter jsonb not null,
      reason text not null check (reason <> ''),
      expires_at timestamptz(3) not null,
      ended_at timestamptz(3),
      ends_at timestamptz(3) not null generated always as (least(expires_at, ended_at)) stored,
      created_by uuid not null,
      ended_by uuid,
      created_at timestamptz(3) not null,
      primary key (organization_id, id)
    );
    create index on alerts.suppression_rules (organization_id, ends_at, id);
    create index on alerts.suppression_rules (organization_id, created_at, id);
  `.execute(db)
  await tenantTable(db, 'alerts', 'incidents')
  await tenantTable(db, 'alerts', 'suppression_rules')
  await sql`
    alter table alerts.alerts
      add column confidence varchar(20) not null default 'unknown'
        check (confidence in ('high', 'medium', 'low', 'unknown')),
      add column priority varchar(2) not null default 'p3' check (priority in ('p1', 'p2', 'p3', 'p4')),
      add column attacks text[] not null default '{}',
      add column related_vulnerability_ids uuid[] not null default '{}',
      add column verdict varchar(30) check (verdict in ('true_positive', 'false_positive', 'benign', 'duplicate',
        'test', 'disregard', 'insufficient_data')),
      add column resolution_note text,
      add column acknowledged_by uuid,
      add column resolved_by uuid,
      add column first_resolved_at timestamptz(3),
      add column reopen_count integer not null default 0,
      add column archived_at timestamptz(3),
      add column held_at timestamptz(3),
      add column hold_until timestamptz(3),
      add column hold_reason text,
      add column ack_due_at timestamptz(3),
      add column resolve_due_at timestamptz(3),
      add column sla_due_at timestamptz(3) not null default '9999-12-31T00:00:00Z',
      add column sla_risk_at timestamptz(3) not null default '9999-12-31T00:00:00Z',
      add column sla_paused_until timestamptz(3),
      add column sla_paused_ms integer not null default 0,
      add column sla_met boolean generated always as (resolved_at <= resolve_due_at) stored,
      add column previous_alert_id uuid,
      add column incident_id uuid,
      add column suppression_rule_id uuid,
      add column updated_by uuid,
      add foreign key (organization_id, previous_alert_id) references alerts.alerts (organization_id, id),
      add foreign key (organization_id, incident_id) references alerts.incidents (organization_id, id),
      add foreign key (organization_id, suppression_rule_id)
        references alerts.suppression_rules (organization_id, id)
  `.execute(db)
  await ownerSeesAll(db, () => fill(db))
  await sql`
    alter table alerts.alerts
      add check ((status = 'suppressed') = (suppression_rule_id is not null)),
      add check (status not in ('resolved', 'archived') or (verdict is not null and resolved_at is not null)),
      add check (status <> 'on_hold' or (hold_until is not null and hold_reason is not null));
    create index on alerts.alerts (organization_id, status, created_at, id);
    create index on alerts.alerts (organization_id, priority, id);
    create index on alerts.alerts (organization_id, first_seen_at, id);
    create index on alerts.alerts (organization_id, created_at, id) where not sla_met;
    create index on alerts.alerts (organization_id, sla_due_at, id);
    create index on alerts.alerts (organization_id, assignee_id, created_at, id) where assignee_id is not null;
    create index on alerts.alerts (organization_id, incident_id, created_at, id) where incident_id is not null;
    create index on alerts.alerts (organization_id, verdict, created_at, id) where verdict is not null;
    create index on alerts.alerts (organization_id, rule_id, created_at, id) where rule_id is not null;
    create index on alerts.alerts (organization_id, source, created_at, id) where source is not null;
    create index on alerts.alerts (organization_id, suppression_rule_id, severity)
      where suppression_rule_id is not null;
    create index on alerts.alerts (organization_id, acknowledged_at, id) where acknowledged_at is not null;
    create index on alerts.alerts (organization_id, first_resolved_at, id) where first_resolved_at is not null;
    create index on alerts.alerts (organization_id, previous_alert_id) where previous_alert_id is not null
  `.execute(db)
}

/** Alerts that were there before anybody could say all this of them. */
async function fill(db: Kysely<unknown>): Promise<void> {
  await sql`
    update alerts.alerts set
      status = case status when 'suppressed' then 'open' when 'on_hold' then 'in_progress' else status end,
      priority = case severity when 'critical' then 'p1' when 'high' then 'p2' when 'medium' then 'p3' else 'p4' end,
      ack_due_at = created_at + case severity when 'critical' then interval '15 minutes' when 'high' then interval '1 hour'
        when 'medium' then interval '4 hours' when 'low' then interval '24 hours' end,
      resolve_due_at = created_at + case severity when 'critical' then interval '4 hours'
        when 'high' then interval '24 hours' when 'medium' then interval '72 hours' when 'low' then interval '168 hours' end,
      verdict = case when status in ('resolved', 'archived') then 'insufficient_data' end,
      resolved_at = case when status in ('resolved', 'archived') then coalesce(resolved_at, updated_at) end,
      first_resolved_at = case when status in ('resolved', 'archived') then coalesce(resolved_at, updated_at)
        else resolved_at end;
    update alerts.alerts set
      sla_due_at = case when acknowledged_at is null then ack_due_at else resolve_due_at end,
      sla_risk_at = case when acknowledged_at is null then ack_due_at - (ack_due_at - created_at) * 0.2
        else resolve_due_at - (resolve_due_at - created_at) * 0.2 end
    where status not in ('resolved', 'archived') and ack_due_at is not null
  `.execute(db)
}
