import { buckets, sum } from '#kit/buckets.ts'
import * as assets from '../model/asset.ts'
import { criticalities, lifecycles } from '../tables.ts'
import { builder, lists } from './builder.ts'

const Bucket = lists.bucket()

const AssetStats = builder.objectRef<assets.Counted[]>('AssetStats').implement({
  needs: 'assets:read',
  description: 'How many assets there are, by what they are.',
  fields: (t) => ({
    total: t.int({ resolve: sum }),
    byType: t.field({ type: [Bucket], resolve: (rows) => buckets(rows, 'type') }),
    byLifecycle: t.field({ type: [Bucket], resolve: (rows) => buckets(rows, 'lifecycle', lifecycles) }),
    byCriticality: t.field({
      type: [Bucket],
      resolve: (rows) => buckets(rows, 'criticality', criticalities),
    }),
  }),
})

builder.queryField('assetStats', (t) =>
  t.field({
    type: AssetStats,
    description: 'Counts over all assets of the organization.',
    authScopes: { permission: 'assets:read' },
    args: {
      asOf: t.arg({
        type: 'DateTime',
        description: 'What it was then; what was STALE at that time counts as ACTIVE.',
      }),
    },
    resolve: (_root, { asOf }, context) =>
      asOf
        ? context.tenant((trx) => assets.countThen(trx, asOf))
        : context.remember(
            {
              name: 'assetStats',
              keep: 'dashboard',
              until: () => context.tenant((trx) => assets.nextStale(trx, context)),
            },
            () => context.tenant((trx) => assets.count(trx, assets.staleBefore(context))),
          ),
  }),
)
