import { reference, screaming } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { invalid, notFound } from '#kit/errors.ts'
import { listOf, listPer, one } from '#kit/lookup.ts'
import { to } from '#kit/refs.ts'
import * as alerts from '../model/alert.ts'
import * as incidents from '../model/incident.ts'
import { type IncidentRow, incidentStatuses, type Tables } from '../tables.ts'
import { Alert, AlertConnection, alertArgs, find as findAlert } from './alert.ts'
import { builder, lists } from './builder.ts'
import { Severity } from './enums.ts'
import { User } from './refs.ts'

export const Incident = builder.objectRef<IncidentRow>('Incident')

export const find = (context: Context<Tables>, id: string) => one(context, 'incident', id, incidents.find)

export const IncidentStatus = builder.enumType('IncidentStatus', {
  description: 'Where an incident stands; a CLOSED one is over for good.',
  values: screaming(incidentStatuses),
})

Incident.implement({
  needs: 'alerts:read',
  description: 'Alerts that belong to one thing that happened, and who works on it.',
  fields: (t) => ({
    id: t.exposeID('id'),
    title: t.exposeString('title'),
    severity: t.field({ type: Severity, resolve: (incident) => incident.severity }),
    status: t.field({ type: IncidentStatus, resolve: (incident) => incident.status }),
    assignee: t.field({ type: User, nullable: true, resolve: (incident) => to(incident.assigneeId) }),
    alerts: t.field({
      type: AlertConnection,
      description: 'The alerts that are in it now.',
      args: alertArgs,
      listSize: lists.size,
      resolve: ({ id }, args, context) =>
        listPer(context, alerts.specAt(context.clock()), 'incidentId', id, args),
    }),
    createdBy: t.field({ type: User, nullable: true, resolve: (incident) => to(incident.createdBy) }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    resolvedAt: t.expose('resolvedAt', { type: 'DateTime', nullable: true }),
    closedAt: t.expose('closedAt', { type: 'DateTime', nullable: true }),
    version: t.exposeInt('version', { description: 'Rises with each change by somebody.' }),
  }),
})
builder.asEntity(Incident, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: reference('alerts:read', find),
})
builder.objectField(Alert, 'incident', (t) =>
  t.field({
    type: Incident,
    nullable: true,
    description: 'The incident that it is in now.',
    resolve: ({ incidentId }, _args, context) => (incidentId ? find(context, incidentId) : null),
  }),
)

const IncidentConnection = lists.connection(Incident)
const IncidentFilter = builder.inputType('IncidentFilter', {
  description: 'Which incidents to list.',
  fields: (t) => ({
    severity: t.field({ type: [Severity] }),
    status: t.field({ type: [IncidentStatus] }),
    assigneeId: t.idList(),
    createdAt: t.field({ type: lists.timeRange }),
  }),
})
const listArgs = lists.args(IncidentFilter, lists.order('Incident', incidents.spec))

builder.queryFields((t) => ({
  incident: t.field({
    type: Incident,
    nullable: true,
    description: 'One incident, or null.',
    authScopes: { permission: 'alerts:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => find(context, id),
  }),
  incidents: t.field({
    type: IncidentConnection,
    description: 'The incidents of the organization, newest first.',
    authScopes: { permission: 'alerts:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, incidents.spec, args),
  }),
}))

const mostAtOnce = 1_000

/** The alerts that somebody names, if they may change all of them. Throws NOT_FOUND, FORBIDDEN and VALIDATION_ERROR. */
export async function mayChangeAll(
  context: Context<Tables>,
  ids: readonly string[],
): Promise<incidents.Named> {
  if (ids.length > mostAtOnce) throw invalid('alertIds', `At most ${mostAtOnce}`)
  const found = await Promise.all([...new Set(ids)].map((id) => findAlert(context, id)))
  const named = found.map((alert) => {
    if (!alert) throw notFound('Alert')
    return { id: alert.id, assetId: alert.assetId }
  })
  await context.permits('alerts:write', named.length > 0 ? named.map(({ assetId }) => assetId) : [null])
  return named
}
