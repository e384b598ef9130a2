import { type Kysely, sql } from 'kysely'

/** What people say of a finding: scans write none of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table vulns.vulnerabilities
      add column assignee_id uuid,
      add column ticket_url varchar(2000),
      add column justification varchar(50) check (justification in ('code_not_present',
        'code_not_reachable', 'requires_configuration', 'requires_dependency', 'requires_environment',
        'protected_by_compiler', 'protected_at_runtime', 'protected_at_perimeter',
        'protected_by_mitigating_control')),
      add column status_reason varchar(2000),
      add column status_by uuid,
      add column status_at timestamptz(3),
      add column reachability varchar(30) not null default 'unknown' check (reachability in
        ('reachable_runtime', 'reachable_static', 'potentially', 'unreachable', 'unknown')),
      add column severity_override varchar(20)
        check (severity_override in ('critical', 'high', 'medium', 'low', 'info')),
      add column override_reason varchar(2000),
      add column override_by uuid,
      add column override_at timestamptz(3),
      add column override_until timestamptz(3),
      add column acceptance_id uuid,
      add column accepted_from timestamptz(3),
      add column accepted_until timestamptz(3),
      add column merged_into uuid,
      add column risk_score integer not null default 0 check (risk_score between 0 and 100),
      add column sla_reason varchar(30),
      add column sla_started_at timestamptz(3) not null default now(),
      add column sla_paused_at timestamptz(3),
      add column sla_paused_seconds double precision not null default 0,
      add column at_risk_at timestamptz(3),
      add column due_rank timestamptz(3) not null
        generated always as (coalesce(due_at, '9999-12-31T00:00:00Z'::timestamptz)) stored,
      add foreign key (organization_id, merged_into) references vulns.vulnerabilities (organization_id, id),
      add check (status <> 'not_affected' or justification is not null),
      add check (status <> 'false_positive' or status_reason <> ''),
      add check (status <> 'false_positive' or status_reason is not null),
      add check (status <> 'risk_accepted' or accepted_until is not null),
      add check (severity_override is null or override_reason is not null),
      drop column severity_rank;
    alter table vulns.vulnerabilities
      add column severity_rank smallint not null generated always as (case coalesce(severity_override, severity)
        when 'critical' then 5 when 'high' then 4 when 'medium' then 3 when 'low' then 2 when 'info' then 1
        else 0 end) stored;
    drop index vulns.idx_vulns_org_status;
    create index idx_vulns_org_status on vulns.vulnerabilities (organization_id, status, severity)
      include (severity_override, override_until, accepted_from, accepted_until);
    create index idx_vulns_severity on vulns.vulnerabilities (organization_id, severity_rank, id);
    create index on vulns.vulnerabilities (organization_id, asset_id, severity_rank, id);
    create index on vulns.vulnerabilities (organization_id, risk_score, id);
    create index on vulns.vulnerabilities (organization_id, due_rank, id);
    create index on vulns.vulnerabilities (organization_id, assignee_id, severity_rank, id)
      where assignee_id is not null;
    create index on vulns.vulnerabilities (organization_id, reachability, severity_rank, id)
      where reachability <> 'unknown';
    create index on vulns.vulnerabilities (organization_id, override_until)
      where severity_override is not null;
    create index on vulns.vulnerabilities (organization_id, acceptance_id) where acceptance_id is not null;
    create index on vulns.vulnerabilities (organization_id, asset_id, risk_score)
      where status in ('open', 'confirmed', 'in_remediation', 'risk_accepted');
  `.execute(db)
}
