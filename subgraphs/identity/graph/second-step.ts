import { signInWithPasskey, startEntry } from '../model/passkey-entry.ts'
import { complete, startSecond } from '../model/second-step.ts'
import { builder } from './builder.ts'
import { enter, SignInPayload } from './sign-in.ts'

const device = {
  token: 'What this device was given before.',
  remember: 'Whether to give it a token, for 30 days.',
}
const assertion = 'What the browser answered, as `PublicKeyCredential.toJSON()` writes it.'

const CompleteSignInInput = builder.inputType('CompleteSignInInput', {
  description: 'The second step of signing in, by one of its methods.',
  fields: (t) => ({
    challenge: t.string({
      required: true,
      description: 'What `signIn` refused with; it lives for five minutes.',
    }),
    code: t.string({ description: 'Of the authenticator: six digits.' }),
    recoveryCode: t.string({ description: 'One of those that were shown once.' }),
    passkey: t.field({ type: 'JSON', description: assertion }),
    deviceToken: t.string({ description: device.token }),
    rememberDevice: t.boolean({ description: device.remember }),
  }),
})
const StartPasskeySignInInput = builder.inputType('StartPasskeySignInInput', {
  description: 'For what a passkey is to be used.',
  fields: (t) => ({
    challenge: t.string({
      description: 'What `signIn` refused with, for the second step; without it, to sign in by it alone.',
    }),
  }),
})
export const PasskeyOptionsPayload = builder
  .objectRef<{ options: unknown }>('PasskeyOptionsPayload')
  .implement({
    needs: 'inherited',
    description: 'What a browser asks its devices.',
    fields: (t) => ({
      options: t.expose('options', {
        type: 'JSON',
        description: 'For `navigator.credentials`, as WebAuthn writes it in JSON.',
      }),
    }),
  })
const SignInWithPasskeyInput = builder.inputType('SignInWithPasskeyInput', {
  description: 'A passkey, and where to enter with it.',
  fields: (t) => ({
    passkey: t.field({ type: 'JSON', required: true, description: assertion }),
    organization: t.string({ description: 'The slug of the organization to enter; else the first joined.' }),
    deviceToken: t.string({ description: device.token }),
    rememberDevice: t.boolean({ description: device.remember }),
  }),
})

builder.mutationFields((t) => ({
  completeSignIn: t.field({
    type: SignInPayload,
    description: `Signs in with what \`signIn\` asked for besides the password. After ten wrong tries at an account
      strangers wait 15 minutes.`,
    authScopes: { open: 'Who signs in is nobody yet' },
    skipTypeScopes: true,
    args: { input: t.arg({ type: CompleteSignInInput, required: true }) },
    resolve: async (_root, { input }, context) =>
      enter(context, await complete(context, input, context.client)),
  }),
  startPasskeySignIn: t.field({
    type: PasskeyOptionsPayload,
    description: 'Asks for a passkey; the answer counts once, within five minutes.',
    authScopes: { open: 'Who signs in is nobody yet' },
    skipTypeScopes: true,
    args: { input: t.arg({ type: StartPasskeySignInInput, required: true }) },
    resolve: async (_root, { input: { challenge } }, context) => ({
      options: await (challenge ? startSecond(context, challenge) : startEntry(context, context.client)),
    }),
  }),
  signInWithPasskey: t.field({
    type: SignInPayload,
    description: 'Signs in with a passkey alone: the device has seen that it is its owner.',
    authScopes: { open: 'Who signs in is nobody yet' },
    skipTypeScopes: true,
    args: { input: t.arg({ type: SignInWithPasskeyInput, required: true }) },
    resolve: async (_root, { input }, context) =>
      enter(context, await signInWithPasskey(context, input, context.client)),
  }),
}))
