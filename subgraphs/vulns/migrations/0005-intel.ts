import { type Kysely, sql } from 'kysely'
import { grant, grantIngest } from '#kit/migration.ts'

/**
 * What the world knows of a weakness. It is public and belongs to no tenant, and no finding has a copy of it: a day's
 * new EPSS rewrites these rows and leaves findings alone whose risk stays what it was.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table vulns.vuln_intel (
      cve_id varchar(50) primary key,
      epss double precision check (epss between 0 and 1),
      epss_percentile double precision check (epss_percentile between 0 and 1),
      epss_date date,
      epss_model varchar(50),
      kev_listed boolean not null default false,
      kev_added date,
      kev_due date,
      ransomware boolean not null default false,
      updated_at timestamptz(3) not null default now()
    );
    create index on vulns.vuln_intel (epss) where epss >= 0.05;
    create index on vulns.vuln_intel (cve_id) where kev_listed;
    create table vulns.kev_assertions (
      cve_id varchar(50) not null,
      asserter varchar(100) not null,
      date_added date not null,
      due_date date,
      ransomware boolean not null default false,
      notes text,
      withdrawn_at timestamptz(3),
      updated_at timestamptz(3) not null default now(),
      primary key (cve_id, asserter)
    );
    create table vulns.intel_loads (
      source varchar(100) primary key,
      rows integer not null,
      loaded_at timestamptz(3) not null default now()
    );
  `.execute(db)
  for (const table of ['vuln_intel', 'kev_assertions', 'intel_loads'])
    await grant(db, 'vulns', 'select', `vulns.${table}`)
  await grantIngest(db, 'vulns', 'select', 'vulns.vuln_intel')
}
