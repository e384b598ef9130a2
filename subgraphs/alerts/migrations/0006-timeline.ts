import { type Kysely, sql } from 'kysely'
import { grant, grantIngest, ingestMay, tenantTable } from '#kit/migration.ts'

/** What is said of alerts, how often they came back, and all that happened to one in the order of time. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table alerts.comments (
      id uuid not null,
      organization_id uuid not null,
      alert_id uuid not null,
      author_id uuid not null,
      body text not null check (body <> ''),
      version integer not null default 1,
      created_at timestamptz(3) not null,
      edited_at timestamptz(3),
      removed_at timestamptz(3),
      removed_by uuid,
      primary key (organization_id, id),
      foreign key (organization_id, alert_id) references alerts.alerts (organization_id, id)
    );
    create index on alerts.comments (organization_id, alert_id, created_at, id);
    create table alerts.alert_occurrences (
      organization_id uuid not null,
      alert_id uuid not null,
      hour timestamptz(3) not null,
      id uuid not null,
      count integer not null,
      first_at timestamptz(3) not null,
      last_at timestamptz(3) not null,
      primary key (organization_id, alert_id, hour),
      foreign key (organization_id, alert_id) references alerts.alerts (organization_id, id)
    )
  `.execute(db)
  await tenantTable(db, 'alerts', 'comments')
  await tenantTable(db, 'alerts', 'alert_occurrences')
  await ingestMay(db, 'alerts', 'alert_occurrences', {
    insert: ['organization_id', 'alert_id', 'hour', 'id', 'count', 'first_at', 'last_at'],
    update: ['count', 'last_at'],
  })
  await sql`
    create view alerts.alert_timeline with (security_invoker = true) as
      select id, organization_id, alert_id, at, kind, changed_by as by_id, from_status, status, severity,
        from_assignee_id, assignee_id, from_incident_id, incident_id, suppression_rule_id, verdict, priority, note,
        null::uuid as comment_id, null::integer as occurrences, null::timestamptz(3) as last_at
      from alerts.alert_history
      union all
      select id, organization_id, alert_id, created_at, 'comment', author_id, null, null, null,
        null, null, null, null, null, null, null, null, id, null, null
      from alerts.comments
      union all
      select id, organization_id, alert_id, first_at, 'occurred', null, null, null, null,
        null, null, null, null, null, null, null, null, null, count, last_at
      from alerts.alert_occurrences
  `.execute(db)
  await grant(db, 'alerts', 'select', 'alerts.alert_timeline')
  await recurrence(db)
}

/** When repeats of a rule's alerts count as the same, as an organization says it. */
async function recurrence(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table alerts.recurrence_rules (
      id uuid not null,
      organization_id uuid not null,
      source varchar(100) not null,
      rule_id varchar(255) not null,
      window_hours integer not null check (window_hours between 1 and 720),
      grouping_fields text[] not null,
      created_by uuid not null,
      ended_by uuid,
      created_at timestamptz(3) not null,
      ended_at timestamptz(3),
      primary key (organization_id, id)
    );
    create unique index on alerts.recurrence_rules (organization_id, source, rule_id) where ended_at is null;
    create index on alerts.recurrence_rules (organization_id, created_at, id)
  `.execute(db)
  await tenantTable(db, 'alerts', 'recurrence_rules')
  // Machines read what people have said of repeats and of suppression, and write nothing of it.
  await grantIngest(db, 'alerts', 'select', 'alerts.recurrence_rules')
  await grantIngest(db, 'alerts', 'select', 'alerts.suppression_rules')
}
