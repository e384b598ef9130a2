import { type Kysely, sql } from 'kysely'

/** The index by CVE and organization finds the findings of a weakness in one organization as well. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql`drop index vulns.vulnerabilities_organization_id_cve_id_idx`.execute(db)
}
