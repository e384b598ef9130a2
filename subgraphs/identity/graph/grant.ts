import { screaming } from '#kit/builder.ts'
import { type Context, callPeer } from '#kit/context.ts'
import { notFound } from '#kit/errors.ts'
import { listOf, one } from '#kit/lookup.ts'
import { to } from '#kit/refs.ts'
import { signedIn } from '#kit/viewer.ts'
import * as grants from '../model/grant.ts'
import * as users from '../model/user.ts'
import { type GrantRow, grantRoles, type Tables } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { AssetGroup } from './refs.ts'
import { find as findTeam, Team } from './team.ts'
import { User } from './user.ts'

const GrantRole = builder.enumType('GrantRole', {
  description: 'What may be granted over some assets; an ADMIN is one of a whole organization.',
  values: screaming(grantRoles),
})

const findUser = (context: Context<Tables>, id: string) => one(context, 'user', id, users.find)

const Grant = builder.objectRef<GrantRow>('Grant').implement({
  needs: 'users:read',
  description: 'That a member, or a team, may do what a role may with the assets of one tag or one group.',
  fields: (t) => ({
    id: t.exposeID('id'),
    user: t.field({
      type: User,
      nullable: true,
      description: 'To whom; null where it is a team.',
      resolve: ({ userId }, _args, context) => (userId ? findUser(context, userId) : null),
    }),
    team: t.field({
      type: Team,
      nullable: true,
      description: 'To which team; null where it is a member.',
      resolve: ({ teamId }, _args, context) => (teamId ? findTeam(context, teamId) : null),
    }),
    role: t.field({ type: GrantRole, resolve: ({ role }) => role }),
    tag: t.exposeString('tag', { nullable: true, description: 'Over the assets with this tag.' }),
    assetGroup: t.field({
      type: AssetGroup,
      nullable: true,
      description: 'Over the assets of this group.',
      resolve: ({ assetGroupId }) => to(assetGroupId),
    }),
    grantedBy: t.field({
      type: User,
      nullable: true,
      resolve: ({ grantedBy }, _args, context) => findUser(context, grantedBy),
    }),
    permissions: t.stringList({
      description: 'What it is worth now: never more than who made it may do. None when it has ended.',
      resolve: async (grant, _args, context) =>
        grants.worth(grant, await findUser(context, grant.grantedBy), new Date()),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true }),
    revokedAt: t.expose('revokedAt', { type: 'DateTime', nullable: true }),
  }),
})

const GrantConnection = lists.connection(Grant)
const GrantFilter = builder.inputType('GrantFilter', {
  description: 'Which grants to list: conditions are joined by AND, the values of one by OR.',
  fields: (t) => ({
    userId: t.idList(),
    teamId: t.idList(),
    tag: t.stringList(),
    assetGroupId: t.idList(),
  }),
})
const listArgs = lists.args(GrantFilter, lists.order('Grant', grants.spec))

builder.queryFields((t) => ({
  grant: t.field({
    type: Grant,
    nullable: true,
    description: 'One grant, or null.',
    authScopes: { permission: 'users:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => one(context, 'grant', id, grants.find),
  }),
  grants: t.field({
    type: GrantConnection,
    description: 'The grants of the organization, newest first, those that have ended too.',
    authScopes: { permission: 'users:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, grants.spec, args),
  }),
}))

const CreateGrantInput = builder.inputType('CreateGrantInput', {
  description: 'To whom (a member or a team), what, and over which assets (of a tag or of a group).',
  fields: (t) => ({
    userId: t.id(),
    teamId: t.id(),
    role: t.field({ type: GrantRole, required: true }),
    tag: t.string({ description: 'Such as `team:payments`.' }),
    assetGroupId: t.id(),
    expiresAt: t.field({ type: 'DateTime', description: 'When it ends by itself.' }),
  }),
})
const RevokeGrantInput = builder.inputType('RevokeGrantInput', {
  description: 'The grant to end.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})
const payload = (name: string, description: string) =>
  builder.objectRef<{ grant: GrantRow }>(name).implement({
    needs: 'inherited',
    description,
    fields: (t) => ({ grant: t.field({ type: Grant, resolve: ({ grant }) => grant }) }),
  })
const CreateGrantPayload = payload('CreateGrantPayload', 'A grant that was made.')
const RevokeGrantPayload = payload('RevokeGrantPayload', 'A grant that was ended.')

/** Throws NOT_FOUND for a group that the viewer's organization does not have. */
async function groupIsThere(context: Context<Tables>, id: string): Promise<void> {
  const query = 'query ($id: ID!) { assetGroup(id: $id) { id } }'
  const { assetGroup } = await callPeer<{ assetGroup: object | null }>(context, 'assets', query, { id })
  if (!assetGroup) throw notFound('Asset group')
}

builder.mutationFields((t) => ({
  createGrant: t.field({
    type: CreateGrantPayload,
    description:
      'Lets a member or a team do with some assets what a role may: for who may do as much, and while they may.',
    authScopes: { permission: 'users:write' },
    args: { input: t.arg({ type: CreateGrantInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      if (input.assetGroupId != null && input.tag == null) await groupIsThere(context, input.assetGroupId)
      return { grant: await context.tenant((trx) => grants.create(trx, signedIn(context.viewer), input)) }
    },
  }),
  revokeGrant: t.field({
    type: RevokeGrantPayload,
    description: 'Ends a grant, within a second.',
    authScopes: { permission: 'users:write' },
    args: { input: t.arg({ type: RevokeGrantInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer }) => ({
      grant: await tenant((trx) => grants.revoke(trx, signedIn(viewer), input.id)),
    }),
  }),
}))
