import { compose } from './toy.ts'

const page = `
  type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  enum TotalType { EXACT AT_LEAST }
  type TotalCount @shareable { count: Int! type: TotalType! }
  enum OrderDirection { ASC DESC }
  scalar DateTime
  scalar JSON
  type Bucket @shareable { key: String! count: Int! }
`
const connection = (type: string) => `
  type ${type}Edge { cursor: String! node: ${type}! }
  type ${type}Connection { edges: [${type}Edge!]! pageInfo: PageInfo! totalCount: TotalCount! }
`
const order = (type: string, fields: string) => `
  enum ${type}OrderField { ${fields} }
  input ${type}Order { field: ${type}OrderField! direction: OrderDirection! }
`
const list = (type: string) =>
  `(first: Int, after: String, offset: Int, filter: ${type}Filter, orderBy: ${type}Order): ${type}Connection!`
const times = 'firstSeenAt: DateTime! lastSeenAt: DateTime! createdAt: DateTime! updatedAt: DateTime!'

const identity = `${page}
  type Query { me: User sessions: [Session!]! }
  type Mutation { signIn(input: SignInInput!): SignInPayload! refreshSession(input: RefreshSessionInput!): SignInPayload!
    signOut(input: SignOutInput!): SignOutPayload! revokeSession(input: RevokeSessionInput!): RevokeSessionPayload! }
  extend type Mutation { setPassword(input: SetPasswordInput!): SetPasswordPayload! }
  input SetPasswordInput { token: String! password: String! }
  type SetPasswordPayload { isSet: Boolean! }
  input RefreshSessionInput { refreshToken: String! }
  input SignOutInput { refreshToken: String }
  input RevokeSessionInput { id: ID! }
  type SignOutPayload { signedOut: Boolean! }
  type RevokeSessionPayload { session: Session! }
  type Session { id: ID! createdAt: DateTime! lastUsedAt: DateTime! expiresAt: DateTime! endedAt: DateTime ip: String
    userAgent: String current: Boolean! }
  input SignInInput { email: String! password: String! organization: String deviceToken: String
    rememberDevice: Boolean }
  type SignInPayload { accessToken: String! expiresIn: Int! refreshToken: String! refreshExpiresIn: Int! deviceToken: String user: User! }
  enum Role { ADMIN MANAGER ANALYST VIEWER API }
  type Organization @key(fields: "id") { id: ID! name: String! slug: String! }
  type User @key(fields: "id") { id: ID! email: String! name: String role: Role! organization: Organization
    lastLoginAt: DateTime createdAt: DateTime! updatedAt: DateTime! }
`
const assets = `${page} ${connection('Asset')} ${order('Asset', 'CREATED_AT LAST_SEEN_AT NAME RISK_SCORE')}
  type Query { asset(id: ID!): Asset assets${list('Asset')} assetStats: AssetStats! broken: String refused: String! }
  enum AssetType { HOST CONTAINER_IMAGE }
  enum Lifecycle { ACTIVE STALE RETIRED }
  enum Criticality { HIGH LOW UNKNOWN }
  input AssetFilter { type: [AssetType!] lifecycle: [Lifecycle!] criticality: [Criticality!]
    environment: [String!] search: String }
  type Organization @key(fields: "id", resolvable: false) { id: ID! }
  type Asset @key(fields: "id") { id: ID! organization: Organization! externalId: String type: AssetType!
    name: String! environment: String criticality: Criticality! exposure: String dataClassification: String
    lifecycle: Lifecycle! riskScore: Int! metadata: JSON! ${times} }
  type AssetStats { total: Int! byType: [Bucket!]! byLifecycle: [Bucket!]! byCriticality: [Bucket!]! }
`
const findings = (type: string, fields: string, filter: string, orders: string) => `
  ${connection(type)} ${order(type, orders)}
  input ${type}Filter { severity: [Severity!] status: [${type}Status!] assetId: [ID!] search: String ${filter} }
  enum ${type}Status { OPEN RESOLVED }
  type ${type} @key(fields: "id") { id: ID! organization: Organization! asset: Asset severity: Severity!
    status: ${type}Status! title: String! description: String ${times} ${fields} }
  type ${type}Stats { total: Int! open: Int! bySeverity: [Bucket!]! byStatus: [Bucket!]! }
`
const security = `${page}
  enum Severity { CRITICAL HIGH MEDIUM LOW INFO UNKNOWN }
  type Organization @key(fields: "id", resolvable: false) { id: ID! }
`
const alerts = `${security}
  ${findings(
    'Alert',
    'source: String metadata: JSON! assignee: User occurrenceCount: Int! acknowledgedAt: DateTime resolvedAt: DateTime',
    'source: [String!]',
    'CREATED_AT LAST_SEEN_AT SEVERITY',
  )}
  type User @key(fields: "id", resolvable: false) { id: ID! }
  type Query { alert(id: ID!): Alert alerts${list('Alert')} alertStats: AlertStats! }
  type Mutation { acknowledgeAlert(input: AcknowledgeAlertInput!): AcknowledgeAlertPayload! }
  type AlertChanged { alert: Alert! }
  type Subscription { alertChanged: AlertChanged! }
  input AcknowledgeAlertInput { id: ID! }
  type AcknowledgeAlertPayload { alert: Alert! }
  type Asset @key(fields: "id") { id: ID! alerts: [Alert!] }
`
const vulns = `${security}
  ${findings(
    'Vulnerability',
    `cveId: String aliases: [String!]! cvssScore: Float cvssVector: String presence: String! remediation: String
     dueDate: String component: Component location: Location fixedVersions: [String!]!`,
    'cveId: [String!] presence: [String!]',
    'CREATED_AT LAST_SEEN_AT SEVERITY CVSS_SCORE RISK_SCORE',
  )}
  type Component { name: String! version: String purl: String path: String }
  type Location { path: String! line: Int }
  type Query { vulnerability(id: ID!): Vulnerability vulnerabilities${list('Vulnerability')}
    vulnerabilityStats: VulnerabilityStats! }
  type Asset @key(fields: "id") { id: ID! openVulnerabilityCount: Int }
`
const integrations = `${page} ${connection('ImportRun')} ${connection('Connector')}
  ${order('ImportRun', 'CREATED_AT')} ${order('Connector', 'CREATED_AT')}
  input ImportRunFilter { search: String }
  input ConnectorFilter { search: String }
  enum ImportStatus { QUEUED RUNNING COMPLETE FAILED }
  type Asset @key(fields: "id", resolvable: false) { id: ID! }
  type ImportRun { id: ID! operation: Operation isPreview: Boolean! revertedAt: DateTime status: ImportStatus!
    format: String fileName: String! asset: Asset total: Int created: Int updated: Int unchanged: Int reopened: Int closed: Int skipped: Int errorCode: String errorMessage: String
    startedAt: DateTime finishedAt: DateTime createdAt: DateTime! }
  type Connector { id: ID! name: String! kind: String! status: String! lastRunAt: DateTime lastSuccessAt: DateTime
    lastError: String hasCredentials: Boolean! credentialsHint: String runs: [Bucket!]! }
  enum OperationStatus { QUEUED RUNNING COMPLETE FAILED }
  type Report { id: ID! list: String! format: String! status: OperationStatus! bytes: Float sha256: String
    createdAt: DateTime! }
  type Operation { id: ID! }
  type Query { importRun(id: ID!): ImportRun importRuns${list('ImportRun')} connector(id: ID!): Connector
    connectors${list('Connector')} report(id: ID!): Report }
  input StartImportInput { upload: ID! fileName: String! format: String asset: String }
  type StartImportPayload { run: ImportRun! }
  input RevertImportInput { id: ID! }
  type Left { vulnerability: Operation reason: String! }
  type RevertImportPayload { run: ImportRun! restored: Int! kept: [Left!]! }
  type Mutation { startImport(input: StartImportInput!): StartImportPayload!
    revertImport(input: RevertImportInput!): RevertImportPayload! }
`

const at = '2026-01-03T12:00:00.000Z'
const seen = { firstSeenAt: at, lastSeenAt: at, createdAt: at, updatedAt: at }
const organization = { id: 'org-1' }
export const toyAssets = [1, 2, 3].map((number) => ({
  id: `asset-${number}`,
  organization,
  type: 'CONTAINER_IMAGE',
  name: `web-${number}`,
  criticality: 'HIGH',
  lifecycle: 'ACTIVE',
  riskScore: number * 10,
  metadata: { camelCase: { SHOUTING: 'Kept' } },
  ...seen,
}))
const findingOf = (number: number) => ({
  organization,
  asset: { id: 'asset-1' },
  severity: 'CRITICAL',
  status: 'OPEN',
  title: `Finding ${number}`,
  ...seen,
})
const toyAlerts = [1, 2, 3].map((number) => ({
  id: `alert-${number}`,
  ...findingOf(number),
  metadata: {},
  occurrenceCount: 1,
}))
const toyVulnerability = {
  id: 'vulnerability-1',
  ...findingOf(1),
  cveId: 'CVE-2026-0001',
  aliases: [],
  cvssScore: 9.8,
  presence: 'PRESENT',
  component: { name: 'openssl', version: '3.0.1' },
  fixedVersions: ['3.0.2'],
}
const user = {
  id: 'user-1',
  email: 'admin@acme.example',
  role: 'ADMIN',
  organization: { ...organization, name: 'Acme', slug: 'acme' },
  createdAt: at,
  updatedAt: at,
}
const run = {
  id: 'run-1',
  operation: { id: 'operation-1' },
  isPreview: false,
  status: 'QUEUED',
  fileName: 'report',
  asset: { id: 'asset-1' },
  createdAt: at,
}
const bySeverity = [{ key: 'critical', count: 3 }]
const find = <Row extends { id: string }>(rows: Row[], id: string) => rows.find((row) => row.id === id)
const connectionOf = <Row>(rows: Row[]) => ({
  edges: rows.map((node, index) => ({ cursor: `c${index}`, node })),
  pageInfo: {
    hasNextPage: true,
    hasPreviousPage: false,
    startCursor: 'c0',
    endCursor: `c${rows.length - 1}`,
  },
  totalCount: { count: 101, type: 'EXACT' },
})
const refusal = (code: string, message: string) => Object.assign(new Error(message), { extensions: { code } })
const pointer = { __resolveReference: (key: { id: string }) => key }

/** A small house: the graph that the REST rows name, over rows in memory. */
export const toyHouse = () =>
  compose([
    {
      name: 'identity',
      sdl: identity,
      resolvers: {
        Query: { me: () => user },
        Mutation: {
          signIn: (_: unknown, { input }: { input: { password: string } }) => {
            if (input.password !== 'right') throw refusal('UNAUTHENTICATED', 'Wrong e-mail or password')
            return {
              accessToken: 'token',
              expiresIn: 300,
              refreshToken: 'next',
              refreshExpiresIn: 86_400,
              user,
            }
          },
        },
      },
    },
    {
      name: 'assets',
      sdl: assets,
      resolvers: {
        Query: {
          asset: (_: unknown, { id }: { id: string }) => find(toyAssets, id),
          assets: () => connectionOf(toyAssets),
          assetStats: () => ({
            total: 3,
            byType: [{ key: 'container_image', count: 3 }],
            byLifecycle: [],
            byCriticality: [],
          }),
          broken: () => {
            throw new Error('select * from asset at db.internal:5432')
          },
          refused: () => {
            throw refusal('FORBIDDEN', 'You may not do this')
          },
        },
        Asset: { __resolveReference: ({ id }: { id: string }) => find(toyAssets, id) },
      },
    },
    {
      name: 'alerts',
      sdl: alerts,
      resolvers: {
        Query: {
          alert: (_: unknown, { id }: { id: string }) => find(toyAlerts, id),
          alerts: () => connectionOf(toyAlerts),
          alertStats: () => ({ total: 3, open: 3, bySeverity, byStatus: [] }),
        },
        Asset: {
          ...pointer,
          alerts: ({ id }: { id: string }) => toyAlerts.filter((alert) => alert.asset.id === id),
        },
      },
    },
    {
      name: 'vulns',
      sdl: vulns,
      resolvers: {
        Query: {
          vulnerability: (_: unknown, { id }: { id: string }) => find([toyVulnerability], id),
          vulnerabilities: () => connectionOf([toyVulnerability]),
          vulnerabilityStats: () => ({ total: 3, open: 3, bySeverity, byStatus: [] }),
        },
        Asset: { ...pointer, openVulnerabilityCount: () => 1 },
      },
    },
    {
      name: 'integrations',
      sdl: integrations,
      resolvers: {
        Query: {
          importRun: (_: unknown, { id }: { id: string }) => find([run], id),
          importRuns: () => connectionOf([run]),
          connectors: () => connectionOf([]),
        },
        Mutation: {
          startImport: (_: unknown, { input }: { input: { format?: string } }) => {
            if (input.format === 'nonsense') throw refusal('REPORT_REJECTED', 'Nobody reads this format')
            return { run }
          },
        },
      },
    },
  ])
