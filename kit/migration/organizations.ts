import { type Kysely, sql } from 'kysely'
import { grant, serviceRole } from '../migration.ts'
import { giveTo } from '../searchable.ts'

/**
 * Makes `organizations()`, which tells the organizations that have rows of a tenant table, and nothing else of them:
 * what time brings about is looked for in each. A step of the table's index for each.
 */
export async function tellOrganizations(db: Kysely<unknown>, schema: string, table: string): Promise<void> {
  const name = `function ${schema}.organizations()`
  const rows = sql.id(schema, table)
  await sql`
    create ${sql.raw(name)} returns setof uuid
      language sql stable security definer set search_path = pg_catalog, pg_temp as $$
      with recursive known as (
        (select organization_id from ${rows} order by organization_id limit 1)
        union all
        select (select r.organization_id from ${rows} r
          where r.organization_id > known.organization_id order by r.organization_id limit 1)
        from known where known.organization_id is not null
      )
      select organization_id from known where organization_id is not null
    $$;
    revoke all on ${sql.raw(name)} from public;
  `.execute(db)
  await grant(db, schema, 'execute', name)
  await giveTo(db, schema, await serviceRole(db, schema, '_search'), name)
}
