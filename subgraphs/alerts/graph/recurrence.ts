import { reference } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { listOf, one } from '#kit/lookup.ts'
import { to } from '#kit/refs.ts'
import { signedIn } from '#kit/viewer.ts'
import * as rules from '../model/recurrence-rule.ts'
import type { RecurrenceRuleRow, Tables } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { User } from './refs.ts'

const RecurrenceRule = builder.objectRef<RecurrenceRuleRow>('RecurrenceRule')

const find = (context: Context<Tables>, id: string) => one(context, 'recurrenceRule', id, rules.find)

RecurrenceRule.implement({
  needs: 'alerts:read',
  description: 'How repeats of the alerts of one rule of a source count.',
  fields: (t) => ({
    id: t.exposeID('id'),
    source: t.exposeString('source'),
    ruleId: t.exposeString('ruleId', { description: 'The rule, at its source.' }),
    windowHours: t.exposeInt('windowHours', {
      description: 'How long after it was resolved an alert opens again; later, there is a new one.',
    }),
    groupingFields: t.exposeStringList('groupingFields', {
      description: 'Fields of the metadata that tell alerts of this rule apart, beside their asset.',
    }),
    createdBy: t.field({ type: User, nullable: true, resolve: (rule) => to(rule.createdBy) }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Null for one that holds.',
    }),
    endedBy: t.field({ type: User, nullable: true, resolve: (rule) => to(rule.endedBy) }),
  }),
})
builder.asEntity(RecurrenceRule, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: reference('alerts:read', find),
})

const RecurrenceRuleConnection = lists.connection(RecurrenceRule)
const RecurrenceRuleFilter = builder.inputType('RecurrenceRuleFilter', {
  description: 'Which rules to list.',
  fields: (t) => ({ source: t.stringList(), ruleId: t.stringList(), isActive: t.boolean() }),
})
const listArgs = lists.args(RecurrenceRuleFilter, lists.order('RecurrenceRule', rules.spec))

const PreviewRecurrenceInput = builder.inputType('PreviewRecurrenceInput', {
  description: 'A rule to try.',
  fields: (t) => ({
    source: t.string({ required: true }),
    ruleId: t.string({ required: true }),
    windowHours: t.int({ required: true, description: '1 to 720.' }),
    groupingFields: t.stringList({ required: true, description: 'At most 10.' }),
  }),
})
const RecurrencePreview = builder.objectRef<rules.Preview>('RecurrencePreview').implement({
  needs: 'inherited',
  description: 'What a rule would make of the alerts of the last 30 days, the newest 10,000 at most.',
  fields: (t) => ({
    alerts: t.exposeInt('alerts', { description: 'Alerts of this rule that there are.' }),
    groups: t.exposeInt('groups', { description: 'How many they would be; say it when the rule is saved.' }),
    refused: t.exposeInt('refused', {
      description: 'Those without a value in one of the fields, which would be refused.',
    }),
  }),
})

builder.queryFields((t) => ({
  recurrenceRules: t.field({
    type: RecurrenceRuleConnection,
    description: 'The rules of the organization, those that have ended too, newest first.',
    authScopes: { permission: 'alerts:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, rules.spec, args),
  }),
  previewRecurrence: t.field({
    type: RecurrencePreview,
    description: 'Tries a rule on what was seen, and changes nothing.',
    authScopes: { permission: 'alerts:read' },
    args: { input: t.arg({ type: PreviewRecurrenceInput, required: true }) },
    resolve: (_root, { input }, { tenant, clock }) => tenant((trx) => rules.preview(trx, input, clock())),
  }),
}))

const SetRecurrenceRuleInput = builder.inputType('SetRecurrenceRuleInput', {
  description: 'A rule that was tried.',
  fields: (t) => ({
    source: t.string({ required: true }),
    ruleId: t.string({ required: true }),
    windowHours: t.int({ required: true, description: '1 to 720.' }),
    groupingFields: t.stringList({ required: true, description: 'At most 10.' }),
    expectedGroups: t.int({
      required: true,
      description: 'How many groups its preview told: CONFLICT where it is another number by now.',
    }),
  }),
})
const EndRecurrenceRuleInput = builder.inputType('EndRecurrenceRuleInput', {
  description: 'The rule that shall hold no longer.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})
const payload = (name: string, description: string) =>
  builder.objectRef<{ rule: RecurrenceRuleRow }>(name).implement({
    needs: 'inherited',
    description,
    fields: (t) => ({ recurrenceRule: t.field({ type: RecurrenceRule, resolve: ({ rule }) => rule }) }),
  })
const SetRecurrenceRulePayload = payload('SetRecurrenceRulePayload', 'A rule that holds from now on.')
const EndRecurrenceRulePayload = payload('EndRecurrenceRulePayload', 'A rule that has ended.')

function whoOf(context: Context<Tables>) {
  const { organizationId, userId } = signedIn(context.viewer)
  return { organizationId, userId, at: context.clock() }
}

builder.mutationFields((t) => ({
  setRecurrenceRule: t.field({
    type: SetRecurrenceRulePayload,
    description: 'Says how repeats of one rule of a source count, in the place of what was said before.',
    authScopes: { permission: 'alerts:write' },
    args: { input: t.arg({ type: SetRecurrenceRuleInput, required: true }) },
    resolve: async (_root, { input }, context) => ({
      rule: await context.tenant((trx) => rules.set(trx, whoOf(context), input)),
    }),
  }),
  endRecurrenceRule: t.field({
    type: EndRecurrenceRulePayload,
    description: 'Lets repeats of a rule count as those of all others again.',
    authScopes: { permission: 'alerts:write' },
    args: { input: t.arg({ type: EndRecurrenceRuleInput, required: true }) },
    resolve: async (_root, { input }, context) => ({
      rule: await context.tenant((trx) => rules.end(trx, whoOf(context), input.id)),
    }),
  }),
}))
