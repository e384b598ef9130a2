import { type Kysely, sql } from 'kysely'

/** Counts of findings by status and severity are answered by an index alone, in the order of their ranks. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop index vulns.idx_vulns_org_status;
    create index idx_vulns_org_status on vulns.vulnerabilities (organization_id, status, severity_rank)
      include (severity, severity_override, override_until, accepted_from, accepted_until);
  `.execute(db)
}
