import { addBulkFields } from '#kit/bulk/field.ts'
import { invalid } from '#kit/errors.ts'
import { specAt } from '../model/alert.ts'
import { bulk } from '../model/bulk.ts'
import { AlertFilter } from './alert.ts'
import { mustBeMember } from './assign.ts'
import { builder } from './builder.ts'
import { AlertPriority, AlertStatus, AlertVerdict } from './enums.ts'

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

addBulkFields(builder, bulk, {
  name: 'Alerts',
  words: { many: 'alerts', them: 'what is resolved' },
  batch: 'alertBatch',
  reads: 'alerts:read',
  authScopes: { $all: { permission: 'alerts:bulk', permissionOn: 'alerts:write' } },
  filter: AlertFilter,
  patch: AlertPatch,
  async check(context, { status, assigneeId, priority }) {
    if (status == null && assigneeId === undefined && priority == null)
      throw invalid('patch', 'Say what is to be changed')
    await mustBeMember(context, 'assigneeId', assigneeId)
  },
  listing: ({ clock }, filter) => ({ spec: specAt(clock()), filter }),
})
