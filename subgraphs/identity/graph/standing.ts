/** What the door, and the other subgraphs, ask of a member: no client sees it. */
import { signedIn } from '#kit/viewer.ts'
import * as grants from '../model/grant.ts'
import * as standings from '../model/standing.ts'
import { builder } from './builder.ts'
import { Role } from './user.ts'

export const Standing = builder.objectRef<standings.Standing>('Standing').implement({
  needs: 'inherited',
  inaccessible: true,
  description: 'What a member may do now.',
  fields: (t) => ({
    role: t.field({ type: Role, resolve: ({ role }) => role }),
    permissions: t.stringList({ resolve: ({ permissions }) => [...permissions] }),
    hasGrants: t.exposeBoolean('hasGrants', { description: 'Whether they may do more with some assets.' }),
  }),
})

const HeldGrant = builder.objectRef<grants.HeldGrant>('HeldGrant').implement({
  needs: 'inherited',
  inaccessible: true,
  description: 'What a member may do with the assets of a tag or a group.',
  fields: (t) => ({
    permissions: t.exposeStringList('permissions'),
    tag: t.exposeString('tag', { nullable: true }),
    assetGroupId: t.exposeID('assetGroupId', { nullable: true }),
  }),
})

const forPeers = { $all: { peer: '*', signedIn: true } } as const

builder.queryFields((t) => ({
  memberStanding: t.field({
    type: Standing,
    nullable: true,
    description: 'What the viewer may do now, without a session too; null when nothing. For subgraphs only.',
    inaccessible: true,
    authScopes: forPeers,
    resolve: (_root, _args, { tenant, viewer }) => tenant((trx) => standings.ofMember(trx, signedIn(viewer))),
  }),
  heldGrants: t.field({
    type: [HeldGrant],
    description: 'The viewer’s grants and those of their teams. For subgraphs only.',
    inaccessible: true,
    authScopes: forPeers,
    resolve: (_root, _args, { tenant, viewer }) => tenant((trx) => grants.held(trx, signedIn(viewer).userId)),
  }),
  grantedPermissions: t.stringList({
    description: 'All that grants give over what these select. For the subgraph assets only.',
    inaccessible: true,
    authScopes: { $all: { peer: 'assets', signedIn: true } },
    args: {
      tags: t.arg.stringList({ required: true }),
      assetGroupIds: t.arg.idList({ required: true }),
    },
    resolve: (_root, { tags, assetGroupIds }, { tenant }) =>
      tenant((trx) => grants.over(trx, tags, assetGroupIds)),
  }),
}))
