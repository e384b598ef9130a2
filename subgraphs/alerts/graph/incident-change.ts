import type { Context } from '#kit/context.ts'
import { signedIn } from '#kit/viewer.ts'
import * as incidents from '../model/incident.ts'
import type { IncidentRow, Tables } from '../tables.ts'
import { mustBeMember } from './assign.ts'
import { builder } from './builder.ts'
import { tell } from './changed.ts'
import { Severity } from './enums.ts'
import { Incident, IncidentStatus, mayChangeAll } from './incident.ts'
import { expectedVersion } from './payload.ts'

const CreateIncidentInput = builder.inputType('CreateIncidentInput', {
  description: 'Something that happened, and the alerts that tell of it.',
  fields: (t) => ({
    title: t.string({ required: true }),
    severity: t.field({ type: Severity, required: true }),
    assigneeId: t.id(),
    alertIds: t.idList({ description: 'At most 1000, none of them in another incident.' }),
  }),
})
const UpdateIncidentInput = builder.inputType('UpdateIncidentInput', {
  description: 'What is said of an incident; what is left out stays.',
  fields: (t) => ({
    id: t.id({ required: true }),
    title: t.string(),
    severity: t.field({ type: Severity }),
    status: t.field({ type: IncidentStatus }),
    assigneeId: t.id({ description: 'Null for nobody.' }),
    expectedVersion: t.int(expectedVersion),
  }),
})
const AttachAlertsInput = builder.inputType('AttachAlertsInput', {
  description: 'Alerts that belong to an incident.',
  fields: (t) => ({ incidentId: t.id({ required: true }), alertIds: t.idList({ required: true }) }),
})
const DetachAlertsInput = builder.inputType('DetachAlertsInput', {
  description: 'Alerts that do not belong to an incident after all.',
  fields: (t) => ({ incidentId: t.id({ required: true }), alertIds: t.idList({ required: true }) }),
})
const payload = (name: string, description: string) =>
  builder.objectRef<{ incident: IncidentRow }>(name).implement({
    needs: 'inherited',
    description,
    fields: (t) => ({ incident: t.field({ type: Incident, resolve: ({ incident }) => incident }) }),
  })
const CreateIncidentPayload = payload('CreateIncidentPayload', 'An incident that was made.')
const UpdateIncidentPayload = payload('UpdateIncidentPayload', 'An incident after a change.')
const AttachAlertsPayload = payload('AttachAlertsPayload', 'An incident with more alerts.')
const DetachAlertsPayload = payload('DetachAlertsPayload', 'An incident with fewer alerts.')

function whoOf(context: Context<Tables>): incidents.Who {
  const { organizationId, userId } = signedIn(context.viewer)
  return { organizationId, by: userId, at: context.clock() }
}

builder.mutationFields((t) => ({
  createIncident: t.field({
    type: CreateIncidentPayload,
    description: 'Makes an incident of alerts that belong together.',
    authScopes: { $all: { permissionOn: 'alerts:write', permission: 'users:read' } },
    args: { input: t.arg({ type: CreateIncidentInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const named = await mayChangeAll(context, input.alertIds ?? [])
      await mustBeMember(context, 'assigneeId', input.assigneeId)
      const given = { ...input, assigneeId: input.assigneeId ?? null }
      const made = await context.tenant((trx) => incidents.create(trx, whoOf(context), given, named))
      await tell(context, 'updated', made.alertIds)
      return made
    },
  }),
  updateIncident: t.field({
    type: UpdateIncidentPayload,
    description: 'Says something else of an incident, where it stands, or whose it is.',
    authScopes: { $all: { permission: 'alerts:write', $all: { permission: 'users:read' } } },
    args: { input: t.arg({ type: UpdateIncidentInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      await mustBeMember(context, 'assigneeId', input.assigneeId)
      return { incident: await context.tenant((trx) => incidents.update(trx, whoOf(context), input)) }
    },
  }),
  attachAlerts: t.field({
    type: AttachAlertsPayload,
    description: 'Puts alerts into an incident; one is in one incident at a time.',
    authScopes: { permissionOn: 'alerts:write' },
    args: { input: t.arg({ type: AttachAlertsInput, required: true }) },
    resolve: async (_root, { input: { incidentId, alertIds } }, context) => {
      const named = await mayChangeAll(context, alertIds)
      const done = await context.tenant((trx) => incidents.attach(trx, whoOf(context), incidentId, named))
      await tell(context, 'updated', done.alertIds)
      return done
    },
  }),
  detachAlerts: t.field({
    type: DetachAlertsPayload,
    description: 'Takes alerts out of an incident; that they were in it stays in their timeline.',
    authScopes: { permissionOn: 'alerts:write' },
    args: { input: t.arg({ type: DetachAlertsInput, required: true }) },
    resolve: async (_root, { input: { incidentId, alertIds } }, context) => {
      const named = await mayChangeAll(context, alertIds)
      const done = await context.tenant((trx) => incidents.detach(trx, whoOf(context), incidentId, named))
      await tell(context, 'updated', done.alertIds)
      return done
    },
  }),
}))
