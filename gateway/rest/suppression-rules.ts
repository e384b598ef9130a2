import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { alert } from './alert.ts'
import { given, severity } from './alerts.ts'
import { list, type Noun, one, time } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const rule: Noun = {
  type: 'SuppressionRule',
  one: 'suppressionRule',
  many: 'suppressionRules',
  needs: 'alerts:read',
  item: 'id name filter reason isActive expiresAt endedAt endedBy { id } createdBy { id } createdAt',
  filters: [],
  time: 'createdAt',
}
const texts = z.array(z.string()).optional()
const filter = z.strictObject({
  severity: z.array(severity).optional(),
  asset_id: texts,
  rule_id: texts,
  source: texts,
  search: z.string().optional(),
})

/** The names of the graph. */
const inGraph = ({ asset_id, rule_id, ...fields }: z.output<typeof filter>): Fields =>
  given({ ...fields, assetId: asset_id, ruleId: rule_id })

type Preview = {
  since: unknown
  alerts: { edges: { node: unknown }[]; total_count: { count: number; type: string } }
}

/** What need not be looked at for a while. */
export const suppressionRules = (graph: GraphQLSchema): Route[] => [
  list(graph, rule, '/suppression-rules'),
  one(rule, '/suppression-rules/:id'),
  route({
    method: 'POST',
    path: '/suppression-rules/preview',
    needs: 'alerts:read',
    operation: `query PreviewSuppression($filter: AlertFilter!) {
      previewSuppression(filter: $filter) {
        since alerts { edges { node { ${alert.item} } } totalCount { count type } }
      }
    }`,
    body: z.strictObject({ filter }),
    variables: ({ body }) => ({ filter: inGraph(body.filter) }),
    data({ previewSuppression }) {
      const { since, alerts } = previewSuppression as Preview
      const { count, type } = alerts.total_count
      return { since, total: count, total_type: type, samples: alerts.edges.map(({ node }) => node) }
    },
  }),
  route({
    method: 'POST',
    path: '/suppression-rules',
    needs: 'alerts:write',
    status: 201,
    operation: `mutation CreateSuppressionRule($input: CreateSuppressionRuleInput!) {
      createSuppressionRule(input: $input) { suppressionRule { ${rule.item} } alertCount }
    }`,
    body: z.strictObject({
      name: z.string('Must be given'),
      filter,
      reason: z.string('Say why'),
      expires_at: time.unwrap(),
      apply_to_open: z.boolean('Must be true or false').optional(),
    }),
    variables: ({ body: { name, filter, reason, expires_at, apply_to_open } }) => ({
      input: given({
        ...{ name, filter: inGraph(filter), reason },
        expiresAt: expires_at,
        applyToOpen: apply_to_open,
      }),
    }),
    data({ createSuppressionRule }) {
      const { suppression_rule, alert_count } = createSuppressionRule as Fields
      return { ...(suppression_rule as Fields), alert_count }
    },
  }),
  // It ends: nothing is deleted.
  route({
    method: 'DELETE',
    path: '/suppression-rules/:id',
    needs: 'alerts:write',
    operation: `mutation EndSuppressionRule($input: EndSuppressionRuleInput!) {
      endSuppressionRule(input: $input) { suppressionRule { ${rule.item} } alertCount }
    }`,
    params: z.object({ id: z.string() }),
    variables: ({ params: { id } }) => ({ input: { id } }),
    data({ endSuppressionRule }) {
      const { suppression_rule, alert_count } = endSuppressionRule as Fields
      return { ...(suppression_rule as Fields), alert_count }
    },
  }),
]
