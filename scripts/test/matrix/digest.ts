/** What the organizations own, as one looks who knows everything. */
import type { Owner } from '../owner.ts'

/** The names of the tables of subgraphs. */
export async function tablesOf(owner: Owner, schemas: readonly string[]): Promise<string[]> {
  const { rows } = await owner.query(
    `select schemaname || '.' || tablename as name from pg_tables where schemaname = any($1) order by 1`,
    [schemas],
  )
  return rows.map(({ name }) => name)
}

/** A digest of every table of those subgraphs, but of those beside. */
export async function digestOf(
  owner: Owner,
  schemas: readonly string[],
  beside: readonly string[] = [],
): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const name of await tablesOf(owner, schemas)) {
    if (beside.includes(name)) continue
    const { rows } = await owner.query(
      `select md5(string_agg(t::text, '' order by t::text)) as digest from ${name} t`,
    )
    found[name] = rows[0].digest
  }
  return found
}
