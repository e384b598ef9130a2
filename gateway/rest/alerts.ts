import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { list, type Noun, one, stats, time } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const alert: Noun = {
  type: 'Alert',
  one: 'alert',
  many: 'alerts',
  needs: 'alerts:read',
  item: `id organization { id } asset { id } severity confidence priority status verdict resolutionNote title
    description source sourceRef ruleId attacks metadata assignee { id } occurrenceCount reopenCount
    firstSeenAt lastSeenAt acknowledgedAt acknowledgedBy { id } ackDueAt resolveDueAt slaState holdUntil holdReason
    createdAt updatedAt resolvedAt resolvedBy { id } archivedAt version`,
  filters: [
    ...[
      'severity',
      'status',
      'priority',
      'verdict',
      'slaState',
      'assetId',
      'assigneeId',
      'incidentId',
      'ruleId',
    ],
    ...['source', 'search'],
  ],
  time: 'createdAt',
}
const byId = z.object({ id: z.string() })
const version = z.int('Must be a number').optional()

/** One that is left out is not given. */
const given = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

type Step = {
  /** The last part of its path, and the mutation. */
  step: string
  mutation: string
  body?: z.ZodRawShape
  needs?: Route['needs']
  input?(body: Fields): Fields
}

/** A mutation of one alert, by the id in the path. */
function change({
  step,
  mutation,
  body = {},
  needs = 'alerts:write',
  input = (fields) => fields,
}: Step): Route {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}`
  return route({
    method: 'POST',
    path: `/alerts/:id/${step}`,
    needs: needs as 'alerts:write',
    operation: `mutation ${type}($input: ${type}Input!) {
      ${mutation}(input: $input) { alert { ${alert.item} } }
    }`,
    params: byId,
    body: z.strictObject({ ...body, version }) as unknown as z.ZodType<Fields>,
    variables: ({ params: { id }, body: { version, ...fields } }) => ({
      input: given({ id, ...input(fields), expectedVersion: version }),
    }),
    data: (answer) => (answer[mutation] as Fields).alert,
  })
}

const verdicts = [
  ...['true_positive', 'false_positive', 'benign', 'duplicate', 'test', 'disregard', 'insufficient_data'],
]
const verdict = z
  .enum(verdicts, `Must be one of ${verdicts.join(', ')}`)
  .transform((name) => name.toUpperCase())
  .optional()

export const alerts = (graph: GraphQLSchema): Route[] => [
  list(graph, alert, '/alerts'),
  stats(
    '/alerts/stats',
    alert.needs,
    'alertStats',
    'total open bySeverity { key count } byStatus { key count }',
  ),
  one(alert, '/alerts/:id'),
  change({ step: 'acknowledge', mutation: 'acknowledgeAlert' }),
  change({ step: 'start', mutation: 'startAlert' }),
  change({
    step: 'hold',
    mutation: 'holdAlert',
    body: { reason: z.string('Say why it waits'), hold_until: time.unwrap() },
    input: ({ reason, hold_until }) => ({ reason, holdUntil: hold_until }),
  }),
  change({ step: 'resolve', mutation: 'resolveAlert', body: { verdict, note: z.string().optional() } }),
  change({ step: 'reopen', mutation: 'reopenAlert' }),
  change({ step: 'archive', mutation: 'archiveAlert' }),
  change({
    step: 'assign',
    mutation: 'assignAlert',
    needs: ['users:read', 'alerts:write'],
    body: { user_id: z.string().nullable() },
    input: ({ user_id }) => ({ userId: user_id }),
  }),
]
