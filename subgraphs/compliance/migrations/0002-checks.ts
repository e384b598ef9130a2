import { type Kysely, sql } from 'kysely'
import { grant, tenantTable } from '#kit/migration.ts'
import { framework } from './nist-csf-2.0.ts'
import { subcategories } from './nist-csf-2.0-subcategories.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await catalogue(db)
  await sql`
    create table compliance.checks (
      id uuid not null,
      organization_id uuid not null,
      tool varchar(150) not null,
      rule_id varchar(500) not null,
      title varchar(500) not null,
      severity varchar(20) not null
        check (severity in ('critical', 'high', 'medium', 'low', 'info', 'unknown')),
      severity_rank smallint not null generated always as (case severity when 'critical' then 5
        when 'high' then 4 when 'medium' then 3 when 'low' then 2 when 'info' then 1 else 0 end) stored,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      primary key (organization_id, id),
      unique (organization_id, tool, rule_id)
    );
    create table compliance.control_checks (
      organization_id uuid not null,
      control_id uuid not null references compliance.controls (id),
      check_id uuid not null,
      origin varchar(20) not null check (origin in ('auto', 'manual', 'suppressed')),
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      primary key (organization_id, control_id, check_id),
      foreign key (organization_id, check_id) references compliance.checks (organization_id, id)
    );
    create index on compliance.control_checks (organization_id, check_id);
    create table compliance.check_results (
      id uuid not null,
      organization_id uuid not null,
      check_id uuid not null,
      asset_id uuid not null,
      fingerprint varchar(64) not null check (fingerprint <> ''),
      target text not null,
      result varchar(20) not null check (result in ('pass', 'fail', 'warn', 'error', 'not_applicable')),
      scope varchar(255) not null,
      run_id uuid not null,
      observed_at timestamptz(3) not null default now(),
      created_at timestamptz(3) not null default now(),
      withdrawn_at timestamptz(3),
      primary key (organization_id, id),
      unique (organization_id, check_id, asset_id, fingerprint),
      foreign key (organization_id, check_id) references compliance.checks (organization_id, id)
    );
    create index on compliance.check_results (organization_id, scope, run_id) where withdrawn_at is null;
    create index on compliance.check_results (organization_id, asset_id) where withdrawn_at is null;
  `.execute(db)
  for (const table of ['checks', 'control_checks', 'check_results'])
    await tenantTable(db, 'compliance', table)
  await views(db)
}

/** A subcategory stands below its category, whose code begins its own. */
async function catalogue(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table compliance.controls add column parent_id uuid references compliance.controls (id);
    create index on compliance.controls (parent_id);
  `.execute(db)
  for (const [code, title, id] of subcategories) {
    const category = code.slice(0, code.indexOf('-'))
    await sql`
      insert into compliance.controls (id, framework_id, parent_id, code, title, section)
      select ${id}::uuid, framework_id, id, ${code}::text, ${title}::text, title from compliance.controls
      where framework_id = ${framework.id} and code = ${category}`.execute(db)
  }
}

/** What counts now: of results those that no run has withdrawn, of mappings those that no person has taken out. */
async function views(db: Kysely<unknown>): Promise<void> {
  await sql`
    create view compliance.current_results with (security_invoker = true) as
      select r.*, c.severity_rank
      from compliance.check_results r
      join compliance.checks c on c.organization_id = r.organization_id and c.id = r.check_id
      where r.withdrawn_at is null;
    create view compliance.effective_checks with (security_invoker = true) as
      select distinct m.organization_id, level.control_id, m.check_id
      from compliance.control_checks m
      join compliance.controls k on k.id = m.control_id
      cross join lateral (values (k.id), (k.parent_id)) as level (control_id)
      where m.origin <> 'suppressed' and level.control_id is not null;
    create view compliance.control_failures with (security_invoker = true) as
      select m.control_id, r.*
      from compliance.effective_checks m
      join compliance.current_results r on r.organization_id = m.organization_id and r.check_id = m.check_id
      where r.result in ('fail', 'warn', 'error');
  `.execute(db)
  for (const view of ['current_results', 'effective_checks', 'control_failures'])
    await grant(db, 'compliance', 'select', `compliance.${view}`)
}
