import { screaming } from '#kit/builder.ts'
import { identifierKinds, strengths } from '../tables.ts'
import { builder } from './builder.ts'

export const IdentifierKind = builder.enumType('IdentifierKind', {
  description:
    'What something is known by. The first six are STRONG; HOSTNAME and IP are WEAK; the others are MEDIUM.',
  values: screaming(identifierKinds),
})
export const IdentifierStrength = builder.enumType('IdentifierStrength', {
  description:
    'STRONG tells an asset by itself, two kinds of MEDIUM do together, and WEAK only suggests that it may be the same.',
  values: screaming(strengths),
})
export const AssetIdentifierInput = builder.inputType('AssetIdentifierInput', {
  description: 'Something that an asset is known by.',
  fields: (t) => ({
    kind: t.field({ type: IdentifierKind, required: true }),
    value: t.string({ required: true }),
  }),
})
