import { notFound } from '#kit/errors.ts'
import type { Payload } from '#kit/events.ts'
import { signedIn } from '#kit/viewer.ts'
import * as alerts from '../model/alert.ts'
import type { AlertRow } from '../tables.ts'
import { Alert, find } from './alert.ts'
import { builder } from './builder.ts'

const AcknowledgeAlertInput = builder.inputType('AcknowledgeAlertInput', {
  description: 'The alert that somebody has seen.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})
const AcknowledgeAlertPayload = builder.objectRef<{ alert: AlertRow }>('AcknowledgeAlertPayload').implement({
  needs: 'inherited',
  description: 'An alert after it was acknowledged.',
  fields: (t) => ({ alert: t.field({ type: Alert, resolve: ({ alert }) => alert }) }),
})

builder.mutationType({ authScopes: { signedIn: true } })
builder.mutationField('acknowledgeAlert', (t) =>
  t.field({
    type: AcknowledgeAlertPayload,
    description: 'Says that an open alert was seen; who says so is its assignee, if nobody is.',
    authScopes: { permissionOn: 'alerts:write' },
    args: { input: t.arg({ type: AcknowledgeAlertInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { organizationId, userId } = signedIn(context.viewer)
      const seen = await find(context, input.id)
      if (!seen) throw notFound('Alert')
      await context.permits('alerts:write', [seen.assetId])
      const alert = await context.tenant((trx) => alerts.acknowledge(trx, seen, userId))
      await context.events.publish(organizationId, 'alert.acknowledged', { alertId: alert.id })
      return { alert }
    },
  }),
)

const AlertChanged = builder.objectRef<Payload<'alert.acknowledged'>>('AlertChanged').implement({
  needs: 'inherited',
  description: 'That an alert is not as it was.',
  fields: (t) => ({
    alert: t.field({
      type: Alert,
      description: 'The alert as it is now.',
      resolve: async ({ alertId }, _args, context) => {
        const alert = await find(context, alertId)
        if (!alert) throw notFound('Alert')
        return alert
      },
    }),
  }),
})

builder.subscriptionType({
  description: 'What happens in the organization, from now on.',
  authScopes: { signedIn: true },
})
builder.subscriptionField('alertChanged', (t) =>
  t.field({
    type: AlertChanged,
    description: 'Tells of each alert that is acknowledged.',
    authScopes: { permission: 'alerts:read' },
    subscribe: (_root, _args, { events, viewer }) =>
      events.subscribe(signedIn(viewer).organizationId, 'alert.acknowledged') as never,
    resolve: (event) => event as Payload<'alert.acknowledged'>,
  }),
)
