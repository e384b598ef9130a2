/** What grants select: for subgraphs only. */
import { type Context, callPeer } from '#kit/context.ts'
import { lacking, may, type Permission } from '#kit/viewer.ts'
import * as assets from '../model/asset.ts'
import * as groups from '../model/group.ts'
import type { Tables } from '../tables.ts'
import { builder } from './builder.ts'

builder.queryField('coveredAssets', (t) =>
  t.field({
    type: ['ID'],
    description:
      'Those of some assets that have one of the tags or are in one of the groups. For subgraphs only.',
    inaccessible: true,
    authScopes: { $all: { peer: '*', signedIn: true } },
    args: {
      assetIds: t.arg.idList({ required: true }),
      tags: t.arg.stringList({ required: true }),
      assetGroupIds: t.arg.idList({ required: true }),
    },
    resolve: (_root, args, context) =>
      context.tenant((trx) => groups.covered(trx, args, assets.staleBefore(context))),
  }),
)

/** Says of groups that assets come into or leave whether the viewer may do as much as grants over them give. */
export const mayChangeGroups = (context: Context<Tables>) => (assetGroupIds: readonly string[]) =>
  maySelect(context, { tags: [], assetGroupIds })

/**
 * Who changes what a grant selects, gives or takes what it gives: that is for who may do as much. Throws FORBIDDEN.
 */
export async function maySelect(
  context: Context<Tables>,
  selected: { tags: readonly string[]; assetGroupIds: readonly string[] },
): Promise<void> {
  const { grantedPermissions } = await callPeer<{ grantedPermissions: Permission[] }>(
    context,
    'identity',
    `query ($tags: [String!]!, $assetGroupIds: [ID!]!) {
      grantedPermissions(tags: $tags, assetGroupIds: $assetGroupIds)
    }`,
    selected,
  )
  const missing = grantedPermissions.find((permission) => !may(context.viewer, permission))
  if (missing) throw lacking(missing)
}
