import { screaming } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { notFound } from '#kit/errors.ts'
import type { EventName, Told } from '#kit/events.ts'
import { signedIn } from '#kit/viewer.ts'
import type { Tables } from '../tables.ts'
import { Alert, find } from './alert.ts'
import { builder } from './builder.ts'

const changes = [
  'created',
  'updated',
  'acknowledged',
  'assigned',
  'suppressed',
  'resolved',
  'reopened',
  'archived',
  'sla_at_risk',
  'sla_breached',
] as const
export type Changed = (typeof changes)[number]
type AlertEvent = Extract<EventName, `alert.${Changed}`>

/**
 * Tells of alerts that are not as they were, one by one and in this order: they are sent so, and none waits for the one
 * before, as many would for long where nobody can be told. Call it after the commit. Answers which could be told.
 */
export async function tell(
  { events, viewer }: Pick<Context<Tables>, 'events' | 'viewer'>,
  change: Changed,
  ids: readonly string[],
): Promise<boolean[]> {
  const { organizationId } = signedIn(viewer)
  return Promise.all(ids.map((alertId) => events.publish(organizationId, `alert.${change}`, { alertId })))
}

const AlertChange = builder.enumType('AlertChange', {
  description: 'What has happened to an alert.',
  values: screaming(changes),
})
const AlertChanged = builder.objectRef<Told<AlertEvent>>('AlertChanged').implement({
  needs: 'inherited',
  description: 'That an alert is not as it was.',
  fields: (t) => ({
    change: t.field({
      type: AlertChange,
      description: 'What has happened to it.',
      resolve: ({ event }) => event.replace('alert.', '') as Changed,
    }),
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
    description: 'Tells of each alert that is new, or not as it was.',
    authScopes: { permission: 'alerts:read' },
    subscribe: (_root, _args, { events, viewer }) =>
      events.subscribe(
        signedIn(viewer).organizationId,
        ...changes.map((change): AlertEvent => `alert.${change}`),
      ) as never,
    resolve: (event) => event as Told<AlertEvent>,
  }),
)
