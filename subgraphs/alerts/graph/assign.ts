import { type Context, callPeer } from '#kit/context.ts'
import { invalid } from '#kit/errors.ts'
import { signedIn } from '#kit/viewer.ts'
import * as transitions from '../model/transition.ts'
import type { Tables } from '../tables.ts'
import { builder } from './builder.ts'
import { tell } from './changed.ts'
import { alertPayload, expectedVersion } from './payload.ts'
import { mayChange } from './transition.ts'

/** Refuses whom the organization does not know, or who may not come in any more. Throws VALIDATION_ERROR. */
export async function mustBeMember(
  context: Context<Tables>,
  field: string,
  id: string | null | undefined,
): Promise<void> {
  if (id == null) return
  const { user } = await callPeer<{ user: { disabledAt: string | null } | null }>(
    context,
    'identity',
    'query ($id: ID!) { user(id: $id) { disabledAt } }',
    { id },
  )
  if (!user || user.disabledAt) throw invalid(field, 'There is no such member')
}

const AssignAlertInput = builder.inputType('AssignAlertInput', {
  description: 'Who shall have an alert.',
  fields: (t) => ({
    id: t.id({ required: true }),
    userId: t.id({ description: 'A member of the organization; null for nobody.' }),
    expectedVersion: t.int(expectedVersion),
  }),
})
const AssignAlertPayload = alertPayload('AssignAlertPayload', 'An alert with another assignee, or none.')

builder.mutationField('assignAlert', (t) =>
  t.field({
    type: AssignAlertPayload,
    description: 'Gives an alert to a member, or to nobody.',
    // Who gives it to somebody has to know them.
    authScopes: { $all: { permissionOn: 'alerts:write', permission: 'users:read' } },
    args: { input: t.arg({ type: AssignAlertInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { id, userId = null } = input
      const seen = await mayChange(context, id)
      await mustBeMember(context, 'userId', userId)
      const who = { by: signedIn(context.viewer).userId, at: context.clock() }
      const alert = await context.tenant((trx) => transitions.assign(trx, seen, userId, who, input))
      await tell(context, 'assigned', [alert.id])
      return { alert }
    },
  }),
)
