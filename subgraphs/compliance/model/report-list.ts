/** The lists that a report can be of: what is asked of their owners, and the columns it becomes. */
import { type Context, callPeer } from '#kit/context.ts'
import { maskText } from '#kit/masking.ts'
import type { Permission } from '#kit/viewer.ts'
import type { ReportFilter, ReportList } from '../tables.ts'

type Fields = Readonly<Record<string, unknown>>
/** A row of a report: names in snake_case, enum values in lower case, as REST has them. */
export type Row = Record<string, unknown>
type Source = {
  subgraph: string
  field: string
  permission: Permission
  /** One that never changes of an item, so that a page turned while it does neither skips nor repeats one. */
  order: string
  filters: readonly string[]
  /** Paths of the graph; `asset.id` becomes `asset_id`, a name with `!` holds an enum, one with `~` what people write. */
  columns: readonly string[]
}

const seen = ['firstSeenAt', 'lastSeenAt', 'createdAt', 'updatedAt']

export const lists: Readonly<Record<ReportList, Source>> = {
  assets: {
    subgraph: 'assets',
    field: 'assets',
    permission: 'assets:read',
    order: 'CREATED_AT',
    filters: ['search'],
    columns: [
      ...['id', 'externalId', 'name~', 'type!', 'environment!', 'criticality!', 'exposure!'],
      ...['dataClassification!', 'lifecycle!', 'riskScore', ...seen],
    ],
  },
  alerts: {
    subgraph: 'alerts',
    field: 'alerts',
    permission: 'alerts:read',
    order: 'CREATED_AT',
    filters: ['severity', 'search'],
    columns: [
      ...['id', 'asset.id', 'severity!', 'status!', 'title~', 'description~', 'source', 'sourceRef'],
      ...['assignee.id', 'occurrenceCount', ...seen, 'acknowledgedAt', 'resolvedAt'],
    ],
  },
  vulnerabilities: {
    subgraph: 'vulns',
    field: 'vulnerabilities',
    permission: 'vulnerabilities:read',
    order: 'CREATED_AT',
    filters: ['severity', 'search'],
    columns: [
      ...['id', 'asset.id', 'kind!', 'cveId', 'aliases', 'cwes', 'ruleId', 'severity!', 'cvssScore'],
      ...['cvssVector', 'status!', 'presence!', 'title~', 'description~', 'remediation~', 'component.name'],
      ...['component.version', 'component.purl', 'component.path', 'location.path', 'location.line'],
      ...['fixedVersions', 'sources', 'reopenCount', 'dueAt', ...seen, 'resolvedAt'],
    ],
  },
  controls: {
    subgraph: 'compliance',
    field: 'controls',
    permission: 'compliance:read',
    order: 'CODE',
    filters: ['search'],
    columns: [
      ...['id', 'framework.name', 'framework.version', 'parent.code', 'code', 'title', 'section', 'status!'],
      ...['createdAt', 'updatedAt'],
    ],
  },
}

type Column = { name: string; path: string[]; kind: 'enum' | 'text' | 'plain' }
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const columnsOf = ({ columns }: Source): Column[] =>
  columns.map((column) => {
    const path = column.replace(/[!~]$/, '').split('.')
    const kind = column.endsWith('!') ? 'enum' : column.endsWith('~') ? 'text' : 'plain'
    return { name: snake(path.join('_')), path, kind }
  })

function rowOf(columns: readonly Column[], node: Fields): Row {
  const read = ({ path, kind }: Column) => {
    const value = path.reduce<unknown>((of, part) => (of as Fields | null)?.[part] ?? null, node)
    if (typeof value !== 'string' || kind === 'plain') return value
    return kind === 'enum' ? value.toLowerCase() : maskText(value)
  }
  return Object.fromEntries(columns.map((column) => [column.name, read(column)]))
}

type Page = {
  edges: { node: Fields }[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
  totalCount?: { count: number; type: 'EXACT' | 'AT_LEAST' }
}
const pageSize = 500

/** The names of a list's columns, in their order. */
export const namesOf = (list: ReportList): string[] => columnsOf(lists[list]).map(({ name }) => name)

export type Listed = { rows: Row[]; total: number | null }

/** A list page by page, as its owner answers the member who asks; `total` is null where nobody has counted. */
export async function* pagesOf(
  context: Pick<Context<unknown>, 'transports' | 'sign' | 'viewer' | 'requestId'>,
  list: ReportList,
  { severity, ...filter }: ReportFilter,
): AsyncGenerator<Listed> {
  const source = lists[list]
  const columns = columnsOf(source)
  const nodes = columns.map(({ path }) => path.join(' { ') + ' }'.repeat(path.length - 1)).join(' ')
  const type = `${list[0]!.toUpperCase()}${list.slice(1).replace(/ies$/, 'y').replace(/s$/, '')}`
  const query = `query ($first: Int, $after: String, $filter: ${type}Filter, $orderBy: ${type}Order, $counts: Boolean!) {
    ${source.field}(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
      edges { node { ${nodes} } }
      pageInfo { hasNextPage endCursor }
      totalCount @include(if: $counts) { count type }
    }
  }`
  const variables = {
    first: pageSize,
    filter: { ...filter, ...(severity && { severity: severity.map((each) => each.toUpperCase()) }) },
    orderBy: { field: source.order, direction: 'ASC' },
  }
  let total: number | null = null
  let after: string | null = null
  do {
    const asked = { ...variables, after, counts: after === null }
    const answer: Record<string, Page> = await callPeer(context, source.subgraph, query, asked)
    const { edges, pageInfo, totalCount } = answer[source.field]!
    if (totalCount?.type === 'EXACT') total = totalCount.count
    yield { rows: edges.map(({ node }) => rowOf(columns, node)), total }
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null
  } while (after !== null)
}
