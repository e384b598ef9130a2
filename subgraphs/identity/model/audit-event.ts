import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import type { ActorKind, Outcome } from '#kit/journal.ts'
import type { ListSpec } from '#kit/page.ts'
import type { Tables } from '../tables.ts'

export type AuditEventRow = {
  id: string
  at: Date
  actorKind: ActorKind
  actorId: string | null
  apiKeyId: string | null
  service: string
  requestId: string
  operation: string
  subgraph: string
  outcome: Outcome
  code: string | null
  subjectType: string | null
  subjectId: string | null
  changes: unknown[]
}

export const spec: ListSpec<AuditEventRow> = {
  table: 'journal.entries',
  filter: {
    actorId: { kind: 'id', column: 'actorId' },
    apiKeyId: { kind: 'id', column: 'apiKeyId' },
    operation: { kind: 'string', column: 'operation' },
    outcome: { kind: 'enum', column: 'outcome' },
    subjectType: { kind: 'string', column: 'subjectType' },
    subjectId: { kind: 'string', column: 'subjectId' },
    requestId: { kind: 'string', column: 'requestId' },
    at: { kind: 'time', column: 'at' },
  },
  order: { AT: { column: 'at', type: 'time' } },
  defaultOrder: { field: 'AT', direction: 'desc' },
}

export const find = async (trx: Trx<Tables>, ids: readonly string[]): Promise<AuditEventRow[]> =>
  (await sql<AuditEventRow>`select * from journal.entries where id = any(${ids}::uuid[])`.execute(trx)).rows

type Kept = { entryId: string; person: string; contents: string }

/** The personal values of entries, by whom they are about; those that were erased are not there. */
export async function personal(
  trx: Trx<Tables>,
  ids: readonly string[],
): Promise<Map<string, Map<string, unknown[]>>> {
  const { rows } = await sql<Kept>`
    select entry_id, person, contents from journal.personal where entry_id = any(${ids}::uuid[])`.execute(trx)
  const byEntry = Map.groupBy(rows, ({ entryId }) => entryId)
  const read = (kept: Kept[]) => new Map(kept.map((each) => [each.person, JSON.parse(each.contents)]))
  return new Map([...byEntry].map(([id, kept]) => [id, read(kept)]))
}

export type Place = { id: string; sequence: number; hash: string }

/** Where entries stand in the chain; the newest of them not yet. */
export async function places(trx: Trx<Tables>, ids: readonly string[]): Promise<Map<string, Place>> {
  const { rows } = await sql<Place>`
    select entry_id as id, sequence, hash from journal.chain where entry_id = any(${ids}::uuid[])`.execute(
    trx,
  )
  return new Map(rows.map((row) => [row.id, row]))
}
