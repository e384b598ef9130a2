import { sql, type Transaction } from 'kysely'
import type { PersonalValues } from '../journal.ts'
import type { Keys } from '../tokens.ts'
import type { Chained, Link } from './chain.ts'
import { type Checkpoint, isSigned } from './checkpoint.ts'

// Names of columns are given here, for connections without plugins: renaming them costs as much as the hashing.
export type Trx = Transaction<never>
export type Read = Link & { entry: Chained | null; kept: PersonalValues[] | null }

export type Anchor = { anchor: Checkpoint; isTrusted: boolean }

/** The newest anchor of each organization, or of one, and whether a key that is known has signed it. */
export async function anchorsOf(trx: Trx, keys: Keys, organization?: string): Promise<Map<string, Anchor>> {
  const { rows } = await sql<Omit<Checkpoint, 'kind'>>`
    select organization_id as organization, sequence, hash, at, key, signature from journal.anchors a
    where (${organization ?? null}::uuid is null or organization_id = ${organization ?? null})
      and sequence = (select max(sequence) from journal.anchors b where b.organization_id = a.organization_id)`.execute(
    trx,
  )
  const anchors = rows.map((row): Checkpoint => ({ kind: 'anchor', ...row }))
  const newest = [...Map.groupBy(anchors, (each) => each.organization)].map(([id, all]): [string, Anchor] => {
    const trusted = all.filter((each) => isSigned(keys, each) === true)
    // One that a new key has signed again stands beside the one of the old key.
    const anchor = trusted.find(({ key }) => key === keys.journal.id) ?? trusted[0] ?? all[0]!
    return [id, { anchor, isTrusted: trusted.length > 0 }]
  })
  return new Map(newest)
}

/** The organizations that have a chain, by as many looks into its index. */
export async function chained(trx: Trx): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with recursive each(id) as (
      (select organization_id from journal.chain order by organization_id limit 1)
      union all
      select (select organization_id from journal.chain where organization_id > each.id
        order by organization_id limit 1) from each where each.id is not null
    ) select id from each where id is not null`.execute(trx)
  return rows.map(({ id }) => id)
}

/** The links of an organization in their order, with what they are of, `batch` at a time. */
export async function* rowsOf(trx: Trx, organization: string, batch: number): AsyncGenerator<Read> {
  let last = Number.MIN_SAFE_INTEGER
  for (;;) {
    const { rows } = await sql<Flat>`
      select l.sequence, l.entry_id as "entryId", l.previous, l.hash, e.id, e.organization_id as "organizationId", e.at,
        e.actor_kind as "actorKind", e.actor_id as "actorId", e.api_key_id as "apiKeyId", e.service,
        e.request_id as "requestId", e.operation, e.subgraph, e.outcome, e.code, e.subject_type as "subjectType",
        e.subject_id as "subjectId", e.changes, e.personal
      from (select * from journal.chain where organization_id = ${organization} and sequence > ${last}
        order by sequence limit ${batch}) l
      left join journal.entries e on e.organization_id = l.organization_id and e.id = l.entry_id
      order by l.sequence`.execute(trx)
    const kept = await keptOf(trx, organization, rows)
    for (const row of rows) yield readable(row, kept)
    if (rows.length < batch) return
    last = rows.at(-1)!.sequence
  }
}

type Flat = Link & Omit<Chained, 'id'> & { id: string | null }
type Kept = Map<string, PersonalValues[]>

async function keptOf(trx: Trx, organization: string, of: readonly Flat[]): Promise<Kept> {
  const ids = of
    .filter(({ personal }) => personal && Object.keys(personal).length > 0)
    .map(({ entryId }) => entryId)
  const { rows } = await sql<PersonalValues & { entryId: string }>`
    select entry_id as "entryId", person, salt, contents from journal.personal
    where organization_id = ${organization} and entry_id = any(${ids}::uuid[])`.execute(trx)
  return Map.groupBy(rows, ({ entryId }) => entryId)
}

const readable = ({ sequence, entryId, previous, hash, ...entry }: Flat, kept: Kept): Read => ({
  ...{ sequence, entryId, previous, hash, kept: kept.get(entryId) ?? null },
  entry: entry.id === null ? null : (entry as Chained),
})
