import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import { isId } from '#kit/id.ts'
import type { ScimGroupRow, Tables } from '../tables.ts'
import { equalTo, fits, readFilter } from './scim-filter.ts'
import { mostShown, type ScimPage, type ScimQuestion } from './scim-page.ts'
import { type Resource, resourceOfGroup } from './scim-resource.ts'

/** The names of the groups that a member was provisioned into. */
export const groupsOf = async (trx: Trx<Tables>, userId: string): Promise<string[]> => {
  const found = await memberships(trx).select('scimGroups.displayName').where('userId', '=', userId).execute()
  return found.map(({ displayName }) => displayName)
}

export const memberships = (trx: Trx<Tables>) =>
  trx
    .selectFrom('scimGroupMembers')
    .innerJoin('scimGroups', (join) =>
      join
        .onRef('scimGroups.organizationId', '=', 'scimGroupMembers.organizationId')
        .onRef('scimGroups.id', '=', 'scimGroupMembers.groupId'),
    )
    .where('scimGroupMembers.removedAt', 'is', null)
    .where('scimGroups.removedAt', 'is', null)

const all = (trx: Trx<Tables>): Promise<ScimGroupRow[]> =>
  trx
    .selectFrom('scimGroups')
    .selectAll()
    .where('removedAt', 'is', null)
    .orderBy('createdAt')
    .orderBy('id')
    .execute()

export async function find(trx: Trx<Tables>, id: string): Promise<ScimGroupRow | null> {
  if (!isId(id)) return null
  const found = await trx
    .selectFrom('scimGroups')
    .selectAll()
    .where('id', '=', id)
    .where('removedAt', 'is', null)
    .executeTakeFirst()
  return found ?? null
}

/** Groups as SCIM shows them; without their members, which may be many, where nobody wants them. */
export async function resourcesOf(
  trx: Trx<Tables>,
  groups: readonly ScimGroupRow[],
  { baseUrl, withMembers }: { baseUrl: string; withMembers: boolean },
): Promise<Resource[]> {
  const ids = groups.map(({ id }) => id)
  const rows = ids.length === 0 || !withMembers ? [] : await membersIn(trx, ids)
  const members = Map.groupBy(rows, ({ groupId }) => groupId)
  return groups.map((group) => resourceOfGroup(group, members.get(group.id) ?? [], baseUrl))
}

const membersIn = (trx: Trx<Tables>, ids: readonly string[]) =>
  memberships(trx)
    .innerJoin('users', (join) =>
      join
        .onRef('users.organizationId', '=', 'scimGroupMembers.organizationId')
        .onRef('users.id', '=', 'scimGroupMembers.userId'),
    )
    .select(['groupId', 'userId', sql<string>`coalesce(users.name, users.email)`.as('display')])
    .where('groupId', 'in', ids)
    .orderBy('users.createdAt')
    .orderBy('users.id')
    .execute()

/** A part of those groups that a filter fits. Throws VALIDATION_ERROR for a filter that cannot be read. */
export async function list(
  trx: Trx<Tables>,
  asked: ScimQuestion,
  shown: { baseUrl: string; withMembers: boolean },
): Promise<ScimPage> {
  const from = Math.max(1, asked.startIndex) - 1
  const count = Math.min(Math.max(0, asked.count), mostShown)
  const filter = asked.filter ? readFilter(asked.filter) : null
  const groups = await all(trx)
  if (!filter) {
    const resources = await resourcesOf(trx, groups.slice(from, from + count), shown)
    return { totalResults: groups.length, resources }
  }
  const name = equalTo(filter, 'displayName')?.toLowerCase()
  const narrowed = groups.filter(({ displayName }) => !name || displayName.toLowerCase() === name)
  const resources = await resourcesOf(trx, narrowed, shown)
  const fitting = resources.filter((each) => fits(filter, each))
  return { totalResults: fitting.length, resources: fitting.slice(from, from + count) }
}
