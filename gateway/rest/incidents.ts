import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { given, severity, word } from './alerts.ts'
import { list, type Noun, one } from './list.ts'
import type { Fields, Route } from './route.ts'

const incident: Noun = {
  type: 'Incident',
  one: 'incident',
  many: 'incidents',
  needs: 'alerts:read',
  item: `id title severity status assignee { id } alerts(first: 0) { totalCount { count } } createdBy { id } createdAt
    updatedAt resolvedAt closedAt version`,
  filters: ['severity', 'status', 'assigneeId'],
  time: 'createdAt',
}
const byId = z.object({ id: z.string() })
const ids = z.array(z.string(), 'Must be a list of ids').max(1_000, 'At most 1000')

/** How many alerts are in it, instead of none of them. */
const shown = (item: Fields): Fields => {
  const { alerts, ...fields } = item as { alerts: { total_count: { count: number } } }
  return { ...fields, alert_count: alerts.total_count.count }
}

type Change = Pick<Route, 'method' | 'path' | 'needs' | 'status'> & { mutation: string }

/** A mutation of an incident. */
function change<Params, Body>(
  { mutation, ...row }: Change,
  reads: { params?: z.ZodType<Params>; body: z.ZodType<Body> },
  input: (of: { params: Params; body: Body }) => Fields,
): Route {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}`
  return {
    ...row,
    operation: `mutation ${type}($input: ${type}Input!) {
      ${mutation}(input: $input) { incident { ${incident.item} } }
    }`,
    ...reads,
    variables: (of: { params: Params; body: Body }) => ({ input: given(input(of)) }),
    data: (answer: Fields) => shown((answer[mutation] as { incident: Fields }).incident),
  } as unknown as Route
}

const needs: Route['needs'] = ['alerts:write', 'users:read']

/** Puts alerts into an incident, or takes them out. */
const move = (path: string, mutation: string): Route =>
  change(
    { method: 'POST', path, mutation, needs: 'alerts:write' },
    { params: byId, body: z.strictObject({ alert_ids: ids }) },
    ({ params: { id }, body: { alert_ids } }) => ({ incidentId: id, alertIds: alert_ids }),
  )

function listed(graph: GraphQLSchema): Route {
  const row = list(graph, incident, '/incidents')
  return {
    ...row,
    data: (answer, input) => {
      const { items, ...rest } = row.data(answer, input) as { items: Fields[] }
      return { items: items.map(shown), ...rest }
    },
  }
}

function single(): Route {
  const row = one(incident, '/incidents/:id')
  return { ...row, data: (answer) => answer.incident && shown(answer.incident as Fields) }
}

export const incidents = (graph: GraphQLSchema): Route[] => [
  listed(graph),
  single(),
  change(
    { method: 'POST', path: '/incidents', mutation: 'createIncident', needs, status: 201 },
    {
      body: z.strictObject({
        title: z.string('Must be given'),
        severity,
        assignee_id: z.string().optional(),
        alert_ids: ids.optional(),
      }),
    },
    ({ body: { assignee_id, alert_ids, ...fields } }) => ({
      ...fields,
      assigneeId: assignee_id,
      alertIds: alert_ids,
    }),
  ),
  change(
    { method: 'PUT', path: '/incidents/:id', mutation: 'updateIncident', needs },
    {
      params: byId,
      body: z.strictObject({
        title: z.string().optional(),
        severity: severity.optional(),
        status: word('open', 'in_progress', 'on_hold', 'resolved', 'closed').optional(),
        assignee_id: z.string().nullable().optional(),
        version: z.int('Must be a number').optional(),
      }),
    },
    ({ params: { id }, body: { assignee_id, version, ...fields } }) => ({
      ...{ id, ...fields },
      assigneeId: assignee_id,
      expectedVersion: version,
    }),
  ),
  move('/incidents/:id/alerts', 'attachAlerts'),
  move('/incidents/:id/alerts/detach', 'detachAlerts'),
]
