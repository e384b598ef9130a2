import { allowed } from '#kit/viewer.ts'
import { changePassword, resetSecondFactors } from '../model/account-change.ts'
import * as passkeys from '../model/passkey.ts'
import { prove } from '../model/proof.ts'
import type { UserRow } from '../tables.ts'
import { builder } from './builder.ts'
import { inSession } from './in-session.ts'
import { PasskeyOptionsPayload } from './second-step.ts'
import { User } from './user.ts'

const ProveYourselfInput = builder.inputType('ProveYourselfInput', {
  description: 'One proof that the viewer is who they are; of the second factor, where there is one.',
  fields: (t) => ({
    password: t.string({ description: 'Where there is no second factor.' }),
    code: t.string({ description: 'Of the authenticator: six digits.' }),
    recoveryCode: t.string(),
    passkey: t.field({ type: 'JSON', description: 'The browser’s answer to `startPasskeyProof`.' }),
  }),
})
const ProveYourselfPayload = builder.objectRef<{ provedUntil: Date }>('ProveYourselfPayload').implement({
  needs: 'inherited',
  description: 'That the session may change what protects the account.',
  fields: (t) => ({ provedUntil: t.expose('provedUntil', { type: 'DateTime' }) }),
})
const ChangePasswordInput = builder.inputType('ChangePasswordInput', {
  description: 'The password, and the one to take its place.',
  fields: (t) => ({
    current: t.string({ required: true }),
    new: t.string({ required: true, description: 'At least 12 characters.' }),
  }),
})
const ChangePasswordPayload = builder
  .objectRef<{ endedSessions: number }>('ChangePasswordPayload')
  .implement({
    needs: 'inherited',
    description: 'That the password is another one.',
    fields: (t) => ({
      endedSessions: t.exposeInt('endedSessions', {
        description: 'How many other sessions were ended by it.',
      }),
    }),
  })
const ResetSecondFactorsInput = builder.inputType('ResetSecondFactorsInput', {
  description: 'Who has lost their second factors.',
  fields: (t) => ({ userId: t.id({ required: true }) }),
})
const ResetSecondFactorsPayload = builder
  .objectRef<{ user: UserRow }>('ResetSecondFactorsPayload')
  .implement({
    needs: 'inherited',
    description: 'A member without second factors.',
    fields: (t) => ({ user: t.field({ type: User, resolve: ({ user }) => user }) }),
  })

builder.mutationFields((t) => ({
  proveYourself: t.field({
    type: ProveYourselfPayload,
    description: 'Proves once more who the viewer is, for ten minutes. Tries are counted as at signing in.',
    authScopes: { signedIn: true },
    args: { input: t.arg({ type: ProveYourselfInput, required: true }) },
    resolve: async (_root, { input }, context) => ({
      provedUntil: await prove(context, inSession(context.viewer), input),
    }),
  }),
  startPasskeyProof: t.field({
    type: PasskeyOptionsPayload,
    description: 'Asks for a passkey of the viewer, for `proveYourself`.',
    authScopes: { signedIn: true },
    resolve: async (_root, _args, context) => {
      const { accountId, sessionId: bound } = inSession(context.viewer)
      return { options: await passkeys.startUse(context, 'prove', { accountId, bound }) }
    },
  }),
  changePassword: t.field({
    type: ChangePasswordPayload,
    description: `Changes the viewer’s password, and ends all their other sessions. Asks for a fresh proof
      (REAUTHENTICATION_REQUIRED).`,
    authScopes: { signedIn: true },
    args: { input: t.arg({ type: ChangePasswordInput, required: true }) },
    resolve: async (_root, { input }, context) => ({
      endedSessions: await changePassword(context, inSession(context.viewer), input),
    }),
  }),
  resetSecondFactors: t.field({
    type: ResetSecondFactorsPayload,
    description: `Takes the second factors of a member away, whom the viewer manages and whose account joined this
      organization first, and ends their sessions.`,
    authScopes: { permission: 'users:write' },
    args: { input: t.arg({ type: ResetSecondFactorsInput, required: true }) },
    resolve: async (_root, { input }, { db, viewer }) => ({
      user: await resetSecondFactors(db, allowed(viewer, 'users:write'), input.userId),
    }),
  }),
}))
