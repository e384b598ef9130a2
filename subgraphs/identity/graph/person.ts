import { signedIn } from '#kit/viewer.ts'
import * as person from '../model/person.ts'
import type { UserRow } from '../tables.ts'
import { builder } from './builder.ts'
import { User } from './user.ts'

const PersonExport = builder.objectRef<person.Exported>('PersonExport').implement({
  needs: 'inherited',
  description: 'Everything that is kept of a member of the organization.',
  fields: (t) => ({
    userId: t.id({ resolve: ({ user }) => user.id }),
    records: t.field({
      type: 'JSON',
      description: 'The rows, by their tables, in every part of the platform.',
      resolve: ({ records }) => records,
    }),
    exportedAt: t.expose('exportedAt', { type: 'DateTime' }),
  }),
})

builder.queryField('exportPerson', (t) =>
  t.field({
    type: PersonExport,
    description: 'What is kept of oneself, or of a member whom one manages.',
    authScopes: { signedIn: true },
    args: { userId: t.arg.id({ required: true }) },
    resolve: (_root, { userId }, context) => person.exported(context, userId),
  }),
)

const ErasePersonInput = builder.inputType('ErasePersonInput', {
  description: 'Who is to be forgotten.',
  fields: (t) => ({ userId: t.id({ required: true }) }),
})
const ErasePersonPayload = builder.objectRef<{ user: UserRow }>('ErasePersonPayload').implement({
  needs: 'inherited',
  description: 'What is left of a member who was forgotten.',
  fields: (t) => ({ user: t.field({ type: User, resolve: ({ user }) => user }) }),
})

builder.mutationField('erasePerson', (t) =>
  t.field({
    type: ErasePersonPayload,
    description:
      'Forgets a member for good: personal values go, sessions and keys end, and ids stay so that history does. An ' +
      'account that is a member elsewhere loses this membership only.',
    authScopes: { permission: 'users:write' },
    args: { input: t.arg({ type: ErasePersonInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer, erasures }) => ({
      user: await tenant((trx) => person.forget(trx, signedIn(viewer), erasures, input.userId)),
    }),
  }),
)
