import { reference } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { load } from '#kit/loader.ts'
import { listOf, one } from '#kit/lookup.ts'
import { to } from '#kit/refs.ts'
import * as alerts from '../model/alert.ts'
import { endedRules } from '../model/effective.ts'
import { slaState } from '../rules/sla.ts'
import type { AlertRow, AlertStatus as Status, Tables } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { AlertPriority, AlertStatus, AlertVerdict, Confidence, Severity, SlaState } from './enums.ts'
import { Asset, Organization, User, Vulnerability } from './refs.ts'

export const Alert = builder.objectRef<AlertRow>('Alert')

export const find = (context: Context<Tables>, id: string) => one(context, 'alert', id, alerts.find)

/** The status of an alert now: whom no rule suppresses any more is open. */
async function statusOf(context: Context<Tables>, alert: AlertRow): Promise<Status> {
  if (alert.status !== 'suppressed') return alert.status
  const batch = (ids: readonly string[]) => context.tenant((trx) => endedRules(trx, ids, context.clock()))
  return (await load(context.loaders, 'endedRules', alert.suppressionRuleId!, batch)) ? 'open' : 'suppressed'
}

Alert.implement({
  needs: 'alerts:read',
  description: 'Something that a detection saw and that somebody should look at.',
  fields: (t) => ({
    id: t.exposeID('id'),
    organization: t.field({ type: Organization, resolve: (alert) => ({ id: alert.organizationId }) }),
    asset: t.field({ type: Asset, nullable: true, resolve: (alert) => to(alert.assetId) }),
    severity: t.field({ type: Severity, resolve: (alert) => alert.severity }),
    confidence: t.field({ type: Confidence, resolve: (alert) => alert.confidence }),
    priority: t.field({ type: AlertPriority, resolve: (alert) => alert.priority }),
    status: t.field({ type: AlertStatus, resolve: (alert, _args, context) => statusOf(context, alert) }),
    verdict: t.field({
      type: AlertVerdict,
      nullable: true,
      description: 'What it turned out to be; null until it is resolved.',
      resolve: (alert) => alert.verdict,
    }),
    resolutionNote: t.exposeString('resolutionNote', {
      nullable: true,
      description: 'What who resolved it said of it.',
    }),
    title: t.exposeString('title'),
    description: t.exposeString('description', { nullable: true }),
    source: t.exposeString('source', { nullable: true, description: 'The system that raised it.' }),
    sourceRef: t.exposeString('sourceRef', { nullable: true, description: 'Its id at its source.' }),
    ruleId: t.exposeString('ruleId', { nullable: true, description: 'The rule that saw it, at its source.' }),
    attacks: t.exposeStringList('attacks', { description: 'Techniques of MITRE ATT&CK, such as T1059.001.' }),
    relatedVulnerabilities: t.field({
      type: [Vulnerability],
      description: 'Findings that it has to do with.',
      resolve: (alert) => alert.relatedVulnerabilityIds.map((id) => ({ id })),
    }),
    relatedVulnerabilityIds: t.idList({
      description: 'Their ids, for who may not read findings.',
      resolve: (alert) => alert.relatedVulnerabilityIds,
    }),
    assignee: t.field({ type: User, nullable: true, resolve: (alert) => to(alert.assigneeId) }),
    metadata: t.expose('metadata', { type: 'JSON', description: 'What its source says, as it says it.' }),
    occurrenceCount: t.exposeInt('occurrenceCount', { description: 'How often it was seen.' }),
    reopenCount: t.exposeInt('reopenCount', { description: 'How often it was open again.' }),
    previousAlert: t.field({
      type: Alert,
      nullable: true,
      description: 'The one that was resolved long before this one came.',
      resolve: (alert, _args, context) =>
        alert.previousAlertId ? find(context, alert.previousAlertId) : null,
    }),
    firstSeenAt: t.expose('firstSeenAt', { type: 'DateTime' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime' }),
    acknowledgedAt: t.expose('acknowledgedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'The first time that somebody said that they saw it.',
    }),
    acknowledgedBy: t.field({ type: User, nullable: true, resolve: (alert) => to(alert.acknowledgedBy) }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    resolvedAt: t.expose('resolvedAt', { type: 'DateTime', nullable: true }),
    resolvedBy: t.field({ type: User, nullable: true, resolve: (alert) => to(alert.resolvedBy) }),
    archivedAt: t.expose('archivedAt', { type: 'DateTime', nullable: true }),
    holdUntil: t.expose('holdUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when it is to wait; nothing happens by itself then, but that its time runs again.',
    }),
    holdReason: t.exposeString('holdReason', { nullable: true, description: 'Why it waits.' }),
    ackDueAt: t.expose('ackDueAt', {
      type: 'DateTime',
      nullable: true,
      description: 'By when somebody shall have seen it.',
    }),
    resolveDueAt: t.expose('resolveDueAt', {
      type: 'DateTime',
      nullable: true,
      description: 'By when it shall be resolved; a hold puts it off, by 7 days in all.',
    }),
    slaState: t.field({
      type: SlaState,
      description: 'By the due to acknowledge until somebody has, then by the one to resolve.',
      resolve: async (alert, _args, context) =>
        slaState({ ...alert, status: await statusOf(context, alert) }, context.clock()),
    }),
    version: t.exposeInt('version', { description: 'Rises with each change by somebody.' }),
  }),
})
builder.asEntity(Alert, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: reference('alerts:read', find),
})

export const AlertConnection = lists.connection(Alert)
export const AlertFilter = builder.inputType('AlertFilter', {
  description: 'Which alerts to list: conditions are joined by AND, the values of one by OR.',
  fields: (t) => ({
    severity: t.field({ type: [Severity] }),
    status: t.field({ type: [AlertStatus] }),
    priority: t.field({ type: [AlertPriority] }),
    verdict: t.field({ type: [AlertVerdict] }),
    verdictNot: t.field({ type: [AlertVerdict], description: 'Without those of these verdicts.' }),
    slaState: t.field({ type: [SlaState] }),
    assetId: t.idList(),
    assigneeId: t.idList(),
    isAssigned: t.boolean({ description: 'Whether somebody has it.' }),
    incidentId: t.idList(),
    suppressionRuleId: t.idList({ description: 'Those that one of these rules suppresses, or did last.' }),
    ruleId: t.stringList(),
    source: t.stringList(),
    search: t.string({
      description: 'Part of the title or the description; two letters find words that begin with them.',
    }),
    createdAt: t.field({ type: lists.timeRange }),
    firstSeenAt: t.field({ type: lists.timeRange }),
    lastSeenAt: t.field({ type: lists.timeRange }),
    acknowledgedAt: t.field({ type: lists.timeRange }),
    resolvedAt: t.field({ type: lists.timeRange }),
    firstResolvedAt: t.field({ type: lists.timeRange, description: 'The first time that it was resolved.' }),
  }),
})
export const alertArgs = lists.args(AlertFilter, lists.order('Alert', alerts.specAt(new Date(0))))

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
    resolve: (_root, args, context) => listOf(context, alerts.specAt(context.clock()), args),
  }),
}))
