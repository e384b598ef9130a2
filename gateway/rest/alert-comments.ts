import { z } from 'zod'
import { given } from './alerts.ts'
import { type Fields, type Route, route } from './route.ts'

const byId = z.object({ id: z.string() })
const comment = 'id author { id } body createdAt editedAt removedAt removedBy { id } version'
const text = z.string('Must be given')

type Page = {
  edges: { node: unknown }[]
  page_info: { has_next_page: boolean; end_cursor: string | null }
}

/** What people say of alerts, and all that happened to one. */
export const alertComments = (): Route[] => [
  route({
    method: 'GET',
    path: '/alerts/:id/timeline',
    needs: 'alerts:read',
    noun: 'Alert',
    operation: `query AlertTimeline($id: ID!, $first: Int, $after: String) {
      alert(id: $id) {
        timeline(first: $first, after: $after) {
          edges {
            node {
              id at kind by { id } fromStatus status fromAssignee { id } assignee { id } fromIncident { id }
              incident { id } verdict priority note comment { ${comment} } occurrences lastAt
            }
          }
          pageInfo { hasNextPage endCursor }
        }
      }
    }`,
    params: byId,
    query: z.strictObject({
      limit: z.coerce.number('Must be a number').int().min(1).max(100).default(20),
      cursor: z.string().min(1).max(1_000).optional(),
    }),
    variables: ({ params: { id }, query: { limit, cursor } }) => given({ id, first: limit, after: cursor }),
    data({ alert }, { query: { limit } }) {
      if (!alert) return null
      const { edges, page_info } = (alert as { timeline: Page }).timeline
      const nextCursor = page_info.has_next_page ? page_info.end_cursor : null
      return { items: edges.map(({ node }) => node), pagination: { limit, nextCursor } }
    },
  }),
  route({
    method: 'POST',
    path: '/alerts/:id/comments',
    needs: 'alerts:write',
    status: 201,
    operation: `mutation AddComment($input: AddCommentInput!) { addComment(input: $input) { comment { ${comment} } } }`,
    params: byId,
    body: z.strictObject({ body: text }),
    variables: ({ params: { id }, body: { body } }) => ({ input: { alertId: id, body } }),
    data: ({ addComment }) => (addComment as Fields).comment,
  }),
  route({
    method: 'PUT',
    path: '/comments/:id',
    needs: 'alerts:write',
    operation: `mutation EditComment($input: EditCommentInput!) { editComment(input: $input) { comment { ${comment} } } }`,
    params: byId,
    body: z.strictObject({ body: text, version: z.int('Must be a number').optional() }),
    variables: ({ params: { id }, body: { body, version } }) => ({
      input: given({ id, body, expectedVersion: version }),
    }),
    data: ({ editComment }) => (editComment as Fields).comment,
  }),
  // Nothing is deleted: that there was a comment stays.
  route({
    method: 'DELETE',
    path: '/comments/:id',
    needs: 'alerts:write',
    operation: `mutation RemoveComment($input: RemoveCommentInput!) {
      removeComment(input: $input) { comment { ${comment} } }
    }`,
    params: byId,
    variables: ({ params: { id } }) => ({ input: { id } }),
    data: ({ removeComment }) => (removeComment as Fields).comment,
  }),
]
