/** One search over what several subgraphs list: each finds its own, and here they are put in one order. */
import { type Context, callPeer } from '#kit/context.ts'
import { invalid, NexusError } from '#kit/errors.ts'
import type { Severity } from '#kit/severity.ts'
import { lacking, may, type Permission } from '#kit/viewer.ts'

export const kinds = ['asset', 'alert', 'vulnerability'] as const
export type Kind = (typeof kinds)[number]
export type Hit = { kind: Kind; id: string; cursor: string; createdAt: string }
/** What hits must be besides: a kind that does not know one of these has none. */
export type SearchFilter = {
  severity?: readonly Severity[] | null | undefined
  assetId?: readonly string[] | null | undefined
  createdAt?: { from?: Date | null | undefined; to?: Date | null | undefined } | null | undefined
}
export type SearchArgs = {
  query: string
  filter?: SearchFilter | null | undefined
  kinds?: readonly Kind[] | null | undefined
  first?: number | null | undefined
  after?: string | null | undefined
}
export type Found = {
  hits: Hit[]
  hasNextPage: boolean
  missing: Kind[]
  text: string
  filter: SearchFilter
  of: Kind[]
}
export type KindTotal = { kind: Kind; count: number; isExact: boolean }

type Asking = Pick<Context<unknown>, 'transports' | 'sign' | 'viewer' | 'requestId'>
type Room = { subgraph: string; many: string; filter: string; order: string; permission: Permission }

const rooms: Readonly<Record<Kind, Room>> = {
  asset: room('assets', 'assets', 'Asset', 'assets:read'),
  alert: room('alerts', 'alerts', 'Alert', 'alerts:read'),
  vulnerability: room('vulns', 'vulnerabilities', 'Vulnerability', 'vulnerabilities:read'),
}
/** What does not answer by then is left out, and named. In milliseconds. */
const patience = 2_000
const sizes = { usual: 20, most: 100 }

function room(subgraph: string, many: string, type: string, permission: Permission): Room {
  return { subgraph, many, filter: `${type}Filter`, order: `${type}Order`, permission }
}

async function inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
  const late = Promise.withResolvers<never>()
  // It may be there already, where this process itself was busy.
  const timer = setTimeout(() => setImmediate(() => late.reject(new Error('late'))), patience)
  // Nobody hears of one that comes, or fails, after it was left out.
  answer.catch(() => {})
  return Promise.race([answer, late.promise]).finally(() => clearTimeout(timer))
}

/** What each of the kinds answers, and those that do not. A question that none would answer is refused. */
async function askEach<Answer>(
  of: readonly Kind[],
  ask: (kind: Kind, room: Room) => Promise<Answer>,
): Promise<{ answers: Answer[]; missing: Kind[] }> {
  const settled = await Promise.allSettled(of.map((kind) => inTime(ask(kind, rooms[kind]))))
  const answers: Answer[] = []
  const missing: Kind[] = []
  for (const [index, each] of settled.entries()) {
    if (each.status === 'fulfilled') answers.push(each.value)
    else if (each.reason instanceof NexusError && each.reason.code === 'VALIDATION_ERROR') throw each.reason
    else missing.push(of[index]!)
  }
  return { answers, missing }
}

/** The kinds that were named, or all that the viewer may read. Throws FORBIDDEN for one that was named. */
function allowedKinds(viewer: Asking['viewer'], named: SearchArgs['kinds']): Kind[] {
  const refused = named?.find((kind) => !may(viewer, rooms[kind].permission))
  if (refused) throw lacking(rooms[refused].permission)
  return kinds.filter((kind) => (named ? named.includes(kind) : may(viewer, rooms[kind].permission)))
}

/** The filter of a kind's own list. */
const inList = (kind: Kind, text: string, { severity, assetId, createdAt }: SearchFilter) => ({
  search: text,
  ...(severity && { severity: severity.map((each) => each.toUpperCase()) }),
  ...(assetId && { [kind === 'asset' ? 'id' : 'assetId']: assetId }),
  ...(createdAt && { createdAt }),
})

type Listed = {
  edges: { cursor: string; node: { id: string; createdAt: string } }[]
  pageInfo: { hasNextPage: boolean }
}
const newestFirst = (one: Hit, other: Hit): number => {
  const [left, right] = [one.createdAt + one.id, other.createdAt + other.id]
  return left < right ? 1 : left > right ? -1 : 0
}

/** Newest first, told apart by their ids. Throws VALIDATION_ERROR and FORBIDDEN. */
export async function search(context: Asking, args: SearchArgs): Promise<Found> {
  const text = args.query.trim()
  if (text.length === 0 || text.length > 200) throw invalid('query', 'From 1 to 200 characters')
  const first = args.first ?? sizes.usual
  if (first < 0 || first > sizes.most) throw invalid('first', `Must be between 0 and ${sizes.most}`)
  const given = args.filter ?? {}
  const of = allowedKinds(context.viewer, args.kinds).filter((kind) => kind !== 'asset' || !given.severity)
  const { answers, missing } = await askEach(of, async (kind, { subgraph, many, filter, order }) => {
    const answer = await callPeer<Record<string, Listed>>(
      context,
      subgraph,
      `query ($first: Int, $after: String, $filter: ${filter}, $orderBy: ${order}) {
        ${many}(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
          edges { cursor node { id createdAt } } pageInfo { hasNextPage } } }`,
      {
        first,
        after: args.after ?? null,
        filter: inList(kind, text, given),
        orderBy: { field: 'CREATED_AT', direction: 'DESC' },
      },
    )
    const { edges, pageInfo } = answer[many]!
    const hits = edges.map(
      ({ cursor, node }): Hit => ({
        kind,
        id: node.id,
        cursor,
        createdAt: new Date(node.createdAt).toISOString(),
      }),
    )
    return { hits, hasNextPage: pageInfo.hasNextPage }
  })
  const all = answers.flatMap(({ hits }) => hits).sort(newestFirst)
  const hasNextPage = all.length > first || answers.some((each) => each.hasNextPage)
  // Who did not answer is not asked for a total.
  const answering = of.filter((kind) => !missing.includes(kind))
  return { hits: all.slice(0, first), hasNextPage, missing, text, filter: given, of: answering }
}

/** How many there are of each kind that answers. */
export async function totals(
  context: Asking,
  { text, filter: given, of }: Pick<Found, 'text' | 'filter' | 'of'>,
): Promise<KindTotal[]> {
  const { answers } = await askEach(of, async (kind, { subgraph, many, filter }): Promise<KindTotal> => {
    const answer = await callPeer<Record<string, { totalCount: { count: number; type: string } }>>(
      context,
      subgraph,
      `query ($filter: ${filter}) { ${many}(first: 0, filter: $filter) { totalCount { count type } } }`,
      { filter: inList(kind, text, given) },
    )
    const { count, type } = answer[many]!.totalCount
    return { kind, count, isExact: type === 'EXACT' }
  })
  return answers
}
