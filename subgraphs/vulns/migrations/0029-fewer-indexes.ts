import { type Kysely, sql } from 'kysely'

/** What this one finds, the index that begins with the weakness finds as well; each costs every new finding its part. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql`drop index vulns.vulnerabilities_organization_id_cve_id_idx`.execute(db)
}
