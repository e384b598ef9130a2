import type { Context } from '#kit/context.ts'
import { accessTokenSeconds, signAccessToken } from '#kit/tokens.ts'
import type { SignedIn } from '../model/enter.ts'
import { type Refreshed, refresh } from '../model/refresh.ts'
import { signIn } from '../model/sign-in.ts'
import { signOut } from '../model/sign-out.ts'
import * as users from '../model/user.ts'
import type { Tables, UserRow } from '../tables.ts'
import { builder } from './builder.ts'
import { User } from './user.ts'

export type Payload = {
  accessToken: string
  expiresIn: number
  refreshToken: string
  refreshExpiresIn: number
  deviceToken: string | null
  user: UserRow
}

export const SignInPayload = builder.objectRef<Payload>('SignInPayload').implement({
  needs: 'inherited',
  description: 'Who has come in, and the tokens that say so.',
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', { description: 'Goes into `Authorization: Bearer`.' }),
    expiresIn: t.exposeInt('expiresIn', { description: 'Seconds until the access token ends.' }),
    refreshToken: t.exposeString('refreshToken', {
      description: 'Asks once for the next pair of tokens. One that comes back later ends the session.',
    }),
    refreshExpiresIn: t.exposeInt('refreshExpiresIn', {
      description: 'Seconds until the session ends, however often it is refreshed.',
    }),
    deviceToken: t.exposeString('deviceToken', {
      nullable: true,
      description: 'Names this device at the next sign-in, where that was wanted.',
    }),
    // Oneself.
    user: t.field({ type: User, needs: 'signedIn', resolve: (payload) => payload.user }),
  }),
})

const SignInInput = builder.inputType('SignInInput', {
  description: 'An e-mail and its password.',
  fields: (t) => ({
    email: t.string({ required: true }),
    password: t.string({ required: true }),
    organization: t.string({ description: 'The slug of the organization to enter; else the first joined.' }),
    deviceToken: t.string({
      description: 'What this device was given before: who guesses elsewhere does not keep it waiting.',
    }),
    rememberDevice: t.boolean({ description: 'Whether to give it a token, for 30 days.' }),
  }),
})
const RefreshSessionInput = builder.inputType('RefreshSessionInput', {
  description: 'What goes on with a session.',
  fields: (t) => ({ refreshToken: t.string({ required: true }) }),
})
const SignOutInput = builder.inputType('SignOutInput', {
  description: 'Which session to end: the one of the access token, else the one of this refresh token.',
  fields: (t) => ({ refreshToken: t.string() }),
})
const SignOutPayload = builder.objectRef<{ signedOut: boolean }>('SignOutPayload').implement({
  needs: 'inherited',
  description: 'That nobody is signed in any more.',
  fields: (t) => ({ signedOut: t.exposeBoolean('signedOut') }),
})

/** Tells the tokens of who has come in, as whom the rest of the answer is read. */
export async function enter(
  context: Context<Tables>,
  { session, refreshToken, user, deviceToken }: Refreshed & Partial<SignedIn>,
): Promise<Payload> {
  const member = users.asMember(user, session)
  // The rest of the answer is for who has just come in.
  context.viewer = member
  return {
    accessToken: await signAccessToken(context.keys, member),
    expiresIn: accessTokenSeconds,
    refreshToken,
    deviceToken: deviceToken ?? null,
    refreshExpiresIn: Math.max(0, Math.floor((session.expiresAt.getTime() - Date.now()) / 1_000)),
    user,
  }
}

builder.mutationType({ authScopes: { signedIn: true } })
builder.mutationFields((t) => ({
  signIn: t.field({
    type: SignInPayload,
    authScopes: { open: 'Who signs in is nobody yet' },
    description: `Signs in with a password. After ten wrong tries at an account strangers wait 15 minutes. Refuses with
      SECOND_FACTOR_REQUIRED where that is not enough, with \`extensions.methods\` and the \`extensions.challenge\` for
      \`completeSignIn\`; without methods, for \`startTotp\` or \`startPasskey\` first.`,
    skipTypeScopes: true,
    args: { input: t.arg({ type: SignInInput, required: true }) },
    resolve: async (_root, { input }, context) =>
      enter(context, await signIn(context, input, context.client)),
  }),
  refreshSession: t.field({
    type: SignInPayload,
    authScopes: { open: 'The refresh token says who asks' },
    description:
      'New tokens for a session that goes on. For 30 seconds the same token may be sent again, in case the answer was lost.',
    skipTypeScopes: true,
    args: { input: t.arg({ type: RefreshSessionInput, required: true }) },
    resolve: async (_root, { input }, context) =>
      enter(context, await refresh(context.db, input.refreshToken, context.client)),
  }),
  signOut: t.field({
    type: SignOutPayload,
    authScopes: { open: 'Whoever has a session may end it, its access token gone or not' },
    description:
      'Ends the session, with all of its tokens. Nothing is wrong with one that has ended already.',
    skipTypeScopes: true,
    args: { input: t.arg({ type: SignOutInput, required: true }) },
    resolve: async (_root, { input }, { db, viewer }) => {
      await signOut(db, viewer, input.refreshToken ?? null)
      return { signedOut: true }
    },
  }),
}))
