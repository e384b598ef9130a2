import type { UserRow } from './tables.ts'

/** Tries at a password: counted per account, by whatever road they come. */
export const signInTries = { points: 10, seconds: 900 }

export const normalEmail = (email: string): string => email.trim().toLowerCase()

/** The membership to enter: the one that was asked for, else the oldest; null when there is none. */
export function membership<User extends Pick<UserRow, 'organizationId'>>(
  memberships: readonly User[],
  organizationId: string | null,
): User | null {
  if (organizationId === null) return memberships[0] ?? null
  return memberships.find((each) => each.organizationId === organizationId) ?? null
}
