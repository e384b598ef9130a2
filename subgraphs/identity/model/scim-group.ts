import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Trx } from '#kit/database.ts'
import { notFound } from '#kit/errors.ts'
import { isId, newId } from '#kit/id.ts'
import type { Member } from '#kit/viewer.ts'
import type { ScimGroupRow, Tables } from '../tables.ts'
import { unchangedSince } from './change.ts'
import { applyRoles, provisioner } from './scim-authority.ts'
import { find } from './scim-group-list.ts'
import { type Operation, readOperations } from './scim-patch.ts'
import { scimRefusal } from './scim-refusal.ts'
import { readGroup } from './scim-resource.ts'
import type { Expected } from './scim-user.ts'
import * as users from './user.ts'

type Change = { displayName?: string; externalId?: string | null }

/** Makes a group, whose name may give a role. Throws CONFLICT for a name that there is, and VALIDATION_ERROR. */
export async function create(trx: Trx<Tables>, by: Member, given: unknown): Promise<ScimGroupRow> {
  const { members, ...wanted } = readGroup(given)
  const as = await provisioner(trx, by)
  await free(trx, wanted.displayName, null)
  const row = { organizationId: by.organizationId, id: newId(), ...wanted }
  const group = await trx.insertInto('scimGroups').values(row).returningAll().executeTakeFirstOrThrow()
  note({ type: 'ScimGroup', id: group.id, before: null, after: { ...group, members } })
  await applyRoles(trx, as, await add(trx, group, members))
  return group
}

async function free(trx: Trx<Tables>, displayName: string, except: string | null): Promise<void> {
  const other = await trx
    .selectFrom('scimGroups')
    .select('id')
    .where(sql<boolean>`lower(display_name) = lower(${displayName}) and id is distinct from ${except}::uuid`)
    .where('removedAt', 'is', null)
    .executeTakeFirst()
  if (other) throw scimRefusal('uniqueness', 'There is a group of this name')
}

async function found(trx: Trx<Tables>, by: Member, id: string, { expectedVersion }: Expected) {
  const as = await provisioner(trx, by)
  const group = await find(trx, id)
  if (!group) throw notFound('Group')
  unchangedSince(group, expectedVersion)
  return { as, group: { ...group, members: await membersOf(trx, group) } }
}

/** Makes a group what the provider says that it is. Throws NOT_FOUND, and as `create` does. */
export async function replace(
  trx: Trx<Tables>,
  by: Member,
  { id, resource, ...expected }: { id: string; resource: unknown } & Expected,
): Promise<ScimGroupRow> {
  const { members, ...wanted } = readGroup(resource)
  const { as, group } = await found(trx, by, id, expected)
  const wantedIds = new Set(members)
  const left = await take(
    trx,
    group,
    group.members.filter((each) => !wantedIds.has(each)),
  )
  const joined = await add(trx, group, members)
  return finish(trx, as, group, wanted, [...left, ...joined])
}

/** Changes a part of a group. Throws as `replace` does. */
export async function patch(
  trx: Trx<Tables>,
  by: Member,
  { id, operations, ...expected }: { id: string; operations: unknown } & Expected,
): Promise<ScimGroupRow> {
  const steps = readOperations(operations)
  const { as, group } = await found(trx, by, id, expected)
  const change: Change = {}
  const touched: string[] = []
  for (const step of steps) {
    if (/^members\b/.test(step.path)) touched.push(...(await patchMembers(trx, group, step)))
    else Object.assign(change, changeOf(step, group))
  }
  return finish(trx, as, group, change, touched)
}

function changeOf({ op, path, value }: Operation, { displayName, externalId }: ScimGroupRow): Change {
  if (path === 'externalId' && op === 'remove') return { externalId: null }
  if (path !== 'displayName' && path !== 'externalId') {
    if (/^(schemas|id|meta)\b/.test(path)) return {}
    throw scimRefusal('invalidPath', 'A group has no such path')
  }
  const wanted = readGroup({ displayName, externalId, [path]: op === 'remove' ? null : value })
  return { [path]: wanted[path] }
}

/** Of `members`, of one of them by its id, or of those that the value names. */
async function patchMembers(
  trx: Trx<Tables>,
  group: ScimGroupRow,
  { op, path, value }: Operation,
): Promise<string[]> {
  const one = /^members\[\s*value\s+eq\s+"([^"]*)"\s*\]$/i.exec(path)?.[1]
  if (path !== 'members' && one === undefined) throw scimRefusal('invalidPath', 'A group has no such path')
  if (one !== undefined) {
    if (op === 'remove') return take(trx, group, [one])
    return add(trx, group, [one])
  }
  const named = value === undefined || value === null ? [] : idsOf(value)
  if (op === 'add') return add(trx, group, named)
  const before = await membersOf(trx, group)
  if (op === 'remove') return take(trx, group, value === undefined || value === null ? before : named)
  const left = await take(
    trx,
    group,
    before.filter((each) => !named.includes(each)),
  )
  return [...left, ...(await add(trx, group, named))]
}

const idsOf = (value: unknown): string[] =>
  readGroup({
    displayName: 'members',
    members: [value].flat().map((each) => (typeof each === 'string' ? { value: each } : each)),
  }).members

const membersOf = async (trx: Trx<Tables>, { id }: ScimGroupRow): Promise<string[]> => {
  const rows = await trx
    .selectFrom('scimGroupMembers')
    .select('userId')
    .where('groupId', '=', id)
    .where('removedAt', 'is', null)
    .execute()
  return rows.map(({ userId }) => userId)
}

/** Adds members, and answers them. Throws VALIDATION_ERROR for who is none of the organization's. */
async function add(trx: Trx<Tables>, { organizationId, id: groupId }: ScimGroupRow, ids: readonly string[]) {
  if (ids.length === 0) return []
  const known = ids.every(isId) ? await users.find(trx, ids) : []
  if (known.length < new Set(ids).size) throw scimRefusal('invalidValue', 'A member is no user')
  await trx
    .insertInto('scimGroupMembers')
    .values(known.map(({ id: userId }) => ({ organizationId, groupId, userId })))
    .onConflict((conflict) =>
      conflict.columns(['organizationId', 'groupId', 'userId']).doUpdateSet({ removedAt: null }),
    )
    .execute()
  return known.map(({ id }) => id)
}

/** Takes members out, and answers who was one. */
async function take(trx: Trx<Tables>, { id }: ScimGroupRow, ids: readonly string[]): Promise<string[]> {
  const known = ids.filter(isId)
  if (known.length === 0) return []
  const left = await trx
    .updateTable('scimGroupMembers')
    .set({ removedAt: sql<Date>`now()` })
    .where('groupId', '=', id)
    .where('userId', 'in', known)
    .where('removedAt', 'is', null)
    .returning('userId')
    .execute()
  return left.map(({ userId }) => userId)
}

async function finish(
  trx: Trx<Tables>,
  as: Member,
  before: ScimGroupRow & { members: string[] },
  change: Change & { removedAt?: Date },
  touched: readonly string[],
): Promise<ScimGroupRow> {
  const { id } = before
  if (change.displayName !== undefined) await free(trx, change.displayName, id)
  const members = await membersOf(trx, before)
  const everybody = new Set([...touched, ...members])
  const group = await trx
    .updateTable('scimGroups')
    .set((eb) => ({ ...change, updatedAt: sql<Date>`now()`, version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'ScimGroup', id, before, after: change.removedAt ? null : { ...group, members } })
  // A name that has changed gives its members another role, too.
  await applyRoles(trx, as, change.displayName === undefined && !change.removedAt ? touched : [...everybody])
  return group
}

/** Ends a group, and what it gave. Throws NOT_FOUND and FORBIDDEN. */
export async function remove(trx: Trx<Tables>, by: Member, id: string): Promise<ScimGroupRow> {
  const { as, group } = await found(trx, by, id, {})
  return finish(trx, as, group, { removedAt: new Date() }, [])
}
