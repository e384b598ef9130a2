import { allowed, signedIn } from '#kit/viewer.ts'
import * as memberships from '../model/membership.ts'
import type { UserRow } from '../tables.ts'
import { builder } from './builder.ts'
import { Role, User } from './user.ts'

const CreateUserInput = builder.inputType('CreateUserInput', {
  description: 'Somebody to add to the organization.',
  fields: (t) => ({
    email: t.string({ required: true }),
    name: t.string({ required: true }),
    role: t.field({ type: Role, required: true }),
    password: t.string({
      description: 'Of a new account, at least 12 characters. Without it, a token to set one is given.',
    }),
  }),
})
const CreateUserPayload = builder.objectRef<memberships.Added>('CreateUserPayload').implement({
  needs: 'inherited',
  description: 'A member who was added.',
  fields: (t) => ({
    user: t.field({ type: User, resolve: ({ user }) => user }),
    passwordToken: t.string({
      nullable: true,
      description:
        'Sets the password of a new account, once; shown here only. Null where there is one already.',
      resolve: ({ passwordToken }) => passwordToken?.token,
    }),
    passwordTokenExpiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: ({ passwordToken }) => passwordToken?.expiresAt,
    }),
  }),
})

const expectedVersion = 'Refuses with CONFLICT when the version is another one by now.'
const UpdateUserInput = builder.inputType('UpdateUserInput', {
  description: 'What to change of a member; what is left out stays.',
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string(),
    role: t.field({ type: Role }),
    expectedVersion: t.int({ description: expectedVersion }),
  }),
})
const DisableUserInput = builder.inputType('DisableUserInput', {
  description: 'Who may not come in any more.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})
const EnableUserInput = builder.inputType('EnableUserInput', {
  description: 'Who may come in again.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})
const payload = (name: string, description: string) =>
  builder.objectRef<{ user: UserRow }>(name).implement({
    needs: 'inherited',
    description,
    fields: (t) => ({ user: t.field({ type: User, resolve: ({ user }) => user }) }),
  })
const UpdateUserPayload = payload('UpdateUserPayload', 'A member after a change.')
const DisableUserPayload = payload('DisableUserPayload', 'A member who may not come in any more.')
const EnableUserPayload = payload('EnableUserPayload', 'A member who may come in again.')

builder.mutationFields((t) => ({
  createUser: t.field({
    type: CreateUserPayload,
    description: 'Adds a member. The account of the e-mail joins as it is; where there is none, one is made.',
    authScopes: { permission: 'users:write' },
    args: { input: t.arg({ type: CreateUserInput, required: true }) },
    resolve: (_root, { input }, { db, viewer }) =>
      memberships.create(db, allowed(viewer, 'users:write'), input),
  }),
  updateUser: t.field({
    type: UpdateUserPayload,
    description: 'Changes the name or the role of a member. The role counts within a second.',
    authScopes: { permission: 'users:write' },
    args: { input: t.arg({ type: UpdateUserInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer }) => ({
      user: await tenant((trx) => memberships.update(trx, signedIn(viewer), input)),
    }),
  }),
  disableUser: t.field({
    type: DisableUserPayload,
    description: 'Ends all sessions of a member, and lets them sign in no more.',
    authScopes: { permission: 'users:write' },
    args: { input: t.arg({ type: DisableUserInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer }) => ({
      user: await tenant((trx) => memberships.disable(trx, signedIn(viewer), input.id)),
    }),
  }),
  enableUser: t.field({
    type: EnableUserPayload,
    description: 'Lets a member sign in again.',
    authScopes: { permission: 'users:write' },
    args: { input: t.arg({ type: EnableUserInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer }) => ({
      user: await tenant((trx) => memberships.enable(trx, signedIn(viewer), input.id)),
    }),
  }),
}))
