import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { list, type Noun } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const rule: Noun = {
  type: 'RecurrenceRule',
  one: 'recurrenceRule',
  many: 'recurrenceRules',
  needs: 'alerts:read',
  item: 'id source ruleId windowHours groupingFields createdBy { id } createdAt endedAt endedBy { id }',
  filters: ['source', 'ruleId', 'isActive'],
}
const text = z.string('Must be given').max(200)
const tried = {
  source: text,
  rule_id: text,
  window_hours: z.int('Must be a number of hours'),
  grouping_fields: z.array(text).max(10),
}
type Tried = z.output<z.ZodObject<typeof tried>>

const inGraph = ({ source, rule_id, window_hours, grouping_fields }: Tried): Fields => ({
  ...{ source, ruleId: rule_id, windowHours: window_hours, groupingFields: grouping_fields },
})

/** How repeats of the alerts of one rule of a source count. */
export const recurrenceRules = (graph: GraphQLSchema): Route[] => [
  list(graph, rule, '/recurrence-rules'),
  route({
    method: 'POST',
    path: '/recurrence-rules/preview',
    needs: 'alerts:read',
    operation: `query PreviewRecurrence($input: PreviewRecurrenceInput!) {
      previewRecurrence(input: $input) { alerts groups refused }
    }`,
    body: z.strictObject(tried),
    variables: ({ body }) => ({ input: inGraph(body) }),
    data: ({ previewRecurrence }) => previewRecurrence,
  }),
  route({
    method: 'POST',
    path: '/recurrence-rules',
    needs: 'alerts:write',
    status: 201,
    operation: `mutation SetRecurrenceRule($input: SetRecurrenceRuleInput!) {
      setRecurrenceRule(input: $input) { recurrenceRule { ${rule.item} } }
    }`,
    body: z.strictObject({ ...tried, expected_groups: z.int('Must be what the preview told') }),
    variables: ({ body: { expected_groups, ...body } }) => ({
      input: { ...inGraph(body), expectedGroups: expected_groups },
    }),
    data: ({ setRecurrenceRule }) => (setRecurrenceRule as Fields).recurrence_rule,
  }),
  // It ends: nothing is deleted.
  route({
    method: 'DELETE',
    path: '/recurrence-rules/:id',
    needs: 'alerts:write',
    operation: `mutation EndRecurrenceRule($input: EndRecurrenceRuleInput!) {
      endRecurrenceRule(input: $input) { recurrenceRule { ${rule.item} } }
    }`,
    params: z.object({ id: z.string() }),
    variables: ({ params: { id } }) => ({ input: { id } }),
    data: ({ endRecurrenceRule }) => (endRecurrenceRule as Fields).recurrence_rule,
  }),
]
