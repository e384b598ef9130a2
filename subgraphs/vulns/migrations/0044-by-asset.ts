import { type Kysely, sql } from 'kysely'

/** One index for how many findings an asset has of a status and for what they are worth together: two were written. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql`
    create index idx_vulns_asset on vulns.vulnerabilities (organization_id, asset_id, status, risk_score)
      where merged_into is null;
    drop index vulns.vulnerabilities_organization_id_asset_id_status_idx;
    drop index vulns.vulnerabilities_organization_id_asset_id_risk_score_idx
  `.execute(db)
}
