import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { list, type Noun, one, stats } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const alert: Noun = {
  type: 'Alert',
  one: 'alert',
  many: 'alerts',
  needs: 'alerts:read',
  item: `id organization { id } asset { id } severity status title description source metadata
    assignee { id } occurrenceCount firstSeenAt lastSeenAt acknowledgedAt createdAt updatedAt resolvedAt`,
  filters: ['severity', 'status', 'assetId', 'source', 'search'],
}

export const alerts = (graph: GraphQLSchema): Route[] => [
  list(graph, alert, '/alerts'),
  stats(
    '/alerts/stats',
    alert.needs,
    'alertStats',
    'total open bySeverity { key count } byStatus { key count }',
  ),
  one(alert, '/alerts/:id'),
  route({
    method: 'POST',
    path: '/alerts/:id/acknowledge',
    needs: 'alerts:write',
    operation: `mutation AcknowledgeAlert($input: AcknowledgeAlertInput!) {
      acknowledgeAlert(input: $input) { alert { ${alert.item} } }
    }`,
    params: z.object({ id: z.string() }),
    variables: ({ params: { id } }) => ({ input: { id } }),
    data: ({ acknowledgeAlert }) => (acknowledgeAlert as Fields).alert,
  }),
]
