import type { Context } from '#kit/context.ts'
import { notFound } from '#kit/errors.ts'
import { signedIn } from '#kit/viewer.ts'
import * as transitions from '../model/transition.ts'
import type { Move } from '../rules/lifecycle.ts'
import type { AlertRow, Tables } from '../tables.ts'
import { find } from './alert.ts'
import { builder } from './builder.ts'
import { type Changed, tell } from './changed.ts'
import { AlertVerdict } from './enums.ts'
import { alertPayload, expectedVersion } from './payload.ts'

type Asked = { id: string } & transitions.Expecting

/** The alert that somebody names, if they may change it. Throws NOT_FOUND and FORBIDDEN. */
export async function mayChange(context: Context<Tables>, id: string): Promise<AlertRow> {
  const seen = await find(context, id)
  if (!seen) throw notFound('Alert')
  await context.permits('alerts:write', [seen.assetId])
  return seen
}

async function moved(context: Context<Tables>, asked: Asked, move: Move, change: Changed) {
  const { userId } = signedIn(context.viewer)
  const seen = await mayChange(context, asked.id)
  const who = { by: userId, at: context.clock() }
  const alert = await context.tenant((trx) => transitions.transition(trx, seen, move, who, asked))
  await tell(context, change, [alert.id])
  return { alert }
}

const AcknowledgeAlertInput = builder.inputType('AcknowledgeAlertInput', {
  description: 'The alert that somebody has seen.',
  fields: (t) => ({ id: t.id({ required: true }), expectedVersion: t.int(expectedVersion) }),
})
const StartAlertInput = builder.inputType('StartAlertInput', {
  description: 'The alert that somebody works on.',
  fields: (t) => ({ id: t.id({ required: true }), expectedVersion: t.int(expectedVersion) }),
})
const HoldAlertInput = builder.inputType('HoldAlertInput', {
  description: 'The alert that has to wait, for what, and until when.',
  fields: (t) => ({
    id: t.id({ required: true }),
    reason: t.string({ required: true }),
    holdUntil: t.field({ type: 'DateTime', required: true, description: 'Within a year.' }),
    expectedVersion: t.int(expectedVersion),
  }),
})
const ResolveAlertInput = builder.inputType('ResolveAlertInput', {
  description: 'The alert that is done with, and what it was.',
  fields: (t) => ({
    id: t.id({ required: true }),
    verdict: t.field({ type: AlertVerdict, description: 'Must be given: nothing is resolved without one.' }),
    note: t.string(),
    expectedVersion: t.int(expectedVersion),
  }),
})
const ReopenAlertInput = builder.inputType('ReopenAlertInput', {
  description: 'The alert that is not done with.',
  fields: (t) => ({ id: t.id({ required: true }), expectedVersion: t.int(expectedVersion) }),
})
const ArchiveAlertInput = builder.inputType('ArchiveAlertInput', {
  description: 'The resolved alert that nothing shall change any more.',
  fields: (t) => ({ id: t.id({ required: true }), expectedVersion: t.int(expectedVersion) }),
})

const AcknowledgeAlertPayload = alertPayload('AcknowledgeAlertPayload', 'An alert after it was acknowledged.')
const StartAlertPayload = alertPayload('StartAlertPayload', 'An alert that somebody works on.')
const HoldAlertPayload = alertPayload('HoldAlertPayload', 'An alert that waits.')
const ResolveAlertPayload = alertPayload('ResolveAlertPayload', 'An alert that is done with.')
const ReopenAlertPayload = alertPayload('ReopenAlertPayload', 'An alert that is open again.')
const ArchiveAlertPayload = alertPayload('ArchiveAlertPayload', 'An alert that can only be read.')

const authScopes = { permissionOn: 'alerts:write' } as const

builder.mutationType({ authScopes: { signedIn: true } })
builder.mutationFields((t) => ({
  acknowledgeAlert: t.field({
    type: AcknowledgeAlertPayload,
    description: 'Says that an alert was seen; who says so is its assignee, if nobody is.',
    authScopes,
    args: { input: t.arg({ type: AcknowledgeAlertInput, required: true }) },
    resolve: (_root, { input }, context) => moved(context, input, { to: 'acknowledged' }, 'acknowledged'),
  }),
  startAlert: t.field({
    type: StartAlertPayload,
    description: 'Says that an alert is worked on, by its assignee, or by who says so where nobody is.',
    authScopes,
    args: { input: t.arg({ type: StartAlertInput, required: true }) },
    resolve: (_root, { input }, context) => moved(context, input, { to: 'in_progress' }, 'updated'),
  }),
  holdAlert: t.field({
    type: HoldAlertPayload,
    description: 'Lets an alert wait. Its time stands still meanwhile, for 7 days in all.',
    authScopes,
    args: { input: t.arg({ type: HoldAlertInput, required: true }) },
    resolve: (_root, { input }, context) => {
      const { reason, holdUntil } = input
      return moved(context, input, { to: 'on_hold', reason, holdUntil }, 'updated')
    },
  }),
  resolveAlert: t.field({
    type: ResolveAlertPayload,
    description: 'Says what an alert was. What is seen again within a day opens it.',
    authScopes,
    args: { input: t.arg({ type: ResolveAlertInput, required: true }) },
    resolve: (_root, { input }, context) => {
      const { verdict, note } = input
      return moved(context, input, { to: 'resolved', verdict, note }, 'resolved')
    },
  }),
  reopenAlert: t.field({
    type: ReopenAlertPayload,
    description:
      'Opens a resolved alert again, or takes back that one was seen. Its time goes on where it stood.',
    authScopes,
    args: { input: t.arg({ type: ReopenAlertInput, required: true }) },
    resolve: (_root, { input }, context) => moved(context, input, { to: 'open' }, 'reopened'),
  }),
  archiveAlert: t.field({
    type: ArchiveAlertPayload,
    description: 'Puts a resolved alert away: from then on it is read only.',
    authScopes,
    args: { input: t.arg({ type: ArchiveAlertInput, required: true }) },
    resolve: (_root, { input }, context) => moved(context, input, { to: 'archived' }, 'archived'),
  }),
}))
