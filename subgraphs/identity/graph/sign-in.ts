import { accessTokenSeconds, signAccessToken } from '#kit/tokens.ts'
import { signIn } from '../model/sign-in.ts'
import type { UserRow } from '../tables.ts'
import { builder } from './builder.ts'
import { User } from './user.ts'

type Payload = { accessToken: string; expiresIn: number; user: UserRow }

const SignInPayload = builder.objectRef<Payload>('SignInPayload').implement({
  description: 'Who has come in, and the token that says so.',
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', { description: 'Goes into `Authorization: Bearer`.' }),
    expiresIn: t.exposeInt('expiresIn', { description: 'Seconds until the token ends.' }),
    user: t.field({ type: User, resolve: (payload) => payload.user }),
  }),
})

const SignInInput = builder.inputType('SignInInput', {
  description: 'An e-mail and its password.',
  fields: (t) => ({
    email: t.string({ required: true }),
    password: t.string({ required: true }),
    organization: t.string({ description: 'The slug of the organization to enter; else the first joined.' }),
  }),
})

builder.mutationType({ authScopes: { signedIn: true } })
builder.mutationField('signIn', (t) =>
  t.field({
    type: SignInPayload,
    description: 'Signs in with a password. After ten wrong tries an account waits 15 minutes.',
    skipTypeScopes: true,
    args: { input: t.arg({ type: SignInInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { member, user } = await signIn(context.db, context.shared, input)
      // The rest of the answer is for who has just come in.
      context.viewer = member
      return {
        accessToken: await signAccessToken(context.keys, member),
        expiresIn: accessTokenSeconds,
        user,
      }
    },
  }),
)
