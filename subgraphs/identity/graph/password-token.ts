import { allowed } from '#kit/viewer.ts'
import { type StartedReset, setPassword, startPasswordReset } from '../model/account-change.ts'
import { builder } from './builder.ts'
import { User } from './user.ts'

const StartPasswordResetInput = builder.inputType('StartPasswordResetInput', {
  description: 'Who has forgotten their password.',
  fields: (t) => ({ userId: t.id({ required: true }) }),
})
const StartPasswordResetPayload = builder.objectRef<StartedReset>('StartPasswordResetPayload').implement({
  needs: 'inherited',
  description: 'What lets a member set another password.',
  fields: (t) => ({
    user: t.field({ type: User, resolve: ({ user }) => user }),
    passwordToken: t.string({
      description: 'For `setPassword`, once, within an hour. Shown here only: hand it to them.',
      resolve: ({ passwordToken }) => passwordToken.token,
    }),
    passwordTokenExpiresAt: t.field({
      type: 'DateTime',
      resolve: ({ passwordToken }) => passwordToken.expiresAt,
    }),
  }),
})
const SetPasswordInput = builder.inputType('SetPasswordInput', {
  description: 'The first password of a new account, or another one after a reset.',
  fields: (t) => ({
    token: t.string({ required: true }),
    password: t.string({ required: true, description: 'At least 12 characters.' }),
  }),
})
const SetPasswordPayload = builder.objectRef<{ isSet: boolean }>('SetPasswordPayload').implement({
  needs: 'inherited',
  description: 'That one can sign in now.',
  fields: (t) => ({ isSet: t.exposeBoolean('isSet') }),
})
builder.mutationFields((t) => ({
  setPassword: t.field({
    type: SetPasswordPayload,
    authScopes: { open: 'The token says whose password it is' },
    description: `Sets a password with the token that was given for it: the first one of an account, or another one
      after \`startPasswordReset\`, which ends all sessions. A second factor is asked for as before.`,
    skipTypeScopes: true,
    args: { input: t.arg({ type: SetPasswordInput, required: true }) },
    resolve: async (_root, { input }, { db }) => {
      await setPassword(db, input.token, input.password)
      return { isSet: true }
    },
  }),
  startPasswordReset: t.field({
    type: StartPasswordResetPayload,
    description: `Gives a token that sets another password of a member, whom the viewer manages and whose account
      joined this organization first. Asks for a fresh proof (REAUTHENTICATION_REQUIRED).`,
    authScopes: { permission: 'users:write' },
    args: { input: t.arg({ type: StartPasswordResetInput, required: true }) },
    resolve: (_root, { input }, { db, viewer }) =>
      startPasswordReset(db, allowed(viewer, 'users:write'), input.userId),
  }),
}))
