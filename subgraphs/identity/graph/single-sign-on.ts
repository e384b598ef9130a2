import { complete } from '../model/sso-complete.ts'
import { type Started, start } from '../model/sso-start.ts'
import { builder } from './builder.ts'
import { enter, type Payload, SignInPayload } from './sign-in.ts'

const StartSingleSignOnInput = builder.inputType('StartSingleSignOnInput', {
  description: 'At whose provider to sign in.',
  fields: (t) => ({
    organization: t.string({ required: true, description: 'The slug of the organization.' }),
    browser: t.string({ description: 'What this browser keeps of another sign-in.' }),
    returnTo: t.string({ description: 'The path of the page to come back to.' }),
  }),
})
const StartSingleSignOnPayload = builder.objectRef<Started>('StartSingleSignOnPayload').implement({
  needs: 'inherited',
  description: 'A sign-in that has begun: it is over after ten minutes.',
  fields: (t) => ({
    url: t.exposeString('url', { description: 'Where the browser goes.' }),
    browser: t.exposeString('browser', {
      description: 'What this browser has to keep, where no script reads it, and bring when it comes back.',
    }),
  }),
})
const CompleteSingleSignOnInput = builder.inputType('CompleteSingleSignOnInput', {
  description: 'With what a browser came back.',
  fields: (t) => ({
    parameters: t.string({ required: true, description: 'The query of the address that it was sent to.' }),
    browser: t.string({ description: 'What it was given to keep.' }),
  }),
})
const CompleteSingleSignOnPayload = builder
  .objectRef<{ entered: Payload; returnTo: string | null }>('CompleteSingleSignOnPayload')
  .implement({
    needs: 'inherited',
    description: 'Who has come in.',
    fields: (t) => ({
      entered: t.field({ type: SignInPayload, resolve: ({ entered }) => entered }),
      returnTo: t.exposeString('returnTo', { nullable: true }),
    }),
  })

builder.mutationFields((t) => ({
  startSingleSignOn: t.field({
    type: StartSingleSignOnPayload,
    description:
      'Begins a sign-in at the provider of an organization. Answers alike where there is none and where there is no such organization.',
    skipTypeScopes: true,
    authScopes: { open: 'whoever wants to sign in is nobody yet' },
    args: { input: t.arg({ type: StartSingleSignOnInput, required: true }) },
    resolve: (_root, { input }, context) => start(context, input, context.client),
  }),
  completeSingleSignOn: t.field({
    type: CompleteSingleSignOnPayload,
    description: 'Signs in who came back from their provider, in the organization whose provider it is.',
    skipTypeScopes: true,
    authScopes: { open: 'whoever wants to sign in is nobody yet' },
    args: { input: t.arg({ type: CompleteSingleSignOnInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { returnTo, ...entered } = await complete(context, input, context.client)
      return { entered: await enter(context, entered), returnTo }
    },
  }),
}))
