import { sql } from 'kysely'
import type { Db, Trx } from '#kit/database.ts'
import type { Tables } from '../tables.ts'
import { rejudge } from './risk.ts'

export type Epss = { cveId: string; epss: number; percentile: number | null }
export type Kev = {
  cveId: string
  dateAdded: string
  dueDate: string | null
  ransomware: boolean
  notes: string | null
}
/** The day that a model spoke of, and which model. */
export type Edition = { date: string | null; model: string | null }

/** Keeps likelihoods, as the owner of the database. What is as it was is not written. Answers how many were. */
export async function keepEpss(
  db: Db<Tables>,
  rows: readonly Epss[],
  { date, model }: Edition,
): Promise<number> {
  const { numAffectedRows } = await sql`
    insert into vulns.vuln_intel as i (cve_id, epss, epss_percentile, epss_date, epss_model)
    select given."cveId", given.epss, given.percentile, ${date}::date, ${model}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as given ("cveId" text, epss double precision, percentile double precision)
    order by 1
    on conflict (cve_id) do update set epss = excluded.epss, epss_percentile = excluded.epss_percentile,
      epss_date = excluded.epss_date, epss_model = excluded.epss_model, updated_at = now()
    where (i.epss, i.epss_percentile, i.epss_date, i.epss_model) is distinct from
      (excluded.epss, excluded.epss_percentile, excluded.epss_date, excluded.epss_model)`.execute(db)
  return Number(numAffectedRows ?? 0)
}

/**
 * Keeps what one asserter says is exploited, as the owner of the database; what it no longer lists is withdrawn.
 * Answers the weaknesses that are listed otherwise than before.
 */
export const keepKev = (db: Db<Tables>, asserter: string, rows: readonly Kev[]): Promise<string[]> =>
  db.transaction().execute(async (trx) => {
    await sql`
      insert into vulns.kev_assertions as k (cve_id, asserter, date_added, due_date, ransomware, notes)
      select "cveId", ${asserter}, "dateAdded", "dueDate", ransomware, notes
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given
        ("cveId" text, "dateAdded" date, "dueDate" date, ransomware boolean, notes text)
      on conflict (cve_id, asserter) do update set date_added = excluded.date_added,
        due_date = excluded.due_date, ransomware = excluded.ransomware, notes = excluded.notes,
        withdrawn_at = null, updated_at = now()`.execute(trx)
    await sql`update vulns.kev_assertions set withdrawn_at = now()
      where asserter = ${asserter} and withdrawn_at is null
        and cve_id <> all(${rows.map(({ cveId }) => cveId)}::text[])`.execute(trx)
    return summarize(trx)
  })

/** Of several who list a weakness, the first to do so and the first day that is named. */
async function summarize(trx: Trx<Tables>): Promise<string[]> {
  const { rows } = await sql<{ cveId: string }>`
    insert into vulns.vuln_intel as i (cve_id, kev_listed, kev_added, kev_due, ransomware)
    select cve_id, bool_or(withdrawn_at is null), min(date_added) filter (where withdrawn_at is null),
      min(due_date) filter (where withdrawn_at is null),
      coalesce(bool_or(ransomware) filter (where withdrawn_at is null), false)
    from vulns.kev_assertions group by cve_id
    on conflict (cve_id) do update set kev_listed = excluded.kev_listed, kev_added = excluded.kev_added,
      kev_due = excluded.kev_due, ransomware = excluded.ransomware, updated_at = now()
    where (i.kev_listed, i.kev_added, i.kev_due, i.ransomware) is distinct from
      (excluded.kev_listed, excluded.kev_added, excluded.kev_due, excluded.ransomware)
    returning cve_id`.execute(trx)
  return rows.map(({ cveId }) => cveId)
}

/** The organizations that have findings of these weaknesses; for the owner of the database alone. */
export const organizationsWith = async (db: Db<Tables>, cveIds: readonly string[]): Promise<string[]> => {
  const { rows } = await sql<{ id: string }>`
    select id from vulns.organizations_with(${cveIds}::text[]) as found (id)`.execute(db)
  return rows.map(({ id }) => id)
}

/** Judges an organization's findings of these weaknesses, and has their assets told at the next occasion. */
export const bring = (trx: Trx<Tables>, cveIds: readonly string[], at: Date): Promise<number> =>
  rejudge(trx, { cveIds }, at)

/** Remembers that a list was loaded: what it does not name is then known not to be on it. */
export const remember = async (db: Db<Tables>, source: string, rows: number): Promise<void> => {
  await sql`insert into vulns.intel_loads (source, rows) values (${source}, ${rows})
    on conflict (source) do update set rows = excluded.rows, loaded_at = now()`.execute(db)
}
export const kevSource = 'kev'

type Known = Partial<Omit<Tables['vulnIntel'], 'cveId' | 'updatedAt'>>
export type Intel = Known & { cveId: string; assertions: Tables['kevAssertions'][]; kevKnown: boolean }

/** What the world knows of weaknesses, by their CVE ids; what nobody ever loaded is not known. */
export async function of(db: Db<Tables>, cveIds: readonly string[]): Promise<Map<string, Intel>> {
  const known = await db.selectFrom('vulnIntel').selectAll().where('cveId', 'in', cveIds).execute()
  const said = await db
    .selectFrom('kevAssertions')
    .selectAll()
    .where('cveId', 'in', cveIds)
    .where('withdrawnAt', 'is', null)
    .orderBy('asserter')
    .execute()
  const loaded = await db.selectFrom('intelLoads').select('source').where('source', '=', kevSource).execute()
  const byCve = Map.groupBy(said, ({ cveId }) => cveId)
  const rows = new Map(known.map((row) => [row.cveId, row]))
  return new Map(
    cveIds.map((cveId) => [
      cveId,
      { ...rows.get(cveId), cveId, assertions: byCve.get(cveId) ?? [], kevKnown: loaded.length > 0 },
    ]),
  )
}
