import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import { isId } from '#kit/id.ts'
import type { ScimUserRow, Tables, UserRow } from '../tables.ts'
import { equalTo, fits, readFilter } from './scim-filter.ts'
import { memberships } from './scim-group-list.ts'
import { mostShown, type ScimPage, type ScimQuestion } from './scim-page.ts'
import { scimRefusal } from './scim-refusal.ts'
import { type Resource, resourceOfUser } from './scim-resource.ts'

/** How many may be looked through for a filter that no index answers. */
const mostScanned = 10_000

export type Provisioned = { user: UserRow; scim: ScimUserRow | undefined }

/** Everybody whom SCIM shows: all members but those whom the provider has removed, or somebody has erased. */
const everybody = (trx: Trx<Tables>) =>
  trx
    .selectFrom('users')
    .leftJoin('scimUsers', (join) =>
      join
        .onRef('scimUsers.organizationId', '=', 'users.organizationId')
        .onRef('scimUsers.userId', '=', 'users.id'),
    )
    .where('scimUsers.removedAt', 'is', null)
    .where('users.erasedAt', 'is', null)

/** Those of these ids whom SCIM shows, in the order of their joining. */
async function load(trx: Trx<Tables>, ids: readonly string[]): Promise<Provisioned[]> {
  if (ids.length === 0) return []
  const rows = await trx
    .selectFrom('users')
    .selectAll()
    .where('id', 'in', ids)
    .orderBy('createdAt')
    .orderBy('id')
    .execute()
  const scim = await trx.selectFrom('scimUsers').selectAll().where('userId', 'in', ids).execute()
  const byUser = new Map(scim.map((each) => [each.userId, each]))
  return rows.map((user) => ({ user, scim: byUser.get(user.id) }))
}

async function resourcesOf(
  trx: Trx<Tables>,
  found: readonly Provisioned[],
  baseUrl: string,
): Promise<Resource[]> {
  if (found.length === 0) return []
  const ids = found.map(({ user }) => user.id)
  const rows = await memberships(trx)
    .select(['userId', 'scimGroups.id', 'scimGroups.displayName'])
    .where('userId', 'in', ids)
    .orderBy('scimGroups.displayName')
    .execute()
  const groups = Map.groupBy(rows, ({ userId }) => userId)
  return found.map(({ user, scim }) => resourceOfUser(user, scim, groups.get(user.id) ?? [], baseUrl))
}

export async function find(trx: Trx<Tables>, id: string): Promise<Provisioned | null> {
  if (!isId(id)) return null
  const shown = await everybody(trx).select('users.id').where('users.id', '=', id).executeTakeFirst()
  return shown ? (await load(trx, [shown.id]))[0]! : null
}

export const resourceOf = async (trx: Trx<Tables>, found: Provisioned, baseUrl: string): Promise<Resource> =>
  (await resourcesOf(trx, [found], baseUrl))[0]!

/** A part of those whom a filter fits. Throws VALIDATION_ERROR for a filter that cannot be read or asks too much. */
export async function list(trx: Trx<Tables>, asked: ScimQuestion, baseUrl: string): Promise<ScimPage> {
  const from = Math.max(1, asked.startIndex) - 1
  const count = Math.min(Math.max(0, asked.count), mostShown)
  const ordered = everybody(trx).select('users.id').orderBy('users.createdAt').orderBy('users.id')
  if (!asked.filter) {
    const ids = count === 0 ? [] : await ordered.offset(from).limit(count).execute()
    const { total } = await everybody(trx)
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow()
    const found = await load(
      trx,
      ids.map(({ id }) => id),
    )
    return { totalResults: total, resources: await resourcesOf(trx, found, baseUrl) }
  }
  const filter = readFilter(asked.filter)
  const userName = equalTo(filter, 'userName')
  const externalId = equalTo(filter, 'externalId')
  const id = equalTo(filter, 'id')
  let narrowed = ordered
  if (userName !== null)
    narrowed = narrowed.where(
      sql<boolean>`lower(coalesce(scim_users.user_name, users.email)) = ${userName.toLowerCase()}`,
    )
  if (externalId !== null) narrowed = narrowed.where('scimUsers.externalId', '=', externalId)
  if (id !== null) narrowed = narrowed.where('users.id', '=', isId(id) ? id : null)
  const ids = await narrowed.limit(mostScanned + 1).execute()
  if (ids.length > mostScanned)
    throw scimRefusal('tooMany', 'The filter has to name a userName or externalId')
  const found = await load(
    trx,
    ids.map((each) => each.id),
  )
  const resources = await resourcesOf(trx, found, baseUrl)
  const fitting = resources.filter((each) => fits(filter, each))
  return { totalResults: fitting.length, resources: fitting.slice(from, from + count) }
}
