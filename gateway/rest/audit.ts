import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { notFound } from '#kit/errors.ts'
import { list, type Noun, time } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

export const auditEvent: Noun = {
  type: 'AuditEvent',
  one: 'auditEvent',
  many: 'auditEvents',
  needs: 'audit:read',
  item: `id at actorKind actor { id } apiKeyId ip userAgent service requestId operation subgraph outcome code
    subjectType subjectId changes sequence hash`,
  filters: ['actorId', 'apiKeyId', 'operation', 'outcome', 'subjectType', 'subjectId', 'requestId'],
  time: 'at',
}

/** Asks for the organization of the path as well: there is no trail of one that is not there. */
function under(row: Route): Route {
  const operation = row.operation
    .replace(/\(\s*\$/, '($id: ID!, $')
    .replace(/\{/, '{ organization(id: $id) { id }')
  return {
    ...row,
    needs: ['organization:read', 'audit:read'],
    operation,
    params: z.object({ id: z.string() }),
    variables: (input, request) => ({ ...row.variables?.(input, request), id: (input.params as Fields).id }),
    data: (answer, input) => {
      // Of those, too, who may not see who acted: what hangs on the events has nothing to say here.
      if (!answer.organization_id) throw notFound('Organization')
      return row.data(answer, input)
    },
  } as Route
}

export const audit = (graph: GraphQLSchema): Route[] => [
  under(list(graph, auditEvent, '/organizations/:id/audit')),
]

/** One page of an export. */
export const exportAudit: Route = under(
  route({
    method: 'GET',
    path: '/organizations/:id/audit/export',
    needs: 'audit:read',
    operation: `query AuditExport($after: String, $filter: AuditEventFilter) {
      auditEvents(first: 100, after: $after, filter: $filter, orderBy: { field: AT, direction: ASC }) {
        edges { node { ${auditEvent.item} } }
        pageInfo { hasNextPage endCursor }
      }
    }`,
    query: z.strictObject({
      format: z.enum(['json', 'csv'], 'Must be json or csv').default('json'),
      from: time,
      to: time,
      after: z.string().optional(),
    }),
    variables: ({ query: { from, to, after } }) => ({ after, filter: { at: { from, to } } }),
    data: ({ auditEvents }) => auditEvents,
  }),
)
