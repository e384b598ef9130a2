import type { Factors, InvitationRow, RefreshTokenRow, RoleOfGroup, SessionRow, UserRow } from './tables.ts'

/** Tries at a password: counted per account, by whatever road they come. */
export const signInTries = { points: 10, seconds: 900 }

/** Tries at a second factor of an account, by whatever road they come. */
export const factorTries = { points: 10, seconds: 900 }
/** How long what a refusal asks for may be answered. */
export const challengeSeconds = 300
/** For how long somebody has just proved who they are. */
export const freshMinutes = 10
export const recoveryCodeCount = 10
export const mostPasskeys = 20

/** A session ends so long after signing in, whatever happens. */
export const sessionHours = 24
/** How long an answer to a refresh may have been lost, and be asked for again with the same token. */
export const overlapSeconds = 30

/** How long a new account may wait for its first password. */
export const passwordTokenHours = 72
/** How long a token may wait that sets another password. */
export const passwordResetHours = 1

export const invitationDays = 7
/** Tries at invitations that are none, counted per address. */
export const invitationTries = { points: 20, seconds: 900 }

/** How many members a team may have. */
export const largestTeam = 1_000

export type InvitationState = 'pending' | 'accepted' | 'revoked' | 'expired'

/** What has become of an invitation; only a pending one may be accepted. */
export function invitationState(
  { acceptedAt, revokedAt, expiresAt }: Pick<InvitationRow, 'acceptedAt' | 'revokedAt' | 'expiresAt'>,
  now: Date,
): InvitationState {
  if (acceptedAt) return 'accepted'
  if (revokedAt) return 'revoked'
  return expiresAt.getTime() <= now.getTime() ? 'expired' : 'pending'
}

export const normalEmail = (email: string): string => email.trim().toLowerCase()

/** The membership to enter: the one that was asked for, else the oldest; null when there is none. */
export function membership<User extends Pick<UserRow, 'organizationId' | 'disabledAt'>>(
  memberships: readonly User[],
  organizationId: string | null,
): User | null {
  const open = memberships.filter((each) => each.disabledAt === null)
  if (organizationId === null) return open[0] ?? null
  return open.find((each) => each.organizationId === organizationId) ?? null
}

export type Method = 'password' | 'totp' | 'passkey' | 'recovery_code'

/** By what an account may prove itself besides its password; none where it has no second factor. */
export function secondMethods({ totpAt, passkeys, recoveryCodes }: Factors): Method[] {
  const factors: Method[] = [
    ...(totpAt ? ['totp' as const] : []),
    ...(passkeys > 0 ? ['passkey' as const] : []),
  ]
  return factors.length > 0 && recoveryCodes > 0 ? [...factors, 'recovery_code'] : factors
}

type Presented = Pick<RefreshTokenRow, 'generation' | 'usedAt'>
type Chain = Pick<SessionRow, 'generation' | 'rotatedAt'>

/**
 * What becomes of a session when one of its refresh tokens comes back. `advance`: the next generation begins, and
 * all else of this one is spent. `stay`: another token of the generation that there is, for an answer that was lost
 * or for pages that asked at once. `replayed`: somebody else holds a token of the same one.
 */
export function rotation(token: Presented, session: Chain, now: Date): 'advance' | 'stay' | 'replayed' {
  const recent = (time: Date) => now.getTime() - time.getTime() <= overlapSeconds * 1_000
  if (token.usedAt && !recent(token.usedAt)) return 'replayed'
  if (token.generation === session.generation)
    return token.usedAt || (session.generation > 1 && recent(session.rotatedAt)) ? 'stay' : 'advance'
  // One of the generation before that was not used lost to another one: two of them would be a fork.
  return token.generation === session.generation - 1 && token.usedAt ? 'stay' : 'replayed'
}

/** How long somebody may take to sign in at their provider. */
export const ssoMinutes = 10

const byStrength: readonly UserRow['role'][] = ['viewer', 'analyst', 'manager', 'admin']

/** The strongest role that somebody's groups give; without one of the map's groups, what everybody gets. */
export function roleOfGroups(
  groups: readonly string[],
  { roleMap, defaultRole }: { roleMap: readonly RoleOfGroup[]; defaultRole: UserRow['role'] | null },
): UserRow['role'] | null {
  const held = new Set(groups)
  const given = roleMap.filter(({ group }) => held.has(group)).map(({ role }) => role)
  return byStrength.findLast((role) => given.includes(role)) ?? defaultRole
}

/** Whether an e-mail is of one of these domains itself: not of one below it. */
export const isOfDomain = (email: string, domains: readonly string[]): boolean =>
  domains.includes(email.slice(email.lastIndexOf('@') + 1).toLowerCase())
