/** Fills tenants with as many rows as large organizations have, for measuring. The same rows each time. */
import pg from 'pg'
import { insertOf, type Kind } from './rows.ts'

export type Size = Readonly<Record<Kind, number>>
export const large: Size = { assets: 100_000, vulnerabilities: 1_000_000, alerts: 1_000_000 }
export const small: Size = { assets: 1_000, vulnerabilities: 10_000, alerts: 10_000 }

const step = 100_000

/** Built once over all rows, an index costs a fraction of what it costs row by row. Answers how they are made again. */
async function dropIndexes(owner: pg.Client): Promise<string[]> {
  const { rows } = await owner.query<{ name: string; made: string }>(`
    select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as made from pg_index i
    left join pg_constraint c on c.conindid = i.indexrelid
    where i.indrelid = any ('{assets.assets,vulns.vulnerabilities,vulns.finding_texts,alerts.alerts}'::regclass[])
      and c.oid is null`)
  for (const { name } of rows) await owner.query(`drop index ${name}`)
  return rows.map(({ made }) => made)
}

/** What a trigger does otherwise: these titles do not have their CVE. */
const keepTexts = `insert into vulns.finding_texts (organization_id, id, text)
  select distinct on (organization_id, id) organization_id, id, text from (
    select organization_id, md5(title || e'\\n' || cve_id)::uuid as id, title || e'\\n' || cve_id as text
    from vulns.vulnerabilities where cve_id is not null) as told
  where not exists (select from vulns.finding_texts t
    where t.organization_id = told.organization_id and t.id = told.id)`

/** @param url the database as its owner */
export async function seedScale(
  url: string,
  tenants: readonly { organizationId: string; size: Size }[],
  say: (line: string) => void = () => {},
): Promise<void> {
  const owner = new pg.Client({ connectionString: url })
  await owner.connect()
  try {
    // Histories and other consequences of a row are not what is measured.
    await owner.query('set session_replication_role = replica')
    await owner.query(`set maintenance_work_mem = '256MB'`)
    const indexes = await dropIndexes(owner)
    for (const { organizationId, size } of tenants)
      for (const kind of ['assets', 'vulnerabilities', 'alerts'] as const) {
        const from = performance.now()
        for (let first = 1; first <= size[kind]; first += step) {
          const last = Math.min(first + step - 1, size[kind])
          await owner.query(insertOf(kind, size.assets), [organizationId, first, last])
        }
        say(`${size[kind]} ${kind} in ${((performance.now() - from) / 1_000).toFixed(1)} s`)
      }
    const from = performance.now()
    await owner.query(keepTexts)
    for (const index of indexes) await owner.query(index)
    await owner.query(
      'vacuum analyze assets.assets, vulns.vulnerabilities, vulns.finding_texts, alerts.alerts',
    )
    say(`${indexes.length} indexes in ${((performance.now() - from) / 1_000).toFixed(1)} s`)
  } finally {
    await owner.end()
  }
}
