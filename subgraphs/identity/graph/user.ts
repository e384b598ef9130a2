import { reference, screaming } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { listOf, one } from '#kit/lookup.ts'
import { roles, signedIn } from '#kit/viewer.ts'
import * as organizations from '../model/organization.ts'
import * as users from '../model/user.ts'
import type { Tables, UserRow } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { Organization } from './organization.ts'

export const User = builder.objectRef<UserRow>('User')

export const Role = builder.enumType('Role', {
  description: 'What a member may do, from ADMIN (everything) to VIEWER (reading); API is for keys.',
  values: screaming(roles),
})

const find = (context: Context<Tables>, id: string) => one(context, 'user', id, users.find)

User.implement({
  needs: 'users:read',
  description: 'A member of an organization: one person may be several users, one in each organization.',
  fields: (t) => ({
    id: t.exposeID('id'),
    email: t.exposeString('email'),
    name: t.exposeString('name', { nullable: true }),
    role: t.field({ type: Role, resolve: (user) => user.role }),
    organization: t.field({
      type: Organization,
      nullable: true,
      resolve: (user, _args, context) =>
        one(context, 'organization', user.organizationId, organizations.find),
    }),
    lastLoginAt: t.expose('lastLoginAt', { type: 'DateTime', nullable: true }),
    disabledAt: t.expose('disabledAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when they may not come in; null for who may.',
    }),
    version: t.exposeInt('version', { description: 'Rises with each change by somebody.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
})
builder.asEntity(User, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: reference('users:read', find),
})

const UserConnection = lists.connection(User)
const UserFilter = builder.inputType('UserFilter', {
  description: 'Which users to list.',
  fields: (t) => ({
    role: t.field({ type: [Role] }),
    search: t.string({ description: 'Part of the name or the e-mail.' }),
  }),
})
const listArgs = lists.args(UserFilter, lists.order('User', users.spec))

builder.queryFields((t) => ({
  me: t.field({
    type: User,
    nullable: true,
    description: 'The viewer.',
    authScopes: { signedIn: true },
    // Oneself.
    needs: 'signedIn',
    resolve: (_root, _args, context) => find(context, signedIn(context.viewer).userId),
  }),
  user: t.field({
    type: User,
    nullable: true,
    description: 'One user, or null.',
    authScopes: { permission: 'users:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => find(context, id),
  }),
  users: t.field({
    type: UserConnection,
    description: 'The members of the organization.',
    authScopes: { permission: 'users:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, users.spec, args),
  }),
}))
