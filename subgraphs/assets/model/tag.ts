import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Db, Trx } from '#kit/database.ts'
import { invalid, NexusError, notFound } from '#kit/errors.ts'
import { isId } from '#kit/id.ts'
import { tagOf } from '#kit/tag.ts'
import { sameVersion } from '#kit/version.ts'
import { difference, mostTags } from '../rules.ts'
import type { AssetRow, Tables } from '../tables.ts'

/** The tags of each of these assets, by the alphabet. */
export async function ofAssets(db: Db<Tables>, ids: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await db
    .selectFrom('assetTags')
    .select(['assetId', 'tag'])
    .where('assetId', 'in', ids)
    .where('removedAt', 'is', null)
    .orderBy('tag')
    .execute()
  const byAsset = Map.groupBy(rows, ({ assetId }) => assetId)
  return new Map([...byAsset].map(([id, of]) => [id, of.map(({ tag }) => tag)]))
}

function normal(wanted: readonly string[]): string[] {
  if (wanted.length > mostTags) throw invalid('tags', `At most ${mostTags}`)
  return wanted.map((text) => {
    const tag = tagOf(text)
    if (!tag) throw invalid('tags', 'Must be key:value, of letters, digits and . _ - / @')
    return tag
  })
}

/** Says what may change what is selected; throws FORBIDDEN where the viewer may not. */
export type MayChange = (changed: readonly string[]) => Promise<void>

export type SetTags = {
  assetId: string
  tags: readonly string[]
  expectedVersion?: number | null | undefined
}

/**
 * Gives an asset these tags and no others. Throws NOT_FOUND, CONFLICT, ILLEGAL_TRANSITION and VALIDATION_ERROR.
 * @param mayChange is asked of the tags that come or go
 */
export async function set(
  trx: Trx<Tables>,
  { assetId: id, tags: wanted, expectedVersion }: SetTags,
  mayChange: MayChange,
): Promise<AssetRow> {
  const tags = normal(wanted)
  if (!isId(id)) throw notFound('Asset')
  const locked = trx.selectFrom('assets').selectAll().where('id', '=', id).forUpdate()
  const asset = await locked.executeTakeFirst()
  if (!asset) throw notFound('Asset')
  sameVersion(asset, expectedVersion)
  if (asset.mergedInto)
    throw new NexusError('ILLEGAL_TRANSITION', 'What an asset is merged into answers for it: change that one')
  const before = (await ofAssets(trx, [id])).get(asset.id) ?? []
  const { added, removed } = difference(before, tags)
  if (added.length + removed.length === 0) return asset
  await mayChange([...added, ...removed])
  if (added.length > 0)
    await trx
      .insertInto('assetTags')
      .values(added.map((tag) => ({ organizationId: asset.organizationId, assetId: asset.id, tag })))
      .onConflict((conflict) =>
        conflict
          .columns(['organizationId', 'assetId', 'tag'])
          .doUpdateSet({ removedAt: null, createdAt: sql<Date>`now()` }),
      )
      .execute()
  if (removed.length > 0)
    await trx
      .updateTable('assetTags')
      .set({ removedAt: sql<Date>`now()` })
      .where('assetId', '=', asset.id)
      .where('tag', 'in', removed)
      .execute()
  note({ type: 'Asset', id: asset.id, before: { tags: before }, after: { tags: [...new Set(tags)].sort() } })
  return trx
    .updateTable('assets')
    .set((eb) => ({ updatedAt: sql<Date>`now()`, version: eb('version', '+', 1) }))
    .where('id', '=', asset.id)
    .returningAll()
    .executeTakeFirstOrThrow()
}
