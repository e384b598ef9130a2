import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { list, type Noun } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const proposal: Noun = {
  type: 'AssetProposal',
  one: 'assetProposal',
  many: 'assetProposals',
  needs: 'assets:read',
  item: `id asset { id } other { id } evidence { kind value } state version createdAt lastSeenAt decidedAt`,
  filters: ['state', 'assetId'],
}
const conflict: Noun = {
  type: 'AssetConflict',
  one: 'assetConflict',
  many: 'assetConflicts',
  needs: 'assets:read',
  item: `id asset { id } other { id } reason kind value occurrences version createdAt lastSeenAt dismissedAt`,
  filters: ['assetId', 'isDismissed'],
}

/** What somebody says of a doubt: POST to its path and the step. */
function decide(noun: Noun, path: string, mutation: string): Route {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}`
  return route({
    method: 'POST',
    path,
    needs: 'assets:write',
    operation: `mutation ${type}($input: ${type}Input!) {
      ${mutation}(input: $input) { ${noun.one} { ${noun.item} } }
    }`,
    params: z.object({ id: z.string() }),
    body: z.strictObject({ version: z.int('Must be a number').optional() }),
    variables: ({ params: { id }, body: { version } }) => ({
      input: { id, expectedVersion: version ?? null },
    }),
    data: (answer) => Object.values(answer[mutation] as Fields)[0],
  })
}

/** Assets that may be one, and what cannot be true of them. */
export const assetDoubts = (graph: GraphQLSchema): Route[] => [
  list(graph, proposal, '/assets/proposals'),
  decide(proposal, '/assets/proposals/:id/accept', 'acceptAssetProposal'),
  decide(proposal, '/assets/proposals/:id/dismiss', 'dismissAssetProposal'),
  list(graph, conflict, '/assets/conflicts'),
  decide(conflict, '/assets/conflicts/:id/dismiss', 'dismissAssetConflict'),
]
