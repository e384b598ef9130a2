import { z } from 'zod'
import { severities } from '#kit/severity.ts'
import { time } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const kinds = ['asset', 'alert', 'vulnerability'] as const

type Hit = Record<(typeof kinds)[number], Fields | null> & { kind: string }
type Found = {
  edges: { node: Hit }[]
  has_next_page: boolean
  end_cursor: string | null
  missing: string[]
}

const shown = ({ kind, ...of }: Hit): Fields | null => {
  const entity = of[kind as (typeof kinds)[number]]
  // It went, or its subgraph does not answer any more, after it was found.
  return entity && { kind, ...entity }
}

/** Some of these words, with commas between them, as the graph writes them. */
const some = <Word extends string>(words: readonly Word[]) =>
  z
    .string()
    .transform((text) => text.split(','))
    .pipe(
      z.array(z.enum(words, `Must be some of ${words.join(', ')}`).transform((word) => word.toUpperCase())),
    )
    .optional()

/** One search over everything that one may read. */
export const search = (): Route[] => [
  route({
    method: 'GET',
    path: '/search',
    needs: 'signedIn',
    operation: `query Search($query: String!, $kinds: [SearchKind!], $filter: SearchFilter, $first: Int, $after: String) {
      search(query: $query, kinds: $kinds, filter: $filter, first: $first, after: $after) {
        edges { node {
          kind
          asset { id name type criticality riskScore createdAt }
          alert { id title severity status createdAt }
          vulnerability { id title cveId severity status createdAt }
        } }
        hasNextPage endCursor missing
      }
    }`,
    query: z.strictObject({
      q: z.string('Say what to search for').min(1).max(200),
      kinds: some(kinds),
      severity: some(severities),
      asset_id: z
        .string()
        .transform((text) => text.split(','))
        .optional(),
      from: time,
      to: time,
      limit: z.coerce.number('Must be a number').int().min(1).max(100).default(20),
      cursor: z.string().min(1).max(1_000).optional(),
    }),
    variables: ({ query: { q, kinds: named, severity, asset_id, from, to, limit, cursor } }) => ({
      query: q,
      first: limit,
      ...(named && { kinds: named }),
      filter: {
        ...(severity && { severity }),
        ...(asset_id && { assetId: asset_id }),
        ...((from || to) && { createdAt: { from, to } }),
      },
      ...(cursor && { after: cursor }),
    }),
    data: ({ search: found }, { query: { limit } }) => {
      const { edges, has_next_page, end_cursor, missing } = found as Found
      return {
        items: edges.flatMap(({ node }) => shown(node) ?? []),
        pagination: { limit, nextCursor: has_next_page ? end_cursor : null },
        missing,
      }
    },
  }),
]
