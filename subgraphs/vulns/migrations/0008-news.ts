import { type Kysely, sql } from 'kysely'
import { serviceRole } from '#kit/migration.ts'
import { giveTo } from '#kit/searchable.ts'

/**
 * News of a weakness concerns whoever has findings of it, in whichever organization. Who brings them, at the database
 * itself, is told which organizations those are, by the role that may read this much of every tenant.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const name = 'function vulns.organizations_with(text[])'
  await sql`
    create function vulns.organizations_with(cve_ids text[]) returns setof uuid
      language sql stable security definer set search_path = pg_catalog, pg_temp as $$
      select distinct organization_id from vulns.vulnerabilities where cve_id = any (cve_ids)
    $$;
    revoke all on ${sql.raw(name)} from public;
    grant execute on ${sql.raw(name)} to current_user;
    create index on vulns.vulnerabilities (cve_id, organization_id) where cve_id is not null;
  `.execute(db)
  await giveTo(db, 'vulns', await serviceRole(db, 'vulns', '_search'), name)
}
