import * as credentials from '../model/credentials.ts'
import type { ConnectorRow } from '../tables.ts'
import { builder } from './builder.ts'
import { Connector } from './connector.ts'

const SetConnectorCredentialsInput = builder.inputType('SetConnectorCredentialsInput', {
  description: 'What a connector shows its system.',
  fields: (t) => ({
    id: t.id({ required: true }),
    credentials: t.string({
      description: 'A token, or a JSON text of several. Kept encrypted and never shown; null takes it away.',
    }),
  }),
})
const SetConnectorCredentialsPayload = builder
  .objectRef<{ connector: ConnectorRow }>('SetConnectorCredentialsPayload')
  .implement({
    needs: 'inherited',
    description: 'The connector after the change.',
    fields: (t) => ({ connector: t.field({ type: Connector, resolve: ({ connector }) => connector }) }),
  })

builder.mutationField('setConnectorCredentials', (t) =>
  t.field({
    type: SetConnectorCredentialsPayload,
    description: 'Gives a connector what it shows its system, or takes it away.',
    authScopes: { permission: 'integrations:write' },
    args: { input: t.arg({ type: SetConnectorCredentialsInput, required: true }) },
    resolve: async (_root, { input }, { tenant, sealing }) => ({
      connector: await tenant((trx) => credentials.give(trx, sealing, input.id, input.credentials ?? null)),
    }),
  }),
)
