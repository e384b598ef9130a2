import { type Kysely, sql } from 'kysely'

/** What is part of another finding is in no index that findings are counted by, so that these answer by themselves. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop index vulns.idx_vulns_org_status;
    create index idx_vulns_org_status on vulns.vulnerabilities (organization_id, status, severity_rank)
      include (severity, severity_override, override_until, accepted_from, accepted_until)
      where merged_into is null;
    drop index vulns.vulnerabilities_organization_id_asset_id_status_idx;
    create index on vulns.vulnerabilities (organization_id, asset_id, status) where merged_into is null;
    drop index vulns.vulnerabilities_organization_id_asset_id_risk_score_idx;
    create index on vulns.vulnerabilities (organization_id, asset_id, risk_score)
      where merged_into is null and status in ('open', 'confirmed', 'in_remediation', 'risk_accepted');
    create index on vulns.vulnerabilities (organization_id, resolved_at) include (first_seen_at)
      where merged_into is null and resolution = 'fixed'
  `.execute(db)
}
