import { admins, anyone, type Expected, managers, members, read } from '../words.ts'

/** What a key holds that gives somebody the role of a viewer: nobody gives what they do not hold. */
export const givesViewer = [
  'users:write',
  ...[
    'assets',
    'alerts',
    'vulnerabilities',
    'compliance',
    'reports',
    'integrations',
    'users',
    'organization',
  ].map((resource) => `${resource}:read`),
]

export const identity: Expected = {
  query: {
    me: { may: members, key: 'any' },
    user: { may: members, key: 'users:read', ask: '(id: "$user")' },
    users: { may: members, key: 'users:read', ask: '(first: 2)' },
    organization: { may: members, key: 'organization:read', ask: '(id: "$organization")' },
    organizations: { may: members, key: 'organization:read', ask: '(first: 2)' },
    apiKey: { may: admins, key: 'apikeys:read', ask: '(id: "$apiKey")' },
    apiKeys: { may: admins, key: 'apikeys:read', ask: '(first: 2)' },
    // Of people: a key has none.
    sessions: { may: members, key: 'no' },
  },
  mutation: {
    signIn: { may: anyone, key: 'any', ask: '(input: { email: "$email", password: "$password" })' },
    refreshSession: { may: anyone, key: 'any', ask: '(input: { refreshToken: "$refreshToken" })' },
    signOut: { may: anyone, key: 'any', ask: '(input: { refreshToken: "none" })', alone: true },
    setPassword: {
      may: anyone,
      key: 'any',
      ask: '(input: { token: "$passwordToken", password: "another-horse-battery" })',
    },
    revokeSession: { may: members, key: 'any', ask: '(input: { id: "$session" })' },
    revokeOtherSessions: { may: members, key: 'no', alone: true },
    revokeUserSessions: { may: managers, key: givesViewer, ask: '(input: { userId: "$user" })' },
    createUser: {
      may: managers,
      key: givesViewer,
      ask: '(input: { email: "$unused", name: "Somebody", role: VIEWER })',
    },
    updateUser: { may: managers, key: givesViewer, ask: '(input: { id: "$user", name: "Another" })' },
    disableUser: { may: managers, key: givesViewer, ask: '(input: { id: "$user" })' },
    enableUser: { may: managers, key: givesViewer, ask: '(input: { id: "$user" })' },
    updateOrganization: {
      may: admins,
      key: 'organization:write',
      ask: '(input: { id: "$organization", name: "Acme" })',
    },
    // A key makes no keys.
    createApiKey: { may: admins, key: 'no', ask: '(input: { name: "Another", scopes: ["assets:read"] })' },
    revokeApiKey: { may: admins, key: 'apikeys:write', ask: '(input: { id: "$apiKey" })' },
  },
  peers: ['Query.standing', 'Query.keyStanding'],
  // One's own, like the rest of who one is.
  fields: { 'User.organization': { may: members, key: 'any' } },
  types: {
    ApiKey: { may: admins, key: 'apikeys:read' },
    Organization: read('organization:read'),
    Session: { may: members, key: 'any' },
    User: read('users:read'),
    ApiKeyConnection: 'part',
    ApiKeyEdge: 'part',
    CreateApiKeyPayload: 'part',
    CreateUserPayload: 'part',
    DisableUserPayload: 'part',
    EnableUserPayload: 'part',
    OrganizationConnection: 'part',
    OrganizationEdge: 'part',
    OrganizationSettings: 'part',
    RevokeApiKeyPayload: 'part',
    RevokeSessionPayload: 'part',
    RevokeSessionsPayload: 'part',
    SetPasswordPayload: 'part',
    SignInPayload: 'part',
    SignOutPayload: 'part',
    UpdateOrganizationPayload: 'part',
    UpdateUserPayload: 'part',
    UserConnection: 'part',
    UserEdge: 'part',
  },
}
