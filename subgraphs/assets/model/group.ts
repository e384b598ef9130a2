import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Db, Trx } from '#kit/database.ts'
import { invalid, NexusError, notFound } from '#kit/errors.ts'
import type { Filter } from '#kit/filter.ts'
import { isId, newId } from '#kit/id.ts'
import type { ListSpec } from '#kit/page.ts'
import { sameVersion } from '#kit/version.ts'
import { difference, largestGroup } from '../rules.ts'
import type { AssetGroupRow, Tables } from '../tables.ts'
import * as assets from './asset.ts'
import * as rules from './rule.ts'
import type { MayChange } from './tag.ts'

export const spec: ListSpec<AssetGroupRow> = {
  table: 'asset_groups',
  filter: { search: { kind: 'search', columns: ['name'] } },
  order: { CREATED_AT: { column: 'createdAt', type: 'time' }, NAME: { column: 'name', type: 'text' } },
  defaultOrder: { field: 'NAME', direction: 'asc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<AssetGroupRow[]> =>
  db.selectFrom('assetGroups').selectAll().where('id', 'in', ids).execute()

/** How many assets each of these groups has. */
export async function sizes(
  db: Db<Tables>,
  ids: readonly string[],
  staleBefore: Date,
): Promise<Map<string, number>> {
  const described = await rules.sizes(db, await rules.ruled(db, ids), staleBefore)
  const rows = await db
    .selectFrom('assetGroupMembers as member')
    .innerJoin('assets', (join) =>
      join
        .onRef('assets.organizationId', '=', 'member.organizationId')
        .onRef('assets.id', '=', 'member.assetId'),
    )
    .select(['member.groupId', sql<number>`count(*)`.as('count')])
    .where('member.groupId', 'in', ids)
    .where('member.removedAt', 'is', null)
    // Its survivor answers for what is merged, as in lists.
    .where('assets.mergedInto', 'is', null)
    .groupBy('member.groupId')
    .execute()
  return new Map([...rows.map(({ groupId, count }) => [groupId, count] as const), ...described])
}

const mostTold = 50
const visible = /^[^\p{Cc}\p{Zl}\p{Zp}]{1,255}$/u

/** Throws CONFLICT for a name that another group has, and VALIDATION_ERROR. */
export async function create(
  trx: Trx<Tables>,
  organizationId: string,
  { name: wanted, rule: filter }: { name: string; rule?: Filter },
): Promise<AssetGroupRow> {
  const rule = filter ? JSON.stringify(rules.ruleOf(filter)) : null
  if (rule) await rules.oneMore(trx)
  const name = wanted.trim()
  if (!visible.test(name)) throw invalid('name', 'Must have 1 to 255 characters, and no control characters')
  const added = await trx
    .insertInto('assetGroups')
    .values({ id: newId(), organizationId, name, rule: rule as never })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst()
  if (!added) throw new NexusError('CONFLICT', 'There is a group of this name already')
  note({ type: 'AssetGroup', id: added.id, before: null, after: added })
  return added
}

const membersOf = async (trx: Trx<Tables>, groupId: string): Promise<string[]> => {
  const rows = trx.selectFrom('assetGroupMembers').select('assetId').where('groupId', '=', groupId)
  return (await rows.where('removedAt', 'is', null).execute()).map(({ assetId }) => assetId)
}

export type SetMembers = {
  id: string
  assetIds: readonly string[]
  expectedVersion?: number | null | undefined
}

/**
 * Puts these assets into a group, and no others. Throws NOT_FOUND for a group or an asset that there is not, CONFLICT,
 * ILLEGAL_TRANSITION for a group with a rule, and VALIDATION_ERROR.
 * @param mayChange is asked of the group, where anything comes or goes
 */
export async function setMembers(
  trx: Trx<Tables>,
  { id, assetIds: wanted, expectedVersion }: SetMembers,
  mayChange: MayChange,
): Promise<AssetGroupRow> {
  if (wanted.length > largestGroup) throw invalid('assetIds', `At most ${largestGroup}`)
  if (!isId(id)) throw notFound('Asset group')
  const locked = trx.selectFrom('assetGroups').selectAll().where('id', '=', id).forUpdate()
  const group = await locked.executeTakeFirst()
  if (!group) throw notFound('Asset group')
  sameVersion(group, expectedVersion)
  if (group.rule)
    throw new NexusError(
      'ILLEGAL_TRANSITION',
      'This group has what its rule describes, and nothing is put into it',
    )
  const ids = [...new Set(wanted.map((each) => each.toLowerCase()))]
  const there = ids.every(isId) && ids.length > 0 ? await assets.find(trx, ids) : []
  if (there.length !== ids.length) throw notFound('Asset')
  const { added, removed } = difference(await membersOf(trx, group.id), ids)
  if (added.length + removed.length === 0) return group
  await mayChange([group.id])
  // Of many, the first: one row of the journal holds no more.
  const told = (ids: string[]) => ({ count: ids.length, assetIds: ids.slice(0, mostTold) })
  note({
    type: 'AssetGroup',
    id: group.id,
    before: { removed: told(removed) },
    after: { added: told(added) },
  })
  const { organizationId } = group
  if (added.length > 0)
    await sql`insert into asset_group_members (organization_id, group_id, asset_id)
      select ${organizationId}, ${group.id}, unnest(${added}::uuid[])
      on conflict (organization_id, group_id, asset_id) do update set removed_at = null, created_at = now()`.execute(
      trx,
    )
  if (removed.length > 0)
    await sql`update asset_group_members set removed_at = now()
      where group_id = ${group.id} and asset_id = any(${removed}::uuid[])`.execute(trx)
  return trx
    .updateTable('assetGroups')
    .set((eb) => ({ updatedAt: sql<Date>`now()`, version: eb('version', '+', 1) }))
    .where('id', '=', group.id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

export type Selected = {
  assetIds: readonly string[]
  tags: readonly string[]
  assetGroupIds: readonly string[]
}

/** Those of some assets that have one of the tags or are in one of the groups. */
export async function covered(
  trx: Trx<Tables>,
  { assetIds, tags, assetGroupIds }: Selected,
  staleBefore: Date,
): Promise<string[]> {
  const ruled = rules.inAny(await rules.ruled(trx, assetGroupIds), staleBefore)
  const [ids, groups] = [assetIds.filter(isId), assetGroupIds.filter(isId)]
  const { rows } = await sql<{ id: string }>`
    select a.id from assets a where a.id = any(${ids}::uuid[]) and (
      exists (select from asset_tags t where t.organization_id = a.organization_id and t.asset_id = a.id
        and t.tag = any(${tags}::text[]) and t.removed_at is null)
      or exists (select from asset_group_members m where m.organization_id = a.organization_id
        and m.asset_id = a.id and m.group_id = any(${groups}::uuid[]) and m.removed_at is null)
      or a.id in (select id from assets where id = any(${ids}::uuid[]) and ${ruled ?? sql`false`}))`.execute(
    trx,
  )
  return rows.map(({ id }) => id)
}
