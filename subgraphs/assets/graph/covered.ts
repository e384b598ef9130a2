/** What grants select: for subgraphs only. */
import * as assets from '../model/asset.ts'
import * as groups from '../model/group.ts'
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
