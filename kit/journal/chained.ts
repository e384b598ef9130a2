import { sql, type Transaction } from 'kysely'
import type { PersonalValues } from '../journal.ts'
import type { Keys } from '../tokens.ts'
import type { Chained, Link } from './chain.ts'
import { type Checkpoint, isSigned } from './checkpoint.ts'
import type { Row } from './verify.ts'

// Names of columns are given here, for connections without plugins: renaming them costs as much as the hashing.
export type Trx = Transaction<never>
export type Read = Row & { kept: PersonalValues[] | null }

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

/** The links of an organization in their order, with what they are of, `size` at a time; the next are read ahead. */
export async function* batchesOf(trx: Trx, organization: string, size: number): AsyncGenerator<Read[]> {
  let reading = batchAfter(trx, organization, Number.MIN_SAFE_INTEGER, size)
  for (;;) {
    const batch = await reading
    const isLast = batch.length < size
    if (!isLast) {
      reading = batchAfter(trx, organization, batch.at(-1)!.link.sequence, size)
      // Who reads on is told; who does not need not be.
      reading.catch(() => {})
    }
    yield batch
    if (isLast) return
  }
}

/** At most `size` links that come after a place. */
export async function batchAfter(
  trx: Trx,
  organization: string,
  sequence: number,
  size: number,
): Promise<Read[]> {
  const { rows } = await sql<Flat>`
    select l.sequence, l.entry_id as "entryId", l.previous, l.hash, e.id is not null as "isThere",
      (extract(epoch from e.at) * 1000)::float8 as ms, e.actor_kind as "actorKind", e.actor_id as "actorId",
      e.api_key_id as "apiKeyId", e.service, e.request_id as "requestId", e.operation, e.subgraph, e.outcome, e.code,
      e.subject_type as "subjectType", e.subject_id as "subjectId", e.changes, e.personal
    from (select * from journal.chain where organization_id = ${organization} and sequence > ${sequence}
      order by sequence limit ${size}) l
    left join journal.entries e on e.organization_id = l.organization_id and e.id = l.entry_id
    order by l.sequence`.execute(trx)
  const kept = await keptOf(trx, organization, rows)
  return rows.map((row) => readable(organization, row, kept))
}

type Flat = Link & Omit<Chained, 'id' | 'at' | 'organizationId'> & { isThere: boolean; ms: number }
type Kept = Map<string, PersonalValues[]>

async function keptOf(trx: Trx, organization: string, of: readonly Flat[]): Promise<Kept> {
  const ids = of
    .filter(({ personal }) => personal && Object.keys(personal).length > 0)
    .map(({ entryId }) => entryId)
  if (ids.length === 0) return new Map()
  const { rows } = await sql<PersonalValues & { entryId: string }>`
    select entry_id as "entryId", person, salt, contents from journal.personal
    where organization_id = ${organization} and entry_id = any(${ids}::uuid[])`.execute(trx)
  return Map.groupBy(rows, ({ entryId }) => entryId)
}

// Written out: spreading what is left of a row costs as much as reading it.
function readable(organizationId: string, row: Flat, kept: Kept): Read {
  const { sequence, entryId, previous, hash } = row
  const entry: Chained = {
    actorId: row.actorId,
    actorKind: row.actorKind,
    apiKeyId: row.apiKeyId,
    at: new Date(row.ms),
    changes: row.changes,
    code: row.code,
    id: entryId,
    operation: row.operation,
    organizationId,
    outcome: row.outcome,
    personal: row.personal,
    requestId: row.requestId,
    service: row.service,
    subgraph: row.subgraph,
    subjectId: row.subjectId,
    subjectType: row.subjectType,
  }
  const link = { sequence, entryId, previous, hash }
  return { link, entry: row.isThere ? entry : null, kept: kept.get(entryId) ?? null }
}
