import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { alert } from './alert.ts'
import { list, one, stats, time } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const byId = z.object({ id: z.string() })
const version = z.int('Must be a number').optional()

/** What is left out is not given. */
export const given = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** A word of an enum, as the graph writes it. */
export const word = (...words: readonly [string, ...string[]]) =>
  z.enum(words, `Must be one of ${words.join(', ')}`).transform((name) => name.toUpperCase())

type Step = {
  /** The last part of its path, and the mutation. */
  step: string
  mutation: string
  method?: Route['method']
  body?: z.ZodRawShape
  needs?: Route['needs']
  input?(body: Fields): Fields
}

/** A mutation of one alert, by the id in the path. */
function change({ step, mutation, method = 'POST', body = {}, needs = 'alerts:write', input }: Step): Route {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}`
  return route({
    method,
    path: `/alerts/:id${step}`,
    needs: needs as 'alerts:write',
    operation: `mutation ${type}($input: ${type}Input!) {
      ${mutation}(input: $input) { alert { ${alert.item} } }
    }`,
    params: byId,
    body: z.strictObject({ ...body, version }) as unknown as z.ZodType<Fields>,
    variables: ({ params: { id }, body: { version, ...fields } }) => ({
      input: given({ id, ...(input?.(fields) ?? fields), expectedVersion: version }),
    }),
    data: (answer) => (answer[mutation] as Fields).alert,
  })
}

export const severity = word('critical', 'high', 'medium', 'low', 'info', 'unknown')
const confidence = word('high', 'medium', 'low', 'unknown').optional()
const priority = word('p1', 'p2', 'p3', 'p4').optional()
const attacks = z.array(z.string()).optional()
const related = z.array(z.string()).optional()
const verdict = word(
  ...(['true_positive', 'false_positive', 'benign', 'duplicate', 'test', 'disregard'] as const),
  'insufficient_data',
).optional()
const text = z.string('Must be given')

const create: Route = route({
  method: 'POST',
  path: '/alerts',
  needs: ['alerts:write', 'assets:read'],
  status: 201,
  operation: `mutation CreateAlert($input: CreateAlertInput!) {
    createAlert(input: $input) { alert { ${alert.item} } }
  }`,
  body: z.strictObject({
    ...{ title: text, severity, confidence, priority, attacks },
    description: z.string().optional(),
    asset_id: z.string().optional(),
    related_vulnerability_ids: related,
  }),
  variables: ({ body: { asset_id, related_vulnerability_ids, ...fields } }) => ({
    input: given({ ...fields, assetId: asset_id, relatedVulnerabilityIds: related_vulnerability_ids }),
  }),
  data: ({ createAlert }) => (createAlert as Fields).alert,
})

const ingest: Route = route({
  method: 'POST',
  path: '/alerts/ingest',
  needs: 'alerts:write',
  operation: `mutation IngestAlerts($input: IngestAlertsInput!) {
    ingestAlerts(input: $input) {
      created repeated reopened succeeded suppressed refused items { index outcome alertId message }
    }
  }`,
  body: z.strictObject({
    source: text,
    alerts: z
      .array(
        z.strictObject({
          ...{ title: text, severity, confidence, attacks },
          source_ref: z.string().optional(),
          rule_id: z.string().optional(),
          asset_id: z.string().optional(),
          description: z.string().optional(),
          metadata: z.record(z.string(), z.unknown(), 'Must be an object').optional(),
        }),
        'Must be a list of alerts',
      )
      .max(1_000, 'At most 1000 at once'),
  }),
  variables: ({ body: { source, alerts } }) => ({
    input: {
      source,
      alerts: alerts.map(({ source_ref, rule_id, asset_id, ...fields }) =>
        given({ ...fields, sourceRef: source_ref, ruleId: rule_id, assetId: asset_id }),
      ),
    },
  }),
  data: ({ ingestAlerts }) => ingestAlerts,
})

export const alerts = (graph: GraphQLSchema): Route[] => [
  list(graph, alert, '/alerts'),
  stats(
    '/alerts/stats',
    alert.needs,
    'alertStats',
    'total open bySeverity { key count } byStatus { key count }',
  ),
  one(alert, '/alerts/:id'),
  create,
  ingest,
  change({
    ...{ step: '', mutation: 'updateAlert', method: 'PUT' },
    body: { priority, attacks, related_vulnerability_ids: related },
    input: ({ related_vulnerability_ids, ...fields }) => ({
      ...fields,
      relatedVulnerabilityIds: related_vulnerability_ids,
    }),
  }),
  change({ step: '/acknowledge', mutation: 'acknowledgeAlert' }),
  change({ step: '/start', mutation: 'startAlert' }),
  change({
    step: '/hold',
    mutation: 'holdAlert',
    body: { reason: z.string('Say why it waits'), hold_until: time.unwrap() },
    input: ({ reason, hold_until }) => ({ reason, holdUntil: hold_until }),
  }),
  change({ step: '/resolve', mutation: 'resolveAlert', body: { verdict, note: z.string().optional() } }),
  change({ step: '/reopen', mutation: 'reopenAlert' }),
  change({ step: '/archive', mutation: 'archiveAlert' }),
  change({
    step: '/assign',
    mutation: 'assignAlert',
    needs: ['alerts:write', 'users:read'],
    body: { user_id: z.string().nullable() },
    input: ({ user_id }) => ({ userId: user_id }),
  }),
]
