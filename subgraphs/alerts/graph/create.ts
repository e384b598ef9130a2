import { type Context, callPeer } from '#kit/context.ts'
import { invalid } from '#kit/errors.ts'
import { signedIn } from '#kit/viewer.ts'
import * as created from '../model/create.ts'
import type { Tables } from '../tables.ts'
import { builder } from './builder.ts'
import { tell } from './changed.ts'
import { AlertPriority, Confidence, Severity } from './enums.ts'
import { alertPayload, expectedVersion } from './payload.ts'
import { mayChange } from './transition.ts'

const CreateAlertInput = builder.inputType('CreateAlertInput', {
  description: 'Something that a person saw.',
  fields: (t) => ({
    title: t.string({ required: true }),
    description: t.string(),
    severity: t.field({ type: Severity, required: true }),
    confidence: t.field({ type: Confidence }),
    priority: t.field({ type: AlertPriority, description: 'By its severity, unless said.' }),
    assetId: t.id({ description: 'What it is about.' }),
    attacks: t.stringList({ description: 'Techniques of MITRE ATT&CK, such as T1059.001.' }),
    relatedVulnerabilityIds: t.idList({ description: 'Findings that it has to do with, at most 100.' }),
  }),
})
const UpdateAlertInput = builder.inputType('UpdateAlertInput', {
  description: 'What else is said of an alert; what is left out stays.',
  fields: (t) => ({
    id: t.id({ required: true }),
    priority: t.field({ type: AlertPriority }),
    attacks: t.stringList(),
    relatedVulnerabilityIds: t.idList(),
    expectedVersion: t.int(expectedVersion),
  }),
})
const CreateAlertPayload = alertPayload('CreateAlertPayload', 'An alert that somebody raised.')
const UpdateAlertPayload = alertPayload('UpdateAlertPayload', 'An alert of which something else is said.')

/** Refuses an asset that the organization does not have. Throws VALIDATION_ERROR. */
async function mustBeAsset(context: Context<Tables>, id: string | null | undefined): Promise<void> {
  if (id == null) return
  const query = 'query ($id: ID!) { asset(id: $id) { id } }'
  const { asset } = await callPeer<{ asset: object | null }>(context, 'assets', query, { id })
  if (!asset) throw invalid('assetId', 'There is no such asset')
}

builder.mutationFields((t) => ({
  createAlert: t.field({
    type: CreateAlertPayload,
    description: 'Raises an alert by hand.',
    // Who says what it is about has to know it.
    authScopes: { $all: { permissionOn: 'alerts:write', permission: 'assets:read' } },
    args: { input: t.arg({ type: CreateAlertInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { organizationId, userId } = signedIn(context.viewer)
      await context.permits('alerts:write', [input.assetId ?? null])
      await mustBeAsset(context, input.assetId)
      const raised = {
        ...{ title: input.title, description: input.description ?? null, severity: input.severity },
        ...{ confidence: input.confidence ?? 'unknown', priority: input.priority ?? null },
        ...{ assetId: input.assetId ?? null, attacks: input.attacks ?? [] },
        relatedVulnerabilityIds: input.relatedVulnerabilityIds ?? [],
      }
      const who = { by: userId, at: context.clock() }
      const alert = await context.tenant((trx) => created.create(trx, organizationId, raised, who))
      await tell(context, 'created', [alert.id])
      return { alert }
    },
  }),
  updateAlert: t.field({
    type: UpdateAlertPayload,
    description: 'Says how urgent an alert is, and what it has to do with.',
    authScopes: { permissionOn: 'alerts:write' },
    args: { input: t.arg({ type: UpdateAlertInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const seen = await mayChange(context, input.id)
      const who = { by: signedIn(context.viewer).userId, at: context.clock() }
      const alert = await context.tenant((trx) => created.update(trx, seen, input, who, input))
      await tell(context, 'updated', [alert.id])
      return { alert }
    },
  }),
}))
