import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { list, type Noun, time } from './list.ts'
import { type Route, route } from './route.ts'

const framework: Noun = {
  type: 'Framework',
  one: 'framework',
  many: 'frameworks',
  needs: 'compliance:read',
  item: 'id name version catalogUri createdAt updatedAt',
  filters: ['search'],
}
const control: Noun = {
  type: 'Control',
  one: 'control',
  many: 'controls',
  needs: 'compliance:read',
  item: 'id framework { id } parent { id } code title section status createdAt updatedAt',
  filters: ['frameworkId', 'search'],
}

const posture: Route = route({
  method: 'GET',
  path: '/compliance/posture',
  needs: 'compliance:read',
  operation: `query Posture($frameworkId: ID, $asOf: DateTime) {
    posture(frameworkId: $frameworkId, asOf: $asOf) { framework { id name version } score coverage grade total applicable
      assessed passed warned failed notAssessed unmappedChecks }
  }`,
  query: z.strictObject({ framework_id: z.string().min(1).max(200).optional(), as_of: time }),
  variables: ({ query }) => ({ frameworkId: query.framework_id, asOf: query.as_of }),
  data: (answer) => answer.posture,
})

export const compliance = (graph: GraphQLSchema): Route[] => [
  list(graph, framework, '/compliance/frameworks'),
  list(graph, control, '/compliance/controls'),
  posture,
]
