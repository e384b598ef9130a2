import { z } from 'zod'
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

/** One search over everything that one may read. */
export const search = (): Route[] => [
  route({
    method: 'GET',
    path: '/search',
    needs: 'signedIn',
    operation: `query Search($query: String!, $kinds: [SearchKind!], $first: Int, $after: String) {
      search(query: $query, kinds: $kinds, first: $first, after: $after) {
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
      kinds: z
        .string()
        .transform((text) => text.split(','))
        .pipe(z.array(z.enum(kinds, `Must be some of ${kinds.join(', ')}`)))
        .optional(),
      limit: z.coerce.number('Must be a number').int().min(1).max(100).default(20),
      cursor: z.string().min(1).max(1_000).optional(),
    }),
    variables: ({ query: { q, kinds: named, limit, cursor } }) => ({
      query: q,
      first: limit,
      ...(named && { kinds: named.map((kind) => kind.toUpperCase()) }),
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
