import { reference } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { listOf, one } from '#kit/lookup.ts'
import type { Page } from '#kit/page.ts'
import { to } from '#kit/refs.ts'
import { signedIn } from '#kit/viewer.ts'
import * as alerts from '../model/alert.ts'
import * as rules from '../model/suppression-rule.ts'
import { previewDays } from '../rules/suppression.ts'
import type { AlertRow, SuppressionRuleRow, Tables } from '../tables.ts'
import { Alert, AlertConnection, AlertFilter } from './alert.ts'
import { builder, lists } from './builder.ts'
import { tell } from './changed.ts'
import { User } from './refs.ts'

const SuppressionRule = builder.objectRef<SuppressionRuleRow>('SuppressionRule')

const find = (context: Context<Tables>, id: string) => one(context, 'suppressionRule', id, rules.find)

SuppressionRule.implement({
  needs: 'alerts:read',
  description:
    'What need not be looked at for a while, and why. It never changes: it ends, and another is made.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    filter: t.expose('filter', { type: 'JSON', description: 'Which alerts, as a filter of alerts says it.' }),
    reason: t.exposeString('reason'),
    isActive: t.boolean({ resolve: ({ endsAt }, _args, { clock }) => endsAt > clock() }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime' }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When somebody ended it before its time.',
    }),
    endedBy: t.field({ type: User, nullable: true, resolve: (rule) => to(rule.endedBy) }),
    createdBy: t.field({ type: User, nullable: true, resolve: (rule) => to(rule.createdBy) }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
})
builder.asEntity(SuppressionRule, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: reference('alerts:read', find),
})
builder.objectField(Alert, 'suppressedBy', (t) =>
  t.field({
    type: SuppressionRule,
    nullable: true,
    description: 'The rule that suppresses it now.',
    resolve: async ({ suppressionRuleId }, _args, context) => {
      const rule = suppressionRuleId && (await find(context, suppressionRuleId))
      return rule && rule.endsAt > context.clock() ? rule : null
    },
  }),
)

const SuppressionRuleConnection = lists.connection(SuppressionRule)
const SuppressionRuleFilter = builder.inputType('SuppressionRuleFilter', {
  description: 'Which rules to list.',
  fields: (t) => ({
    isActive: t.boolean({ description: 'Whether they suppress anything now.' }),
    createdAt: t.field({ type: lists.timeRange }),
  }),
})
const listArgs = lists.args(SuppressionRuleFilter, lists.order('SuppressionRule', rules.specAt(new Date(0))))

type Preview = { since: Date; page: Page<AlertRow> }
const previewSize = 10
const SuppressionPreview = builder.objectRef<Preview>('SuppressionPreview').implement({
  needs: 'inherited',
  description: 'Which alerts a rule would have been about.',
  fields: (t) => ({
    since: t.expose('since', { type: 'DateTime', description: 'Those that were seen since then: 30 days.' }),
    alerts: t.field({
      type: AlertConnection,
      description: 'How many, and some of them, newest first.',
      listSize: { assumedSize: previewSize, sizedFields: ['edges'], requireOneSlicingArgument: false },
      resolve: ({ page }) => page,
    }),
  }),
})

builder.queryFields((t) => ({
  suppressionRule: t.field({
    type: SuppressionRule,
    nullable: true,
    description: 'One rule, or null.',
    authScopes: { permission: 'alerts:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => find(context, id),
  }),
  suppressionRules: t.field({
    type: SuppressionRuleConnection,
    description: 'The rules of the organization, those that have ended too, newest first.',
    authScopes: { permission: 'alerts:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, rules.specAt(context.clock()), args),
  }),
  previewSuppression: t.field({
    type: SuppressionPreview,
    description: 'Tries a rule on the alerts of the last 30 days, and changes nothing.',
    authScopes: { permission: 'alerts:read' },
    args: { filter: t.arg({ type: AlertFilter, required: true }) },
    resolve: async (_root, { filter }, context) => {
      const now = context.clock()
      const since = new Date(now.getTime() - previewDays * 86_400_000)
      const asked = {
        first: previewSize,
        filter: { ...rules.mayFilter(filter), lastSeenAt: { from: since } },
      }
      return { since, page: await listOf(context, alerts.specAt(now), asked) }
    },
  }),
}))

const CreateSuppressionRuleInput = builder.inputType('CreateSuppressionRuleInput', {
  description: 'What need not be looked at, why, and until when.',
  fields: (t) => ({
    name: t.string({ required: true }),
    filter: t.field({
      type: AlertFilter,
      required: true,
      description: 'By severity, assetId, ruleId, source or search, and nothing else.',
    }),
    reason: t.string({ required: true }),
    expiresAt: t.field({ type: 'DateTime', required: true, description: 'Within a year.' }),
    applyToOpen: t.boolean({ description: 'Also for alerts that are open now; 10,000 at most.' }),
  }),
})
const EndSuppressionRuleInput = builder.inputType('EndSuppressionRuleInput', {
  description: 'The rule that shall suppress nothing any more.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})
type Given = { rule: SuppressionRuleRow; alertIds: string[] }
const payload = (name: string, description: string, count: string) =>
  builder.objectRef<Given>(name).implement({
    needs: 'inherited',
    description,
    fields: (t) => ({
      suppressionRule: t.field({ type: SuppressionRule, resolve: ({ rule }) => rule }),
      alertCount: t.int({ description: count, resolve: ({ alertIds }) => alertIds.length }),
    }),
  })
const CreateSuppressionRulePayload = payload(
  'CreateSuppressionRulePayload',
  'A rule that holds from now on.',
  'How many open alerts it has suppressed at once.',
)
const EndSuppressionRulePayload = payload(
  'EndSuppressionRulePayload',
  'A rule that has ended.',
  'How many alerts were opened with it; of more than 10,000, the others are open when they are asked for.',
)

const whoOf = (context: Context<Tables>) => {
  const { organizationId, userId } = signedIn(context.viewer)
  return { organizationId, userId, at: context.clock() }
}

builder.mutationFields((t) => ({
  createSuppressionRule: t.field({
    type: CreateSuppressionRulePayload,
    description: 'Makes a rule: new alerts that it is about are suppressed, until it expires or is ended.',
    authScopes: { permission: 'alerts:write' },
    args: { input: t.arg({ type: CreateSuppressionRuleInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const rule = { ...input, applyToOpen: input.applyToOpen ?? false }
      const made = await context.tenant((trx) => rules.create(trx, whoOf(context), rule))
      await tell(context, 'suppressed', made.alertIds)
      return made
    },
  }),
  endSuppressionRule: t.field({
    type: EndSuppressionRulePayload,
    description: 'Ends a rule before its time: what it suppressed is open again.',
    authScopes: { permission: 'alerts:write' },
    args: { input: t.arg({ type: EndSuppressionRuleInput, required: true }) },
    resolve: async (_root, { input: { id } }, context) => {
      const ended = await context.tenant((trx) => rules.end(trx, whoOf(context), id))
      await tell(context, 'reopened', ended.alertIds)
      return ended
    },
  }),
}))
