import { addBulkFields } from '#kit/bulk/field.ts'
import { invalid } from '#kit/errors.ts'
import { bulk } from '../model/bulk.ts'
import { specFor } from '../model/vulnerability.ts'
import { builder } from './builder.ts'
import { memberIsThere } from './changing.ts'
import { Justification, Reachability, Resolution, Severity, VulnerabilityStatus } from './details.ts'
import { VulnerabilityFilter } from './vulnerability.ts'

const SeverityOverrideInput = builder.inputType('SeverityOverrideInput', {
  description: 'How bad findings are here, whatever scans say.',
  fields: (t) => ({
    severity: t.field({ type: Severity, required: true }),
    reason: t.string({ required: true }),
    expiresAt: t.field({ type: 'DateTime', description: 'When they are as bad again as scans say.' }),
  }),
})
const VulnerabilityPatch = builder.inputType('VulnerabilityPatch', {
  description: 'What becomes of each finding; what is left out stays.',
  fields: (t) => ({
    status: t.field({
      type: VulnerabilityStatus,
      description: 'Each finding goes there only as it may by itself.',
    }),
    reason: t.string({ description: 'For FALSE_POSITIVE and NOT_AFFECTED; the note, unless it is given.' }),
    justification: t.field({ type: Justification, description: 'For NOT_AFFECTED.' }),
    resolution: t.field({ type: Resolution, description: 'For RESOLVED: FIXED or MITIGATED.' }),
    ticketUrl: t.string({ description: 'For IN_REMEDIATION, where nobody is assigned.' }),
    assigneeId: t.id({ description: 'A member; null takes it from whoever has it.' }),
    reachability: t.field({ type: Reachability }),
    severityOverride: t.field({
      type: SeverityOverrideInput,
      description: 'Null lets them be as bad as scans say.',
    }),
  }),
})

addBulkFields(builder, bulk, {
  name: 'Vulnerabilities',
  words: { many: 'findings', them: 'what is moved' },
  batch: 'vulnerabilityBatch',
  reads: 'vulnerabilities:read',
  authScopes: { permissionOn: 'vulnerabilities:write' },
  filter: VulnerabilityFilter,
  patch: VulnerabilityPatch,
  async check(context, { status, assigneeId, reachability, severityOverride }) {
    if (!status && !reachability && assigneeId === undefined && severityOverride === undefined)
      throw invalid('patch', 'Say what is to be changed')
    await memberIsThere(context, assigneeId)
  },
  listing: async ({ tenant, clock }, filter) => ({
    spec: await tenant((trx) => specFor(trx, filter, clock())),
    filter,
  }),
})
