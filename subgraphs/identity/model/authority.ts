import { forbidden, NexusError } from '#kit/errors.ts'
import { type Member, may, permissionsOf, type Role } from '#kit/viewer.ts'

/** Whether somebody may do all that a role may: nobody gives, or takes away, more than they have. */
export const covers = (member: Member, role: Role): boolean =>
  permissionsOf[role].every((permission) => may(member, permission))

/** Throws FORBIDDEN unless the member manages users and covers the role. */
export function governs(member: Member, role: Role): void {
  if (!may(member, 'users:write')) throw forbidden()
  if (!covers(member, role)) throw new NexusError('FORBIDDEN', `This needs all that the role ${role} may do`)
}
