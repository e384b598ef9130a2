/** Findings as a batch meets them: by what tells them apart, or as one with what another name tells. */
import { type RawBuilder, sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import { type Apart, hasApart, isCve, namesOf } from '../rules-alias.ts'
import type { Known, Tables } from '../tables.ts'
import { apartFrom, hasSplits, namesKnown } from './alias.ts'
import type { Row, Run } from './observation.ts'

type Found = Known & { fingerprint: string; ownFingerprint: string; mergedInto: string | null }
type Names = ReadonlyMap<string, readonly string[]>
const none: Apart = new Map()

/** In one order for everybody who locks several. */
const seeing = (run: Run, of: RawBuilder<unknown>, isLocking: boolean) => sql<Found>`
  select v.id, told.fingerprint, v.fingerprint as own_fingerprint, v.status, v.presence, v.merged_into, s.content_hash, s.run_id,
    s.withdrawn_at is not null as is_withdrawn
  from ${of}
  left join vulnerability_sources s on s.vulnerability_id = v.id and s.scope = ${run.scope}
  order by v.id ${isLocking ? sql`for update of v` : sql``}`

async function byFingerprint(trx: Trx<Tables>, run: Run, rows: readonly Row[], isLocking: boolean) {
  const of = sql`(select fingerprint from unnest(${rows.map((row) => row.fingerprint)}::text[])
    as given (fingerprint)) as told join vulnerabilities v on v.fingerprint = told.fingerprint`
  const { rows: found } = await seeing(run, of, isLocking).execute(trx)
  const merged = found.filter(({ mergedInto }) => mergedInto !== null)
  if (merged.length === 0) return found
  const survivors = sql`unnest(${merged.map(({ fingerprint }) => fingerprint)}::text[],
    ${merged.map(({ mergedInto }) => mergedInto)}::uuid[]) as told (fingerprint, id)
    join vulnerabilities v on v.id = told.id`
  const { rows: instead } = await seeing(run, survivors, isLocking).execute(trx)
  return [...found.filter(({ mergedInto }) => mergedInto === null), ...instead]
}

/** What is said to be one with a row, unless that is not believed: then only what is known of its own name. */
function alike(row: Row, names: Names, apart: Apart): Set<string> {
  const own = namesOf(row)
  const all = new Set(own.flatMap((name) => names.get(name) ?? [name]))
  return hasApart(all, apart) ? new Set(names.get(row.weakness!) ?? []) : all
}

/** Findings of the same thing in the same place by another name of the same weakness. */
async function byName(
  trx: Trx<Tables>,
  run: Run,
  rows: readonly Row[],
  names: Names,
  apart: Apart,
  isLocking: boolean,
): Promise<Found[]> {
  const asked = rows.flatMap((row) =>
    [...alike(row, names, apart)]
      .filter((name) => name !== row.weakness)
      .map((name) => [row.fingerprint, name, row.componentKey] as const),
  )
  if (asked.length === 0) return []
  const of = sql`unnest(${asked.map(([fingerprint]) => fingerprint)}::text[],
    ${asked.map(([, name]) => name)}::text[], ${asked.map(([, , key]) => key)}::text[])
    as told (fingerprint, weakness, component_key)
    join vulnerabilities v on v.weakness = told.weakness and v.component_key = told.component_key
      and v.merged_into is null`
  const { rows: found } = await seeing(run, of, isLocking).execute(trx)
  return found
}

/** What is told by a name of no CVE has the CVE that it is known to be, and nothing that it is known not to be. */
function complete(row: Row, names: Names, apart: Apart): void {
  if (apart.size > 0 && row.weakness) {
    const own = names.get(row.weakness) ?? [row.weakness]
    const isOther = (name: string) => own.some((each) => apart.get(each)?.has(name.toUpperCase()))
    row.aliases = row.aliases.filter((name) => !isOther(name))
    if (row.cveId && isOther(row.cveId)) row.cveId = null
  }
  const cve = row.weakness && !row.cveId ? names.get(row.weakness)?.find(isCve) : undefined
  if (!cve) return
  row.cveId = cve
  row.aliases = [...new Set([cve, ...row.aliases])]
}

/**
 * Which findings rows are of, by the fingerprints of the rows, and the rows without those that are of a finding of an
 * earlier one.
 */
export async function meet(
  trx: Trx<Tables>,
  run: Run,
  rows: readonly Row[],
  isLocking = true,
): Promise<{ once: Row[]; known: ReadonlyMap<string, Found> }> {
  const known = new Map<string, Found>()
  const keep = (found: readonly Found[]) => {
    for (const each of found) if (!known.has(each.fingerprint)) known.set(each.fingerprint, each)
  }
  keep(await byFingerprint(trx, run, rows, isLocking))
  const placed = rows.filter(({ componentKey }) => componentKey !== null)
  const unknown = placed.filter(({ fingerprint }) => !known.has(fingerprint))
  const isParted = await hasSplits(trx)
  const named = isParted ? placed : [...unknown, ...placed.filter(({ cveId }) => !cveId)]
  const asked = new Set(named.flatMap(namesOf))
  const names = await namesKnown(trx, [...asked])
  const apart = isParted ? await apartFrom(trx, [...asked, ...names.keys()]) : none
  keep(await byName(trx, run, unknown, names, apart, isLocking))
  const first = new Map<string, Row>()
  for (const row of rows) {
    complete(row, names, apart)
    const id = known.get(row.fingerprint)?.id
    const [name = row.weakness] = (row.weakness && names.get(row.weakness)) || []
    const what = id ?? (row.componentKey ? `${name} ${row.componentKey}` : row.fingerprint)
    const same = first.get(what)
    if (!same) first.set(what, row)
    else row.id = same.id
  }
  return { once: [...first.values()], known }
}
