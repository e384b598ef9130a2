import { bulkTypes } from '#kit/bulk-types.ts'
import { invalid } from '#kit/errors.ts'
import * as batches from '../model/bulk-batch.ts'
import { AlertFilter } from './alert.ts'
import { mustBeMember } from './assign.ts'
import { builder } from './builder.ts'
import { tell } from './changed.ts'
import { AlertPriority, AlertStatus, AlertVerdict } from './enums.ts'

const BulkResult = bulkTypes(builder)

const AlertPatch = builder.inputType('AlertPatch', {
  description: 'What becomes of each alert; what is left out stays.',
  fields: (t) => ({
    status: t.field({ type: AlertStatus, description: 'Each alert goes there only as it may by itself.' }),
    verdict: t.field({ type: AlertVerdict, description: 'For RESOLVED.' }),
    reason: t.string({ description: 'For ON_HOLD.' }),
    holdUntil: t.field({ type: 'DateTime', description: 'For ON_HOLD.' }),
    assigneeId: t.id({ description: 'A member; null takes it from whoever has it.' }),
    priority: t.field({ type: AlertPriority }),
  }),
})
const BulkUpdateAlertsInput = builder.inputType('BulkUpdateAlertsInput', {
  description: 'Which alerts to change, and how: either ids or a filter, 10,000 at most.',
  fields: (t) => ({
    ids: t.idList(),
    filter: t.field({ type: AlertFilter }),
    patch: t.field({ type: AlertPatch, required: true }),
    note: t.string({ description: 'Why; it stands in the journal, and at what is resolved by it.' }),
    dryRun: t.boolean({ description: 'Tells what would become of each, and writes nothing.' }),
    expectedCount: t.int({ description: 'Refuses with CONFLICT where there are more or fewer.' }),
  }),
})
const UndoBulkUpdateAlertsInput = builder.inputType('UndoBulkUpdateAlertsInput', {
  description: 'A batch of the last 15 minutes.',
  fields: (t) => ({ batchId: t.id({ required: true }) }),
})

const authScopes = { $all: { permission: 'alerts:bulk', permissionOn: 'alerts:write' } } as const

builder.mutationFields((t) => ({
  bulkUpdateAlerts: t.field({
    type: BulkResult,
    description: 'Changes many alerts, each as it may be changed by itself, and tells what became of each.',
    authScopes,
    args: { input: t.arg({ type: BulkUpdateAlertsInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { status, assigneeId, priority } = input.patch
      if (status == null && assigneeId === undefined && priority == null)
        throw invalid('patch', 'Say what is to be changed')
      await mustBeMember(context, 'assigneeId', assigneeId)
      const { result, told } = await batches.start(context, input)
      await tell(context, told.change, told.ids)
      return result
    },
  }),
  undoBulkUpdateAlerts: t.field({
    type: BulkResult,
    description: 'Takes back what a batch has changed, of alerts that nobody has touched since.',
    authScopes,
    args: { input: t.arg({ type: UndoBulkUpdateAlertsInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { result, told } = await batches.undo(context, input.batchId)
      await tell(context, told.change, told.ids)
      return result
    },
  }),
}))

builder.queryField('alertBatch', (t) =>
  t.field({
    type: BulkResult,
    description: 'What became of a batch of alerts, so far.',
    authScopes: { permission: 'alerts:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => context.tenant((trx) => batches.find(trx, id)),
  }),
)
