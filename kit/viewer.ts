/** Who is asking, and what they may do. Roles and permissions as section 8.2 of the platform document. */
import { forbidden, unauthenticated } from './errors.ts'

const resources = [
  'assets',
  'alerts',
  'vulnerabilities',
  'compliance',
  'reports',
  'integrations',
  'users',
  'organization',
  'audit',
  'apikeys',
] as const

type Resource = (typeof resources)[number]
export type Permission =
  | `${Resource}:read`
  | `${Resource}:write`
  | 'alerts:bulk'
  | 'vulnerabilities:import'
  | 'vulnerabilities:accept_request'
  | 'vulnerabilities:accept_approve'
  | 'reports:create'
  | 'integrations:sync'
  | 'organization:policy'
  | 'apikeys:manage'

export const roles = ['admin', 'manager', 'analyst', 'viewer', 'api'] as const
export type Role = (typeof roles)[number]

const readable = resources.filter((resource) => resource !== 'audit' && resource !== 'apikeys')
const viewerMay: Permission[] = readable.map((resource): Permission => `${resource}:read`)
const analystMay: Permission[] = [
  ...viewerMay,
  'alerts:write',
  'alerts:bulk',
  'vulnerabilities:write',
  'vulnerabilities:accept_request',
  'reports:create',
]
const managerMay: Permission[] = [
  ...analystMay,
  'assets:write',
  'compliance:write',
  'reports:write',
  'integrations:write',
  'integrations:sync',
  'users:write',
  'vulnerabilities:import',
  'vulnerabilities:accept_approve',
  'organization:policy',
  // Of keys, one's own: those of others ask for `apikeys:manage`.
  'apikeys:read',
  'apikeys:write',
]
const adminMay: Permission[] = [
  ...new Set<Permission>([
    ...managerMay,
    'apikeys:manage',
    ...resources.flatMap((resource): Permission[] => [`${resource}:read`, `${resource}:write`]),
  ]),
]

/** What each role may do. `api` holds nothing by itself: a key's scopes are its permissions. */
export const permissionsOf: Readonly<Record<Role, readonly Permission[]>> = {
  admin: adminMay,
  manager: managerMay,
  analyst: analystMay,
  viewer: viewerMay,
  api: [],
}

/** All there are; an admin has each of them. */
export const permissions: readonly Permission[] = adminMay

/** How much a key may ask, where that is bounded. */
export const tiers = ['standard', 'enterprise', 'internal'] as const
export type Tier = (typeof tiers)[number]

/** A signed-in member of one organization. */
export type Member = {
  kind: 'member'
  accountId: string
  userId: string
  organizationId: string
  role: Role
  permissions: readonly Permission[]
  /** The session that they came in by; none where a service or a key acts for them. */
  sessionId?: string
  /** The key that acts for who made it. */
  apiKeyId?: string
  /** That they may do more with some assets, by grants: which, is asked of identity for each object. */
  hasGrants?: boolean
  /** Of the key; only the gateway knows it. */
  tier?: Tier
}
export type Viewer = { kind: 'anonymous' } | Member

export const anonymous: Viewer = { kind: 'anonymous' }

export const may = (viewer: Viewer, permission: Permission): boolean =>
  viewer.kind === 'member' && viewer.permissions.includes(permission)

/** Whether they may at all: everywhere, or perhaps with some assets, which is then to be asked of each. */
export const mayOnSome = (viewer: Viewer, permission: Permission): boolean =>
  may(viewer, permission) || (viewer.kind === 'member' && viewer.hasGrants === true)

/** What somebody passes on by giving a role: what the role may do, as far as they may. */
export const passedOn = (role: Role, by: Role): Permission[] =>
  permissionsOf[role].filter((permission) => permissionsOf[by].includes(permission))

/** Throws UNAUTHENTICATED for the anonymous viewer. */
export function signedIn(viewer: Viewer): Member {
  if (viewer.kind === 'member') return viewer
  throw unauthenticated()
}

/** The refusal of who is signed in; names what they lack, where that is a permission. */
export const lacking = (permission: string | undefined) =>
  permission === undefined ? forbidden() : forbidden(`This needs the permission ${permission}`)

/** Throws UNAUTHENTICATED or FORBIDDEN unless the viewer holds the permission. */
export function allowed(viewer: Viewer, permission: Permission): Member {
  const member = signedIn(viewer)
  if (may(member, permission)) return member
  throw lacking(permission)
}
