import * as rekey from '../model/rekey.ts'
import { builder } from './builder.ts'
import { Operation } from './refs.ts'

const RekeyOrganizationInput = builder.inputType('RekeyOrganizationInput', {
  description: 'The organization that gets a new key.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})
const RekeyOrganizationPayload = builder
  .objectRef<{ operationId: string }>('RekeyOrganizationPayload')
  .implement({
    needs: 'inherited',
    description: 'What follows from a new key.',
    fields: (t) => ({
      operation: t.field({
        type: Operation,
        nullable: true,
        description: 'How many of the values that older keys had sealed are sealed by the new one.',
        resolve: ({ operationId }) => ({ id: operationId }),
      }),
    }),
  })

builder.mutationField('rekeyOrganization', (t) =>
  t.field({
    type: RekeyOrganizationPayload,
    description:
      'Gives one’s organization a new key for its secrets, and seals what there is by it; reading goes on meanwhile.',
    authScopes: { permission: 'organization:write' },
    args: { input: t.arg({ type: RekeyOrganizationInput, required: true }) },
    resolve: async (_root, { input }, context) => ({ operationId: await rekey.begin(context, input.id) }),
  }),
)
