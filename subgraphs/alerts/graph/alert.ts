import { reference, screaming } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { listOf, one } from '#kit/lookup.ts'
import { to } from '#kit/refs.ts'
import * as alerts from '../model/alert.ts'
import { type AlertRow, statuses, type Tables } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { Asset, Organization, User } from './refs.ts'

export const Alert = builder.objectRef<AlertRow>('Alert')

const Severity = lists.severity()
const AlertStatus = builder.enumType('AlertStatus', {
  description: 'Where an alert stands between OPEN and ARCHIVED.',
  values: screaming(statuses),
})

export const find = (context: Context<Tables>, id: string) => one(context, 'alert', id, alerts.find)

Alert.implement({
  needs: 'alerts:read',
  description: 'Something that a detection saw and that somebody should look at.',
  fields: (t) => ({
    id: t.exposeID('id'),
    organization: t.field({ type: Organization, resolve: (alert) => ({ id: alert.organizationId }) }),
    asset: t.field({ type: Asset, nullable: true, resolve: (alert) => to(alert.assetId) }),
    severity: t.field({ type: Severity, resolve: (alert) => alert.severity }),
    status: t.field({ type: AlertStatus, resolve: (alert) => alert.status }),
    title: t.exposeString('title'),
    description: t.exposeString('description', { nullable: true }),
    source: t.exposeString('source', { nullable: true, description: 'The system that raised it.' }),
    sourceRef: t.exposeString('sourceRef', { nullable: true, description: 'Its id at its source.' }),
    assignee: t.field({ type: User, nullable: true, resolve: (alert) => to(alert.assigneeId) }),
    metadata: t.expose('metadata', { type: 'JSON', description: 'What its source says, as it says it.' }),
    occurrenceCount: t.exposeInt('occurrenceCount', { description: 'How often it was seen.' }),
    firstSeenAt: t.expose('firstSeenAt', { type: 'DateTime' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime' }),
    acknowledgedAt: t.expose('acknowledgedAt', { type: 'DateTime', nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    resolvedAt: t.expose('resolvedAt', { type: 'DateTime', nullable: true }),
  }),
})
builder.asEntity(Alert, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: reference('alerts:read', find),
})

export const AlertConnection = lists.connection(Alert)
const AlertFilter = builder.inputType('AlertFilter', {
  description: 'Which alerts to list: conditions are joined by AND, the values of one by OR.',
  fields: (t) => ({
    severity: t.field({ type: [Severity] }),
    status: t.field({ type: [AlertStatus] }),
    assetId: t.idList(),
    source: t.stringList(),
    firstSeenAt: t.field({ type: lists.timeRange }),
    acknowledgedAt: t.field({ type: lists.timeRange }),
    resolvedAt: t.field({ type: lists.timeRange }),
    search: t.string({
      description: 'Part of the title or the description; two letters find words that begin with them.',
    }),
    createdAt: t.field({ type: lists.timeRange }),
  }),
})
export const alertArgs = lists.args(AlertFilter, lists.order('Alert', alerts.spec))

builder.queryFields((t) => ({
  alert: t.field({
    type: Alert,
    nullable: true,
    description: 'One alert, or null.',
    authScopes: { permission: 'alerts:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => find(context, id),
  }),
  alerts: t.field({
    type: AlertConnection,
    description: 'The alerts of the organization, newest first.',
    authScopes: { permission: 'alerts:read' },
    args: alertArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, alerts.spec, args),
  }),
}))
