import type { Generated, Selectable } from 'kysely'
import type { Permission, Role, Tier } from '#kit/viewer.ts'

type Timestamps = { createdAt: Generated<Date>; updatedAt: Generated<Date> }

/** Why a session is over, where it did not simply run out. */
export const endReasons = ['signed_out', 'revoked', 'replayed', 'disabled'] as const
export type EndReason = (typeof endReasons)[number]

/** What may be granted over some assets: an admin is one of an organization. */
export const grantRoles = ['manager', 'analyst', 'viewer'] as const
export type GrantRole = (typeof grantRoles)[number]

export type Tables = {
  organizations: Timestamps & {
    id: string
    name: string
    slug: string
    settings: Generated<Record<string, unknown>>
    version: Generated<number>
  }
  users: Timestamps & {
    id: string
    organizationId: string
    accountId: string
    email: string
    name: string | null
    role: Role
    settings: Generated<Record<string, unknown>>
    lastLoginAt: Date | null
    disabledAt: Generated<Date | null>
    /** Since when nothing of the person is left here. */
    erasedAt: Generated<Date | null>
    version: Generated<number>
  }
  sessions: {
    organizationId: string
    id: string
    userId: string
    /** Rises each time a refresh token takes the place of the one before. */
    generation: Generated<number>
    rotatedAt: Generated<Date>
    /** When they last proved who they are: by signing in, or once more since. */
    provedAt: Generated<Date>
    lastUsedAt: Generated<Date>
    createdAt: Generated<Date>
    expiresAt: Date
    endedAt: Generated<Date | null>
    endReason: Generated<EndReason | null>
    ip: string | null
    userAgent: string | null
    /** By which single sign-on they came in; null for who has proved an account. */
    connectionId: Generated<string | null>
  }
  refreshTokens: {
    organizationId: string
    /** SHA-256: the token itself has 256 random bits and is kept nowhere. */
    hash: Buffer
    sessionId: string
    generation: number
    createdAt: Generated<Date>
    usedAt: Generated<Date | null>
  }
  apiKeys: {
    organizationId: string
    id: string
    name: string
    /** SHA-256, as of a refresh token. */
    hash: Buffer
    /** How the key begins, so that people tell one from another. */
    hint: string
    scopes: Permission[]
    tier: Generated<Tier>
    allowedIps: string[]
    createdBy: string
    createdAt: Generated<Date>
    expiresAt: Date
    lastUsedAt: Generated<Date | null>
    revokedAt: Generated<Date | null>
  }
  ssoConnections: Timestamps & SsoConnection
  /** Whom a provider's subject is, once it is known. */
  ssoIdentities: {
    organizationId: string
    issuer: string
    subject: string
    userId: string
    createdAt: Generated<Date>
    lastUsedAt: Generated<Date>
  }
  /** A sign-in that has begun: for one browser, for ten minutes, once. */
  ssoTransactions: {
    organizationId: string
    /** SHA-256 of the state. */
    hash: Buffer
    /** SHA-256 of what the browser keeps in its cookie. */
    browser: Buffer
    connectionId: string
    connectionVersion: number
    returnTo: string | null
    expiresAt: Date
    usedAt: Date | null
  }
  scimUsers: {
    organizationId: string
    userId: string
    userName: string
    externalId: string | null
    /** What was said of them that has no column. */
    attributes: Record<string, unknown>
    /** Since when the provider knows them no more; who comes back is the same member. */
    removedAt: Date | null
  }
  scimGroups: Timestamps & {
    organizationId: string
    id: string
    displayName: string
    externalId: string | null
    version: Generated<number>
    removedAt: Generated<Date | null>
  }
  scimGroupMembers: {
    organizationId: string
    groupId: string
    userId: string
    removedAt: Generated<Date | null>
  }
  teams: Timestamps & {
    organizationId: string
    id: string
    name: string
    disabledAt: Generated<Date | null>
    version: Generated<number>
  }
  teamMembers: {
    organizationId: string
    teamId: string
    userId: string
    addedAt: Generated<Date>
    removedAt: Generated<Date | null>
  }
  grants: {
    organizationId: string
    id: string
    /** To one of the two. */
    userId: string | null
    teamId: string | null
    role: GrantRole
    /** Over what one of the two selects. */
    tag: string | null
    assetGroupId: string | null
    grantedBy: string
    createdAt: Generated<Date>
    expiresAt: Date | null
    revokedAt: Generated<Date | null>
  }
  invitations: {
    organizationId: string
    id: string
    email: string
    role: Role
    /** SHA-256, as of a refresh token. */
    hash: Buffer
    invitedBy: string
    createdAt: Generated<Date>
    expiresAt: Date
    acceptedAt: Generated<Date | null>
    acceptedBy: Generated<string | null>
    revokedAt: Generated<Date | null>
  }
}

/** How an organization's people sign in at a provider of its own. */
export type SsoConnection = {
  organizationId: string
  id: string
  issuer: string
  clientId: string
  clientSecretSealed: string | null
  scopes: string[]
  groupClaim: string | null
  roleMap: RoleOfGroup[]
  defaultRole: Role | null
  domains: string[]
  isJit: boolean
  isEnabled: boolean
  isRequired: boolean
  breakGlassUserId: string | null
  testedAt: Generated<Date | null>
  removedAt: Generated<Date | null>
  version: Generated<number>
}
export type RoleOfGroup = { group: string; role: Role }

export type OrganizationRow = Selectable<Tables['organizations']>
export type UserRow = Selectable<Tables['users']>
export type SessionRow = Selectable<Tables['sessions']>
export type ApiKeyRow = Selectable<Tables['apiKeys']>
export type SsoConnectionRow = Selectable<Tables['ssoConnections']>
export type ScimUserRow = Selectable<Tables['scimUsers']>
export type ScimGroupRow = Selectable<Tables['scimGroups']>
export type TeamRow = Selectable<Tables['teams']>
export type GrantRow = Selectable<Tables['grants']>
export type InvitationRow = Selectable<Tables['invitations']>
export type RefreshTokenRow = Selectable<Tables['refreshTokens']>
/** An account as sign-in finds it; without a password until its owner has set one. */
export type Credentials = { id: string; passwordHash: string | null; known: Buffer[] }

/** What an account proves itself by, besides its password. */
export type Factors = { totpAt: Date | null; passkeys: number; recoveryCodes: number }
export type TotpRow = { sealed: string; lastStep: number; confirmedAt: Date | null }
export type PasskeyRow = {
  id: string
  credentialId: string
  transports: string[]
  backedUp: boolean
  name: string
  createdAt: Date
  lastUsedAt: Date | null
}
/** A passkey as whoever presents it is checked against. */
export type FoundPasskey = Pick<PasskeyRow, 'id' | 'credentialId' | 'transports'> & {
  accountId: string
  email: string
  publicKey: Buffer
  counter: number
}
export type Purpose = 'sign_in' | 'enrol' | 'enrolled' | 'register' | 'enter' | 'second' | 'prove'
export type ChallengeRow = { purpose: Purpose; accountId: string | null; data: Record<string, unknown> }
