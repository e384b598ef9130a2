import { type Kysely, sql } from 'kysely'
import { grant, tenantTable } from '#kit/migration.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table vulns.vulnerabilities (
      id uuid not null,
      organization_id uuid not null,
      asset_id uuid not null,
      fingerprint varchar(64) not null check (fingerprint <> ''),
      fingerprint_version smallint not null default 1,
      kind varchar(20) not null check (kind in ('package', 'code', 'config', 'secret', 'license')),
      cve_id varchar(50),
      aliases text[] not null default '{}',
      cwes text[] not null default '{}',
      rule_id varchar(500),
      severity varchar(20) not null
        check (severity in ('critical', 'high', 'medium', 'low', 'info', 'unknown')),
      severity_rank smallint not null generated always as (case severity when 'critical' then 5
        when 'high' then 4 when 'medium' then 3 when 'low' then 2 when 'info' then 1 else 0 end) stored,
      cvss jsonb not null default '[]',
      cvss_score decimal(3,1) check (cvss_score between 0 and 10),
      cvss_rank decimal(3,1) not null generated always as (coalesce(cvss_score, 0)) stored,
      cvss_vector varchar(500),
      status varchar(50) not null default 'open' check (status in ('open', 'confirmed', 'in_remediation',
        'risk_accepted', 'false_positive', 'not_affected', 'resolved')),
      presence varchar(10) not null default 'present' check (presence in ('present', 'absent')),
      resolution varchar(20) check (resolution in ('fixed', 'mitigated', 'asset_retired', 'withdrawn')),
      title varchar(500) not null,
      description text,
      remediation text,
      component jsonb,
      location jsonb,
      fixed_versions text[] not null default '{}',
      links text[] not null default '{}',
      reopen_count integer not null default 0,
      version integer not null default 1,
      due_at timestamptz(3),
      due_date date generated always as ((due_at at time zone 'UTC')::date) stored,
      first_seen_at timestamptz(3) not null default now(),
      last_seen_at timestamptz(3) not null default now(),
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      resolved_at timestamptz(3),
      primary key (organization_id, id),
      unique (organization_id, fingerprint),
      check ((status = 'resolved') = (resolution is not null))
    );
    create index idx_vulns_org_status on vulns.vulnerabilities (organization_id, status, severity);
    create index idx_vulns_severity on vulns.vulnerabilities (organization_id, severity_rank, id);
    create index on vulns.vulnerabilities (organization_id, cvss_rank, id);
    create index on vulns.vulnerabilities (organization_id, cve_id);
    create index on vulns.vulnerabilities (organization_id, asset_id, severity_rank, id);
    create index on vulns.vulnerabilities (organization_id, asset_id, status);
    create index on vulns.vulnerabilities (organization_id, created_at, id);
    create index on vulns.vulnerabilities (organization_id, last_seen_at, id);
    create table vulns.vulnerability_sources (
      organization_id uuid not null,
      vulnerability_id uuid not null,
      scope varchar(255) not null,
      tool varchar(150) not null,
      run_id uuid not null,
      content_hash varchar(64) not null,
      first_seen_at timestamptz(3) not null default now(),
      last_seen_at timestamptz(3) not null default now(),
      withdrawn_at timestamptz(3),
      primary key (organization_id, vulnerability_id, scope),
      foreign key (organization_id, vulnerability_id) references vulns.vulnerabilities (organization_id, id)
    );
    create index on vulns.vulnerability_sources (organization_id, scope, run_id) where withdrawn_at is null;
    create table vulns.applied_batches (
      organization_id uuid not null,
      run_id uuid not null,
      batch integer not null,
      outcome jsonb not null,
      applied_at timestamptz(3) not null default now(),
      primary key (organization_id, run_id, batch)
    );
  `.execute(db)
  await tenantTable(db, 'vulns', 'vulnerabilities')
  await tenantTable(db, 'vulns', 'vulnerability_sources')
  await tenantTable(db, 'vulns', 'applied_batches')
  await firstStatistics(db)
}

/**
 * A table that was never analysed looks empty to the planner, whose plan for the foreign key then reads the
 * whole tenant for each row: 30,000 findings took 52 s instead of 5. Autovacuum comes only after a minute.
 */
async function firstStatistics(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function vulns.first_statistics() returns void
      language plpgsql security definer set search_path = vulns, pg_temp as $$
      begin
        if exists (select 1 from pg_class where oid = 'vulns.vulnerabilities'::regclass and reltuples < 100) then
          analyze vulns.vulnerabilities;
          analyze vulns.vulnerability_sources;
        end if;
      end $$;
    revoke all on function vulns.first_statistics() from public;
  `.execute(db)
  await grant(db, 'vulns', 'execute', 'function vulns.first_statistics()')
}
