import type { GraphQLSchema } from 'graphql'
import { list, type Noun, one, stats } from './list.ts'
import type { Route } from './route.ts'

const asset: Noun = {
  type: 'Asset',
  one: 'asset',
  many: 'assets',
  needs: 'assets:read',
  item: `id organization { id } externalId type name environment criticality exposure dataClassification
    lifecycle riskScore metadata firstSeenAt lastSeenAt createdAt updatedAt`,
  filters: ['type', 'lifecycle', 'criticality', 'environment', 'search'],
}

export const assets = (graph: GraphQLSchema): Route[] => [
  list(graph, asset, '/assets'),
  list(graph, { ...asset, filters: [] }, '/assets/search', 'q'),
  stats(
    '/assets/stats',
    asset.needs,
    'assetStats',
    'total byType { key count } byLifecycle { key count } byCriticality { key count }',
  ),
  one(asset, '/assets/:id'),
]
