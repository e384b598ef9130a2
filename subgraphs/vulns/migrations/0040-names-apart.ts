import { type Kysely, sql } from 'kysely'
import { ingestMay, tenantTable } from '#kit/migration.ts'

/**
 * Who said that names are of one weakness, so that it can be taken back; which names somebody has said are not; and by
 * which of its names each scan told a finding, so that this can be taken apart into what its scans told.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table vulns.stated_names (
      organization_id uuid not null,
      alias varchar(100) not null check (alias <> ''),
      statement uuid not null,
      primary key (organization_id, alias, statement)
    );
    create index on vulns.stated_names (organization_id, statement);
    create table vulns.name_statements (
      organization_id uuid not null,
      statement uuid not null,
      scope varchar(255) not null,
      tool varchar(150) not null,
      run_id uuid,
      asserted_at timestamptz(3) not null default now(),
      withdrawn_at timestamptz(3),
      primary key (organization_id, statement, scope)
    );
    create index on vulns.name_statements (organization_id, run_id) where withdrawn_at is null;
    create table vulns.name_splits (
      organization_id uuid not null,
      alias varchar(100) not null,
      other varchar(100) not null,
      reason varchar(2000) not null check (reason <> ''),
      split_by uuid not null,
      split_at timestamptz(3) not null,
      primary key (organization_id, alias, other),
      check (alias <> other)
    );
    create table vulns.told_names (
      organization_id uuid not null,
      vulnerability_id uuid not null,
      scope varchar(255) not null,
      fingerprint varchar(64) not null,
      weakness varchar(100) not null,
      ended_at timestamptz(3),
      primary key (organization_id, vulnerability_id, scope, fingerprint),
      foreign key (organization_id, vulnerability_id) references vulns.vulnerabilities (organization_id, id)
    )
  `.execute(db)
  await before(db)
  for (const table of ['stated_names', 'name_statements', 'told_names']) await tenantTable(db, 'vulns', table)
  await tenantTable(db, 'vulns', 'name_splits', { grants: 'select, insert' })
  await ingestMay(db, 'vulns', 'stated_names', { insert: ['organization_id', 'alias', 'statement'] })
  await ingestMay(db, 'vulns', 'name_statements', {
    insert: ['organization_id', 'statement', 'scope', 'tool', 'run_id'],
    update: ['run_id', 'tool', 'asserted_at', 'withdrawn_at'],
  })
  await ingestMay(db, 'vulns', 'name_splits', {})
  await ingestMay(db, 'vulns', 'told_names', {
    insert: ['organization_id', 'vulnerability_id', 'scope', 'fingerprint', 'weakness'],
    update: ['ended_at'],
  })
}

/**
 * Of what was said until now nobody knows by whom: it is one statement for each group, which no import takes back. A
 * scan of what was merged may have told either, and is taken to have told both until it speaks again.
 */
export const before = (db: Kysely<unknown>) =>
  sql`
    alter table vulns.advisory_aliases no force row level security;
    alter table vulns.vulnerabilities no force row level security;
    alter table vulns.vulnerability_sources no force row level security;
    insert into vulns.stated_names (organization_id, alias, statement)
      select organization_id, alias, group_id from vulns.advisory_aliases;
    insert into vulns.name_statements (organization_id, statement, scope, tool, asserted_at)
      select organization_id, group_id, '', min(source), min(asserted_at)
      from vulns.advisory_aliases group by organization_id, group_id;
    insert into vulns.told_names (organization_id, vulnerability_id, scope, fingerprint, weakness)
      select distinct v.organization_id, v.merged_into, s.scope, told.fingerprint, told.weakness
      from vulns.vulnerabilities v
      join vulns.vulnerabilities survivor
        on survivor.organization_id = v.organization_id and survivor.id = v.merged_into
      join vulns.vulnerability_sources s on s.organization_id = v.organization_id and s.vulnerability_id = v.id
      cross join lateral (values (v.fingerprint, v.weakness), (survivor.fingerprint, survivor.weakness))
        as told (fingerprint, weakness)
      where told.weakness is not null;
    alter table vulns.advisory_aliases force row level security;
    alter table vulns.vulnerabilities force row level security;
    alter table vulns.vulnerability_sources force row level security
  `.execute(db)
