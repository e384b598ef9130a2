/** The graph that gateways are compared on, over rows in memory, and the operations. */
type Row = Record<string, unknown>
type Resolvers = Record<string, Record<string, (of: Row, args: { first: number; page: number }) => unknown>>
export type BenchSubgraph = { name: string; sdl: string; resolvers: Resolvers }

const range = (first: number, row: (index: number) => Row) =>
  Array.from({ length: first }, (_, index) => row(index))
const severities = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW']

const alert = (page: number, index: number): Row => ({
  id: `alert-${page}-${index}`,
  title: `Someone signed in from two continents within ${index} minutes`,
  severity: severities[index % 4],
  status: index % 3 === 0 ? 'OPEN' : 'RESOLVED',
  source: 'detections',
  occurrences: index * 3,
  seenAt: '2026-01-03T12:00:00.000Z',
  asset: { id: `asset-${page}-${index % 12}` },
})
const numberOf = ({ id }: Row) => Number(String(id).split('-')[2])
const asset = (page: number, index: number): Row => ({
  id: `asset-${page}-${index}`,
  name: `host-${index}.prod.acme.example`,
  kind: 'HOST',
  criticality: severities[index % 4],
  environment: 'production',
  riskScore: index % 101,
})
const hop = (letter: string, next: string) => ({
  [`Hop${letter}`]: {
    __resolveReference: (key: Row) => key,
    text: ({ id }: Row) => `${letter} of ${id}`,
    ...(next && { next: ({ id }: Row) => ({ id }) }),
  },
})
const hopSdl = (letter: string, next: string) =>
  `type Hop${letter} @key(fields: "id") { id: ID! text: String! ${next && `next: Hop${next}!`} }
   ${next && `type Hop${next} @key(fields: "id", resolvable: false) { id: ID! }`}`

export const subgraphs: BenchSubgraph[] = [
  {
    name: 'alerts',
    sdl: `type Query { alerts(first: Int!, page: Int!): [Alert!]! }
      enum Severity { CRITICAL HIGH MEDIUM LOW }
      type Alert @key(fields: "id") { id: ID! title: String! severity: Severity! status: String! source: String
        occurrences: Int! seenAt: String! asset: Asset }
      type Asset @key(fields: "id", resolvable: false) { id: ID! } ${hopSdl('C', 'D')}`,
    resolvers: {
      Query: { alerts: (_, { first, page }) => range(first, (index) => alert(page, index)) },
      ...hop('C', 'D'),
    },
  },
  {
    name: 'assets',
    sdl: `type Query { assets(first: Int!, page: Int!): [Asset!]! start(page: Int!): HopA! } enum Severity { CRITICAL HIGH MEDIUM LOW }
      type Asset @key(fields: "id") { id: ID! name: String! kind: String! criticality: Severity! environment: String
        riskScore: Int! } ${hopSdl('A', 'B')} ${hopSdl('D', 'E')}`,
    resolvers: {
      Query: {
        assets: (_, { first, page }) => range(first, (index) => asset(page, index)),
        start: (_, { page }) => ({ id: `hop-${page}` }),
      },
      Asset: { __resolveReference: (key) => ({ ...asset(0, numberOf(key)), ...key }) },
      ...hop('A', 'B'),
      ...hop('D', 'E'),
    },
  },
  {
    name: 'vulns',
    sdl: `type Asset @key(fields: "id") { id: ID! openCount: Int! vulnerabilities(first: Int!): [Vulnerability!]! }
      enum Severity { CRITICAL HIGH MEDIUM LOW }
      type Vulnerability { id: ID! cve: String! score: Float! severity: Severity! } ${hopSdl('B', 'C')} ${hopSdl('E', '')}`,
    resolvers: {
      Asset: {
        __resolveReference: (key) => key,
        openCount: (key) => numberOf(key) % 7,
        vulnerabilities: (key, { first }) =>
          range(first, (index) => ({
            id: `${key.id}-${index}`,
            cve: `CVE-2026-${1000 + index}`,
            score: 9.8 - index / 10,
            severity: severities[index % 4],
          })),
      },
      ...hop('B', 'C'),
      ...hop('E', ''),
    },
  },
  {
    // The gateway does not start without a graph that its doors fit.
    name: 'integrations',
    sdl: `type Mutation { startImport(input: StartImportInput!): StartImportPayload }
      input StartImportInput { upload: ID! fileName: String! format: String asset: String }
      type StartImportPayload { run: ImportRun! } type Asset @key(fields: "id", resolvable: false) { id: ID! }
      type ImportRun { id: ID! status: String format: String fileName: String asset: Asset total: Int created: Int
        updated: Int unchanged: Int reopened: Int closed: Int skipped: Int errorCode: String errorMessage: String
        startedAt: String finishedAt: String createdAt: String }`,
    resolvers: {},
  },
]

export const operations = {
  list1:
    'query List1($page: Int!) { alerts(first: 20, page: $page) { id title severity status source occurrences seenAt } }',
  list3: `query List3($page: Int!) { alerts(first: 20, page: $page) { id title severity status asset { id name criticality
    vulnerabilities(first: 3) { cve score severity } } } }`,
  chain5:
    'query Chain5($page: Int!) { start(page: $page) { text next { text next { text next { text next { text } } } } } }',
  wide500:
    'query Wide500($page: Int!) { assets(first: 500, page: $page) { id name kind criticality environment riskScore openCount } }',
} as const
export type OperationName = keyof typeof operations

/** Each operation is asked for so many different pages in turn, so that no two calls at one time are the same. */
export const pages = 200
