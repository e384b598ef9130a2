import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { countsOf, list, type Noun, time } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const stats = (field: string) => `${field} { total open bySeverity { key count } byStatus { key count } }`

const drillDown = 'drillDown { list filter }'
const metric = `name unit value n p50 p90 ${drillDown}
  groups { key value n p50 p90 ${drillDown} }
  series { day value n }
  previous { value n p50 p90 series { day value n } ${drillDown} }`

const saved: Noun = {
  type: 'SavedMetric',
  one: 'savedMetric',
  many: 'savedMetrics',
  needs: 'reports:read',
  item: 'id name metric filter groupBy days compares createdBy { id } createdAt',
  filters: ['metric'],
}

const json = z
  .string()
  .max(10_000)
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown
    } catch {
      context.addIssue({ code: 'custom', message: 'Must be JSON' })
      return z.NEVER
    }
  })
const ranges = {
  filter: json.optional(),
  from: time,
  to: time,
  compare_from: time,
  compare_to: time,
}
type Ranges = {
  filter?: unknown
  from?: string
  to?: string
  compare_from?: string
  compare_to?: string
}
const paired = (of: Ranges) => !of.from === !of.to && !of.compare_from === !of.compare_to
const both = { path: ['from'], error: 'Give both ends of a period' }

const operation = (name: string) => `query ${name}(
    $name: String!, $filter: JSON, $groupBy: String, $period: MetricPeriod, $compareTo: MetricPeriod
  ) {
    metric(name: $name, filter: $filter, groupBy: $groupBy, period: $period, compareTo: $compareTo) { ${metric} }
  }`
const rangesOf = ({ filter, from, to, compare_from, compare_to }: Ranges) => ({
  ...(filter !== undefined && { filter }),
  ...(from && { period: { from, to } }),
  ...(compare_from && { compareTo: { from: compare_from, to: compare_to } }),
})

/** What the whole platform has to say at a glance, one figure of it, and those that people have put together. */
export const metrics = (graph: GraphQLSchema): Route[] => [
  route({
    method: 'GET',
    path: '/metrics/dashboard',
    needs: ['assets:read', 'alerts:read', 'vulnerabilities:read'],
    operation: `query Dashboard {
      assetStats { total byType { key count } byCriticality { key count } }
      ${stats('alertStats')} ${stats('vulnerabilityStats')}
    }`,
    data: ({ assetStats, alertStats, vulnerabilityStats }) => ({
      assets: countsOf(assetStats as Fields),
      alerts: countsOf(alertStats as Fields),
      vulnerabilities: countsOf(vulnerabilityStats as Fields),
    }),
  }),
  route({
    method: 'GET',
    path: '/metrics',
    needs: 'signedIn',
    operation: 'query Metrics { metrics { name description unit list time groups } }',
    data: ({ metrics: items }) => ({ items }),
  }),
  route({
    method: 'GET',
    path: '/metrics/trends',
    needs: 'signedIn',
    operation: operation('MetricTrend'),
    query: z
      .strictObject({ metric: z.string('Say which metric').min(1).max(100), ...ranges })
      .refine(paired, both),
    variables: ({ query }) => ({ name: query.metric, groupBy: 'day', ...rangesOf(query as Ranges) }),
    data: (answer) => answer.metric,
  }),
  list(graph, saved, '/metrics/custom'),
  route({
    method: 'GET',
    path: '/metrics/custom/:id',
    needs: 'reports:read',
    noun: 'SavedMetric',
    operation: `query SavedMetric($id: ID!) { savedMetric(id: $id) { ${saved.item} result { ${metric} } } }`,
    params: z.object({ id: z.string() }),
    variables: ({ params: { id } }) => ({ id }),
    data: (answer) => answer.savedMetric,
  }),
  route({
    method: 'POST',
    path: '/metrics/custom',
    status: 201,
    needs: 'reports:create',
    operation: `mutation CreateSavedMetric($input: CreateSavedMetricInput!) {
      createSavedMetric(input: $input) { savedMetric { ${saved.item} } }
    }`,
    body: z.strictObject({
      name: z.string().min(1).max(100),
      metric: z.string().min(1).max(100),
      filter: z.record(z.string(), z.unknown()).optional(),
      group_by: z.string().max(50).optional(),
      days: z.number().int().min(1).max(400).optional(),
      compares: z.boolean().optional(),
    }),
    variables: ({ body: { group_by, ...input } }) => ({
      input: { ...input, ...(group_by !== undefined && { groupBy: group_by }) },
    }),
    data: ({ createSavedMetric }) => (createSavedMetric as Fields).saved_metric,
  }),
  route({
    method: 'DELETE',
    path: '/metrics/custom/:id',
    needs: 'reports:create',
    operation: `mutation RemoveSavedMetric($input: RemoveSavedMetricInput!) {
      removeSavedMetric(input: $input) { savedMetric { ${saved.item} } }
    }`,
    params: z.object({ id: z.string() }),
    variables: ({ params: { id } }) => ({ input: { id } }),
    data: ({ removeSavedMetric }) => (removeSavedMetric as Fields).saved_metric,
  }),
  route({
    method: 'GET',
    path: '/metrics/:name',
    needs: 'signedIn',
    operation: operation('OneMetric'),
    params: z.object({ name: z.string() }),
    query: z.strictObject({ ...ranges, group_by: z.string().min(1).max(50).optional() }).refine(paired, both),
    variables: ({ params: { name }, query }) => ({
      name,
      ...(query.group_by && { groupBy: query.group_by }),
      ...rangesOf(query as Ranges),
    }),
    data: (answer) => answer.metric,
  }),
]
