import type { Trx } from '#kit/database.ts'
import { forbidden, unauthenticated } from '#kit/errors.ts'
import { type Member, may, permissionsOf, type Role } from '#kit/viewer.ts'
import type { Tables } from '../tables.ts'
import * as users from './user.ts'

/** Whether somebody may do all that a role may: nobody gives, or takes away, more than they have. */
export const covers = (member: Member, role: Role): boolean =>
  permissionsOf[role].every((permission) => may(member, permission))

/** Throws FORBIDDEN unless the member manages users and covers the role. */
export function governs(member: Member, role: Role): void {
  if (!may(member, 'users:write')) throw forbidden()
  if (!covers(member, role)) throw forbidden(`This needs all that the role ${role} may do`)
}

/** Throws as `governs` does, for the first of several roles that asks for more. */
export function governsAll(member: Member, roles: readonly Role[]): void {
  for (const role of roles) governs(member, role)
}

/**
 * The member as the database has them now: whoever asked with a token may have been changed since. Permissions only
 * shrink by it. Throws UNAUTHENTICATED for who is disabled.
 */
export async function current(trx: Trx<Tables>, member: Member): Promise<Member> {
  const [user] = await users.find(trx, [member.userId])
  if (!user || user.disabledAt) throw unauthenticated('The session has ended')
  const held = permissionsOf[user.role]
  return { ...member, permissions: member.permissions.filter((permission) => held.includes(permission)) }
}
