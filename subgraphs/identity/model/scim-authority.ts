import type { Trx } from '#kit/database.ts'
import { forbidden } from '#kit/errors.ts'
import { type Member, may, permissionsOf } from '#kit/viewer.ts'
import { roleOfGroups } from '../rules.ts'
import type { Tables, UserRow } from '../tables.ts'
import { current, governs } from './authority.ts'
import * as organizations from './organization.ts'
import { memberships } from './scim-group-list.ts'
import * as connections from './sso-connection.ts'
import { giveRole, managesRoles } from './sso-member.ts'
import * as users from './user.ts'

/**
 * On whose behalf a provider provisions: who made its key, with all that they may do themselves. So a key needs no
 * more than `users:write`, and does nothing to whom its maker does not govern. One change at a time.
 */
export async function provisioner(trx: Trx<Tables>, by: Member): Promise<Member> {
  await organizations.lock(trx, by.organizationId)
  if (!may(await current(trx, by), 'users:write')) throw forbidden()
  const [user] = await users.find(trx, [by.userId])
  return { ...by, permissions: permissionsOf[user!.role] }
}

/** The role of who is new: what everybody gets, or the least. */
export async function initialRole(trx: Trx<Tables>): Promise<UserRow['role']> {
  return (await connections.find(trx))?.defaultRole ?? 'viewer'
}

/**
 * Gives members the roles of the groups that they are in now, where roles are the provider's. Throws FORBIDDEN when
 * that is more than the provisioner may give or take.
 */
export async function applyRoles(trx: Trx<Tables>, as: Member, userIds: readonly string[]): Promise<void> {
  const connection = await connections.find(trx)
  if (!connection || !managesRoles(connection) || userIds.length === 0) return
  const rows = await memberships(trx)
    .select(['userId', 'scimGroups.displayName'])
    .where('userId', 'in', userIds)
    .execute()
  const groups = Map.groupBy(rows, ({ userId }) => userId)
  for (const user of await users.find(trx, userIds)) {
    const names = (groups.get(user.id) ?? []).map(({ displayName }) => displayName)
    const role = roleOfGroups(names, connection) ?? 'viewer'
    if (role === user.role) continue
    governs(as, user.role)
    governs(as, role)
    await giveRole(trx, user, role, connection)
  }
}
