import type { Context } from '#kit/context.ts'
import { notFound } from '#kit/errors.ts'
import * as enrolment from '../model/enrolment.ts'
import type { Started } from '../model/totp.ts'
import type { Tables } from '../tables.ts'
import { builder } from './builder.ts'
import { Passkey } from './factors.ts'
import { inSession } from './in-session.ts'
import { PasskeyOptionsPayload } from './second-step.ts'

type Asked = { challenge?: string | null | undefined }

/** Who has a session sets up a factor in it; who may not come in without one has the challenge of the refusal. */
const enrolling = (context: Context<Tables>, { challenge }: Asked) =>
  challenge ? enrolment.before(context, challenge) : enrolment.within(context, inSession(context.viewer))

const challenge = 'Where the organization asks for a factor before coming in: what `signIn` refused with.'
const once =
  'Each signs in once where the other factors are lost. Shown here only; null where there are some.'

const StartTotpInput = builder.inputType('StartTotpInput', {
  description: 'An authenticator to set up.',
  fields: (t) => ({ challenge: t.string({ description: challenge }) }),
})
const StartTotpPayload = builder.objectRef<Started>('StartTotpPayload').implement({
  needs: 'inherited',
  description: 'What the authenticator computes its codes from. It counts once a code of it was confirmed.',
  fields: (t) => ({
    secret: t.exposeString('secret', { description: 'In Base32. Shown here only.' }),
    url: t.exposeString('url', { description: 'The same, as `otpauth://`, which apps open or scan.' }),
  }),
})
const ConfirmTotpInput = builder.inputType('ConfirmTotpInput', {
  description: 'A first code of the authenticator.',
  fields: (t) => ({
    code: t.string({ required: true }),
    challenge: t.string({ description: challenge }),
  }),
})
const RecoveryCodesPayload = builder
  .objectRef<{ recoveryCodes: string[] | null }>('RecoveryCodesPayload')
  .implement({
    needs: 'inherited',
    description: 'Ways in for who has lost their factors.',
    fields: (t) => ({
      recoveryCodes: t.exposeStringList('recoveryCodes', { nullable: true, description: once }),
    }),
  })
const RemoveTotpInput = builder.inputType('RemoveTotpInput', {
  description: 'Whether it is really the viewer who removes their authenticator.',
  fields: (t) => ({
    password: t.string({ required: true }),
    code: t.string({ description: 'One of these two is needed.' }),
    recoveryCode: t.string(),
  }),
})
const RemovedPayload = builder.objectRef<{ removed: boolean }>('RemovedFactorPayload').implement({
  needs: 'inherited',
  description: 'That a factor counts no more.',
  fields: (t) => ({ removed: t.exposeBoolean('removed') }),
})
const StartPasskeyInput = builder.inputType('StartPasskeyInput', {
  description: 'A passkey to make.',
  fields: (t) => ({ challenge: t.string({ description: challenge }) }),
})
const AddPasskeyInput = builder.inputType('AddPasskeyInput', {
  description: 'A passkey that a browser made.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'By which its owner tells it from others.' }),
    passkey: t.field({
      type: 'JSON',
      required: true,
      description: 'What the browser answered, as `PublicKeyCredential.toJSON()` writes it.',
    }),
    challenge: t.string({ description: challenge }),
  }),
})
const AddPasskeyPayload = builder.objectRef<enrolment.AddedPasskey>('AddPasskeyPayload').implement({
  needs: 'inherited',
  description: 'A passkey that counts from now on.',
  fields: (t) => ({
    passkey: t.field({ type: Passkey, resolve: ({ passkey }) => passkey }),
    recoveryCodes: t.exposeStringList('recoveryCodes', { nullable: true, description: once }),
  }),
})
const RemovePasskeyInput = builder.inputType('RemovePasskeyInput', {
  description: 'The passkey to forget.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})

const whyOpen = 'Who has to set up a factor before coming in has a challenge instead of a session'
const fresh = 'Asks for a fresh proof (REAUTHENTICATION_REQUIRED).'

builder.mutationFields((t) => ({
  startTotp: t.field({
    type: StartTotpPayload,
    description: `Begins to set up an authenticator, with a secret of its own. ${fresh}`,
    authScopes: { open: whyOpen },
    skipTypeScopes: true,
    args: { input: t.arg({ type: StartTotpInput, required: true }) },
    resolve: async (_root, { input }, context) =>
      enrolment.startTotp(context, await enrolling(context, input)),
  }),
  confirmTotp: t.field({
    type: RecoveryCodesPayload,
    description: 'Makes the authenticator count, by its first code. Tries are counted as at signing in.',
    authScopes: { open: whyOpen },
    skipTypeScopes: true,
    args: { input: t.arg({ type: ConfirmTotpInput, required: true }) },
    resolve: async (_root, { input }, context) => ({
      recoveryCodes: await enrolment.confirmTotp(context, await enrolling(context, input), input.code),
    }),
  }),
  removeTotp: t.field({
    type: RemovedPayload,
    description: 'Removes the authenticator of the viewer, by the password and a code.',
    authScopes: { signedIn: true },
    args: { input: t.arg({ type: RemoveTotpInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      await enrolment.removeTotp(context, inSession(context.viewer), input)
      return { removed: true }
    },
  }),
  startPasskey: t.field({
    type: PasskeyOptionsPayload,
    description: `Asks a browser for a new passkey; the answer counts once, within five minutes. ${fresh}`,
    authScopes: { open: whyOpen },
    skipTypeScopes: true,
    args: { input: t.arg({ type: StartPasskeyInput, required: true }) },
    resolve: async (_root, { input }, context) => ({
      options: await enrolment.startPasskey(context, await enrolling(context, input)),
    }),
  }),
  addPasskey: t.field({
    type: AddPasskeyPayload,
    description: `Keeps a passkey, which is a second factor and signs in alone. ${fresh}`,
    authScopes: { open: whyOpen },
    skipTypeScopes: true,
    args: { input: t.arg({ type: AddPasskeyInput, required: true }) },
    resolve: async (_root, { input }, context) =>
      enrolment.addPasskey(context, await enrolling(context, input), input),
  }),
  removePasskey: t.field({
    type: RemovedPayload,
    description: `Forgets a passkey of the viewer. ${fresh}`,
    authScopes: { signedIn: true },
    args: { input: t.arg({ type: RemovePasskeyInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const removed = await enrolment.removePasskey(context, inSession(context.viewer), input.id)
      if (!removed) throw notFound('Passkey')
      return { removed }
    },
  }),
  renewRecoveryCodes: t.field({
    type: RecoveryCodesPayload,
    description: `Makes ten new recovery codes; those before are void. ${fresh}`,
    authScopes: { signedIn: true },
    resolve: async (_root, _args, context) => ({
      recoveryCodes: await enrolment.renewRecoveryCodes(context, inSession(context.viewer)),
    }),
  }),
}))
