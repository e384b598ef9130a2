/** Many assets at once, each by the rules that hold for one. */
import { sql } from 'kysely'
import { imagesOf } from '#kit/bulk/batch.ts'
import type { Bulk, Judged, Who } from '#kit/bulk/definition.ts'
import { isSame, writeRows } from '#kit/bulk/write.ts'
import type { Trx } from '#kit/database.ts'
import { tagOf } from '#kit/tag.ts'
import { allowed } from '#kit/viewer.ts'
import { changesRisk, mostTags } from '../rules.ts'
import type { AssetRow, Tables } from '../tables.ts'
import { staleBefore } from './asset.ts'
import { moving } from './moving.ts'
import { mayChangeGroups, maySelect } from './selection.ts'
import * as tags from './tag.ts'

type Cared = 'environment' | 'criticality' | 'exposure' | 'dataClassification'
/** What is left out stays, and null is nothing. */
export type Patch = { [Name in Cared]?: AssetRow[Name] | null | undefined } & {
  ownerUserId?: string | null | undefined
  ownerTeamId?: string | null | undefined
  addTags?: readonly string[] | null | undefined
  removeTags?: readonly string[] | null | undefined
  /** Active: it is not gone after all. */
  lifecycle?: AssetRow['lifecycle'] | null | undefined
}

const cared = ['environment', 'criticality', 'exposure', 'dataClassification'] as const
const owners = ['ownerUserId', 'ownerTeamId'] as const
const written = [...cared, ...owners, 'lifecycle', 'retiredAt'] as const
const columns = [...written, 'tags'] as const

type Asset = Pick<AssetRow, 'id' | 'organizationId' | 'version' | 'mergedInto' | (typeof written)[number]> & {
  assetId: string
  tags: string[]
  /** As they are in the database. */
  knownTags: string[]
}

async function lock(trx: Trx<Tables>, ids: readonly string[]): Promise<Asset[]> {
  if (ids.length === 0) return []
  const rows = await trx
    .selectFrom('assets')
    .select(['id', 'organizationId', 'version', 'mergedInto', ...written])
    .where('id', 'in', ids)
    .orderBy('id')
    .forUpdate()
    .execute()
  const known = await tags.ofAssets(trx, ids)
  return rows.map((row) => {
    const own = known.get(row.id) ?? []
    return { ...row, assetId: row.id, tags: own, knownTags: own }
  })
}

const normal = (texts: readonly string[] | null | undefined) =>
  (texts ?? []).flatMap((text) => tagOf(text) ?? [])
const illegal = (message: string) => ({ refusal: { code: 'ILLEGAL_TRANSITION' as const, message } })

/** What becomes of an asset. */
export function judgePatch(row: Asset, patch: Patch, { at }: Who): Judged<Asset> {
  if (row.mergedInto) return illegal('What an asset is merged into answers for it: change that one')
  const after: Asset = { ...row }
  for (const name of cared)
    if (patch[name] !== undefined) Object.assign(after, { [name]: patch[name] ?? 'unknown' })
  for (const name of owners) if (patch[name] !== undefined) after[name] = patch[name] ?? null
  if (patch.lifecycle && patch.lifecycle !== row.lifecycle) {
    after.lifecycle = patch.lifecycle
    after.retiredAt = patch.lifecycle === 'retired' ? at : null
  }
  const kept = new Set([...row.tags, ...normal(patch.addTags)])
  for (const tag of normal(patch.removeTags)) kept.delete(tag)
  after.tags = [...kept].sort()
  if (kept.size > mostTags && kept.size > row.tags.length)
    return { refusal: { code: 'VALIDATION_ERROR', message: `It would have more than ${mostTags} tags` } }
  return isSame(after, row, columns) ? { unchanged: true } : { after }
}

async function write(trx: Trx<Tables>, rows: readonly Asset[], who: Who): Promise<void> {
  await writeRows(trx, 'assets', written, rows, who)
  // Pair by pair: a join over all tags of a table that was never analysed took 39 s for 10,000 assets, and not 5.
  const added = pairsOf(rows, ({ tags, knownTags }) => tags.filter((tag) => !knownTags.includes(tag)))
  if (added.length > 0)
    await sql`insert into asset_tags (organization_id, asset_id, tag, created_at)
      select ${rows[0]!.organizationId}::uuid, id, tag, ${who.at} from ${these(added)}
      on conflict (organization_id, asset_id, tag) do update set removed_at = null, created_at = ${who.at}
      where asset_tags.removed_at is not null`.execute(trx)
  const removed = pairsOf(rows, ({ tags, knownTags }) => knownTags.filter((tag) => !tags.includes(tag)))
  if (removed.length > 0)
    await sql`update asset_tags t set removed_at = ${who.at} from ${these(removed)}
      where t.organization_id = ${rows[0]!.organizationId}::uuid and t.asset_id = given.id and t.tag = given.tag
        and t.removed_at is null`.execute(trx)
}

type Pair = readonly [id: string, tag: string]
const pairsOf = (rows: readonly Asset[], tagsOf: (row: Asset) => string[]): Pair[] =>
  rows.flatMap((row) => tagsOf(row).map((tag) => [row.id, tag] as const))
const these = (pairs: readonly Pair[]) =>
  sql`unnest(${pairs.map(([id]) => id)}::uuid[], ${pairs.map(([, tag]) => tag)}::text[]) as given (id, tag)`

/** The assets that a batch has changed, or set back. */
export const changedBy = async (trx: Trx<Tables>, batchId: string): Promise<string[]> => [
  ...(await imagesOf(trx, batchId)).keys(),
]

export const bulk: Bulk<Tables, Asset, Patch> = {
  type: 'AssetBatch',
  many: 'assets',
  permission: 'assets:write',
  columns,
  lock,
  async assets(trx, ids) {
    if (ids.length === 0) return new Map()
    const { rows } = await sql<{ id: string }>`select id from assets where id = any(${ids}::uuid[])`.execute(
      trx,
    )
    return new Map(rows.map(({ id }) => [id, id]))
  },
  judge: judgePatch,
  write,
  async mayPatch(context, { addTags, removeTags }) {
    const given = [...normal(addTags), ...normal(removeTags)]
    if (given.length === 0) return
    // As with the tags of one asset, for what grants select by them.
    allowed(context.viewer, 'assets:write')
    await maySelect(context, { tags: given, assetGroupIds: [] })
  },
  around: (context, trx, ids, work) => moving(trx, ids, staleBefore(context), mayChangeGroups(context), work),
  async follow(context, trx, { before, after, batchId }) {
    if (after.some((row, index) => changesRisk(before[index]!, row)))
      await context.enqueue(trx, 'rescore-changed-assets', batchId)
  },
}
