import { screaming } from '#kit/builder.ts'
import { listOf, one } from '#kit/lookup.ts'
import { signedIn } from '#kit/viewer.ts'
import * as invitations from '../model/invitation.ts'
import * as users from '../model/user.ts'
import { invitationState } from '../rules.ts'
import type { InvitationRow } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { Role, User } from './user.ts'

const InvitationState = builder.enumType('InvitationState', {
  description: 'What has become of an invitation.',
  values: screaming(['pending', 'accepted', 'revoked', 'expired']),
})

const Invitation = builder.objectRef<InvitationRow>('Invitation').implement({
  needs: 'users:write',
  description: 'That an e-mail may join the organization, with a role.',
  fields: (t) => ({
    id: t.exposeID('id'),
    email: t.exposeString('email'),
    role: t.field({ type: Role, resolve: ({ role }) => role }),
    state: t.field({
      type: InvitationState,
      resolve: (invitation) => invitationState(invitation, new Date()),
    }),
    invitedBy: t.field({
      type: User,
      nullable: true,
      resolve: ({ invitedBy }, _args, context) => one(context, 'user', invitedBy, users.find),
    }),
    acceptedBy: t.field({
      type: User,
      nullable: true,
      resolve: ({ acceptedBy }, _args, context) =>
        acceptedBy ? one(context, 'user', acceptedBy, users.find) : null,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime' }),
    acceptedAt: t.expose('acceptedAt', { type: 'DateTime', nullable: true }),
    revokedAt: t.expose('revokedAt', { type: 'DateTime', nullable: true }),
  }),
})

const InvitationConnection = lists.connection(Invitation)
const InvitationFilter = builder.inputType('InvitationFilter', {
  description: 'Which invitations to list.',
  fields: (t) => ({ search: t.string({ description: 'Part of the e-mail.' }) }),
})
const listArgs = lists.args(InvitationFilter, lists.order('Invitation', invitations.spec))

builder.queryFields((t) => ({
  invitation: t.field({
    type: Invitation,
    nullable: true,
    description: 'One invitation, or null.',
    authScopes: { permission: 'users:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => one(context, 'invitation', id, invitations.find),
  }),
  invitations: t.field({
    type: InvitationConnection,
    description: 'The invitations of the organization, newest first.',
    authScopes: { permission: 'users:write' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, invitations.spec, args),
  }),
}))

const CreateInvitationInput = builder.inputType('CreateInvitationInput', {
  description: 'Whom to invite, and as what.',
  fields: (t) => ({
    email: t.string({ required: true }),
    role: t.field({ type: Role, required: true }),
  }),
})
const CreateInvitationPayload = builder
  .objectRef<{ invitation: InvitationRow; token: string }>('CreateInvitationPayload')
  .implement({
    needs: 'inherited',
    description: 'An invitation that was made.',
    fields: (t) => ({
      invitation: t.field({ type: Invitation, resolve: ({ invitation }) => invitation }),
      token: t.exposeString('token', {
        description: 'Accepts it, once, within 7 days. Shown here only: hand it to who is invited.',
      }),
    }),
  })
const RevokeInvitationInput = builder.inputType('RevokeInvitationInput', {
  description: 'The invitation to take back.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})
const RevokeInvitationPayload = builder
  .objectRef<{ invitation: InvitationRow }>('RevokeInvitationPayload')
  .implement({
    needs: 'inherited',
    description: 'An invitation that was taken back.',
    fields: (t) => ({ invitation: t.field({ type: Invitation, resolve: ({ invitation }) => invitation }) }),
  })
const AcceptInvitationInput = builder.inputType('AcceptInvitationInput', {
  description: 'What was handed to who is invited, and how they are called.',
  fields: (t) => ({
    token: t.string({ required: true }),
    name: t.string({ required: true }),
    password: t.string({
      description: 'Of a new account, at least 12 characters. An account that exists keeps its own.',
    }),
  }),
})
const AcceptInvitationPayload = builder.objectRef<invitations.Accepted>('AcceptInvitationPayload').implement({
  needs: 'inherited',
  description: 'That one is a member now, and may sign in.',
  fields: (t) => ({
    email: t.exposeString('email'),
    role: t.field({ type: Role, resolve: ({ role }) => role }),
    organizationName: t.string({ resolve: ({ organization }) => organization.name }),
    organizationSlug: t.string({
      description: 'Names the organization when one signs in.',
      resolve: ({ organization }) => organization.slug,
    }),
    passwordSet: t.exposeBoolean('passwordSet', {
      description: 'Whether the password that was given is the account’s; else it has one of its own.',
    }),
  }),
})

builder.mutationFields((t) => ({
  createInvitation: t.field({
    type: CreateInvitationPayload,
    description: 'Invites an e-mail, for 7 days. An earlier invitation of the same e-mail ends.',
    authScopes: { permission: 'users:write' },
    args: { input: t.arg({ type: CreateInvitationInput, required: true }) },
    resolve: (_root, { input }, { tenant, viewer }) =>
      tenant((trx) => invitations.create(trx, signedIn(viewer), input)),
  }),
  revokeInvitation: t.field({
    type: RevokeInvitationPayload,
    description: 'Takes an invitation back.',
    authScopes: { permission: 'users:write' },
    args: { input: t.arg({ type: RevokeInvitationInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer }) => ({
      invitation: await tenant((trx) => invitations.revoke(trx, signedIn(viewer), input.id)),
    }),
  }),
  acceptInvitation: t.field({
    type: AcceptInvitationPayload,
    description: 'Joins the organization that an invitation is of. Opens no session: sign in afterwards.',
    skipTypeScopes: true,
    authScopes: { open: 'The token says who is invited' },
    args: { input: t.arg({ type: AcceptInvitationInput, required: true }) },
    resolve: (_root, { input }, context) => invitations.accept(context, input, context.client),
  }),
}))
