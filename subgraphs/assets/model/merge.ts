import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Db, Trx } from '#kit/database.ts'
import { invalid, NexusError, notFound } from '#kit/errors.ts'
import { isId, newId } from '#kit/id.ts'
import { sameVersion } from '#kit/version.ts'
import { mostMerged } from '../rules.ts'
import type { AssetMergeRow, AssetRow, MergeReason, Tables } from '../tables.ts'

export type Merged = {
  organizationId: string
  survivorId: string
  ids: readonly string[]
  reason: MergeReason
  /** Who says so; null for what identifiers tell. */
  by: string | null
  expectedVersion?: number | null | undefined
}
type Selects = { tags: string[]; assetGroupIds: string[] }
/** Asks who merges whether they may give what the grants over these assets give. */
export type MayJoin = (selected: Selects) => Promise<void>
export type Joining = {
  at: Date
  mayJoin: MayJoin | null
  /** Has what hangs on the assets follow, in this transaction. */
  follow(trx: Trx<Tables>, merge: AssetMergeRow): Promise<unknown>
}

const lockedAll = (trx: Trx<Tables>, ids: readonly string[]): Promise<AssetRow[]> =>
  trx.selectFrom('assets').selectAll().where('id', 'in', ids).orderBy('id').forUpdate().execute()

/** What grants may select these assets by. */
async function selectors(trx: Trx<Tables>, ids: readonly string[]): Promise<Selects> {
  const tags = trx.selectFrom('assetTags').select('tag').distinct()
  const groups = trx.selectFrom('assetGroupMembers').select('groupId').distinct()
  const [tagged, grouped] = [
    await tags.where('assetId', 'in', ids).where('removedAt', 'is', null).execute(),
    await groups.where('assetId', 'in', ids).where('removedAt', 'is', null).execute(),
  ]
  return { tags: tagged.map(({ tag }) => tag), assetGroupIds: grouped.map(({ groupId }) => groupId) }
}

/**
 * Makes assets one: the survivor answers for all, and the others keep what they are and have, so that they can be taken
 * apart again. Throws NOT_FOUND, CONFLICT, VALIDATION_ERROR, ILLEGAL_TRANSITION and what `mayJoin` throws.
 */
export async function merge(
  trx: Trx<Tables>,
  { organizationId, survivorId, ids: given, reason, by, expectedVersion }: Merged,
  { at, mayJoin, follow }: Joining,
): Promise<AssetRow> {
  const ids = [...new Set(given.map((id) => id.toLowerCase()))]
  if (ids.length === 0 || ids.length > mostMerged) throw invalid('mergeIds', `Must be 1 to ${mostMerged}`)
  if (![survivorId, ...ids].every(isId)) throw notFound('Asset')
  const survivor = survivorId.toLowerCase()
  const wanted = new Set([survivor, ...ids])
  const all = new Map((await lockedAll(trx, [...wanted])).map((row) => [row.id, row]))
  if (all.size !== wanted.size) throw notFound('Asset')
  if (ids.includes(survivor)) throw invalid('mergeIds', 'An asset is not merged into itself')
  sameVersion(all.get(survivor)!, expectedVersion)
  if ([...all.values()].some(({ mergedInto }) => mergedInto))
    throw new NexusError('ILLEGAL_TRANSITION', 'An asset that is merged cannot be merged again')
  await mayJoin?.(await selectors(trx, [survivor, ...ids]))
  for (const id of ids) {
    const after = await trx
      .updateTable('assets')
      .set((eb) => ({
        ...{ mergedInto: survivor, survivorId: survivor, mergedAt: at, updatedAt: at },
        version: eb('version', '+', 1),
      }))
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    note({ type: 'Asset', id, before: all.get(id)!, after })
    await trx.updateTable('assets').set({ survivorId: survivor }).where('survivorId', '=', id).execute()
    const row = await trx
      .insertInto('assetMerges')
      .values({
        organizationId,
        id: newId(),
        survivorId: survivor,
        mergedId: id,
        reason,
        mergedBy: by,
        mergedAt: at,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    await follow(trx, row)
  }
  return raised(trx, all.get(survivor)!, at)
}

/** The same of those that are not merged yet, for what is found out more than once. */
export async function mergeStill(trx: Trx<Tables>, merged: Merged, joining: Joining): Promise<void> {
  const rows = await lockedAll(trx, [merged.survivorId, ...merged.ids])
  const open = rows.filter(({ mergedInto }) => mergedInto === null).map(({ id }) => id)
  const ids = open.filter((id) => id !== merged.survivorId).slice(0, mostMerged)
  if (open.includes(merged.survivorId) && ids.length > 0) await merge(trx, { ...merged, ids }, joining)
}

async function raised(trx: Trx<Tables>, before: AssetRow, at: Date): Promise<AssetRow> {
  const after = await trx
    .updateTable('assets')
    .set((eb) => ({ updatedAt: at, version: eb('version', '+', 1) }))
    .where('id', '=', before.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'Asset', id: before.id, before, after })
  return after
}

export type Split = { id: string; by: string; expectedVersion?: number | null | undefined }

/**
 * Takes an asset out of the one that it was merged into, with those that were merged into it before. Throws NOT_FOUND,
 * CONFLICT, ILLEGAL_TRANSITION and what `mayJoin` throws.
 */
export async function split(
  trx: Trx<Tables>,
  { id, by, expectedVersion }: Split,
  { at, mayJoin, follow }: Joining,
): Promise<AssetRow> {
  if (!isId(id)) throw notFound('Asset')
  const [seen] = await trx.selectFrom('assets').selectAll().where('id', '=', id).execute()
  if (!seen) throw notFound('Asset')
  if (!seen.mergedInto)
    throw new NexusError('ILLEGAL_TRANSITION', 'Only an asset that is merged can be split off')
  const survivor = seen.survivorId!
  const rows = new Map((await lockedAll(trx, [survivor, seen.id])).map((row) => [row.id, row]))
  const own = rows.get(seen.id)!
  if (own.survivorId !== survivor) throw new NexusError('CONFLICT', 'It has changed meanwhile; read it again')
  sameVersion(own, expectedVersion)
  await mayJoin?.(await selectors(trx, [...rows.keys()]))
  const after = await trx
    .updateTable('assets')
    .set((eb) => ({
      ...{ mergedInto: null, survivorId: null, mergedAt: null, updatedAt: at },
      version: eb('version', '+', 1),
    }))
    .where('id', '=', own.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'Asset', id: own.id, before: own, after })
  await sql`
    with recursive under as (
      select organization_id, id from assets where merged_into = ${own.id}::uuid
      union select a.organization_id, a.id from assets a
        join under u on a.organization_id = u.organization_id and a.merged_into = u.id
    )
    update assets a set survivor_id = ${own.id}::uuid from under u
    where a.organization_id = u.organization_id and a.id = u.id`.execute(trx)
  const row = await trx
    .updateTable('assetMerges')
    .set({ splitBy: by, splitAt: at })
    .where('mergedId', '=', own.id)
    .where('splitAt', 'is', null)
    .returningAll()
    .executeTakeFirstOrThrow()
  await follow(trx, row)
  await raised(trx, rows.get(survivor)!, at)
  return after
}

/** What these assets were merged into, all that stand for the same one: their own ids first. */
export async function members(db: Db<Tables>, ids: readonly string[]): Promise<Map<string, AssetRow[]>> {
  const rows = await db
    .selectFrom('assets')
    .selectAll()
    .where('survivorId', 'in', ids)
    .orderBy('id')
    .execute()
  return Map.groupBy(rows, ({ survivorId }) => survivorId!)
}
