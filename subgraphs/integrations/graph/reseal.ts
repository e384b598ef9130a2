import { type Resealed, resealPart } from '#kit/sealing/reseal.ts'
import { sealed } from '../sealed.ts'
import { builder } from './builder.ts'

const ResealValuesInput = builder.inputType('ResealValuesInput', {
  inaccessible: true,
  description: 'Which sealed values are next.',
  fields: (t) => ({
    version: t.int({ required: true, description: 'Of the key that is the new one.' }),
    column: t.int({ required: true }),
    after: t.id({ required: true }),
  }),
})
const ResealValuesPayload = builder.objectRef<Resealed>('ResealValuesPayload').implement({
  inaccessible: true,
  needs: 'inherited',
  description: 'How far sealing anew has come.',
  fields: (t) => ({
    looked: t.exposeInt('looked'),
    left: t.exposeInt('left'),
    column: t.int({ nullable: true, resolve: ({ next }) => next?.column }),
    after: t.id({ nullable: true, resolve: ({ next }) => next?.after }),
  }),
})

builder.mutationField('resealIntegrations', (t) =>
  t.field({
    type: ResealValuesPayload,
    inaccessible: true,
    description: 'Seals some values by the organization’s new key. For identity only.',
    authScopes: { $all: { peer: 'identity', permission: 'organization:write' } },
    args: { input: t.arg({ type: ResealValuesInput, required: true }) },
    resolve: (_root, { input: { version, ...from } }, context) => resealPart(context, sealed, version, from),
  }),
)
