import * as factors from '../model/factor.ts'
import * as passkeys from '../model/passkey.ts'
import { secondMethods } from '../rules.ts'
import type { Factors, PasskeyRow } from '../tables.ts'
import { builder } from './builder.ts'
import { inSession } from './in-session.ts'

export const Passkey = builder.objectRef<PasskeyRow>('Passkey').implement({
  needs: 'inherited',
  description: 'A key that a device of the viewer keeps, and uses after it has seen that it is them.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    backedUp: t.exposeBoolean('backedUp', { description: 'Whether it outlives the device.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    lastUsedAt: t.expose('lastUsedAt', { type: 'DateTime', nullable: true }),
  }),
})

export const SecondFactors = builder.objectRef<Factors & { accountId: string }>('SecondFactors').implement({
  needs: 'inherited',
  description: 'By what the viewer’s account proves itself besides its password.',
  fields: (t) => ({
    enabled: t.boolean({ resolve: (of) => secondMethods(of).length > 0 }),
    required: t.boolean({
      description: 'Whether an organization of the viewer asks for one.',
      resolve: ({ accountId }, _args, { db }) => factors.isRequired(db, accountId),
    }),
    totpEnabledAt: t.expose('totpAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when there is an authenticator that shows codes.',
    }),
    recoveryCodesLeft: t.exposeInt('recoveryCodes', { description: 'How many have not been used.' }),
    passkeys: t.field({
      type: [Passkey],
      resolve: ({ accountId }, _args, { db }) => passkeys.listOf(db, accountId),
    }),
  }),
})

builder.queryField('secondFactors', (t) =>
  t.field({
    type: SecondFactors,
    description: 'The viewer’s second factors. For people who have signed in, not for keys.',
    authScopes: { signedIn: true },
    resolve: async (_root, _args, { db, viewer }) => {
      const { accountId } = inSession(viewer)
      return { ...(await factors.of(db, accountId)), accountId }
    },
  }),
)
