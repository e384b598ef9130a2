import type { Trx } from '#kit/database.ts'
import { maySelect } from '../model/selection.ts'
import * as tags from '../model/tag.ts'
import type { AssetRow, Tables } from '../tables.ts'
import { Asset } from './asset.ts'
import { builder } from './builder.ts'
import { changingGroups, expectedVersion } from './care.ts'

const SetAssetTagsInput = builder.inputType('SetAssetTagsInput', {
  description: 'All tags that an asset shall have.',
  fields: (t) => ({
    assetId: t.id({ required: true }),
    tags: t.stringList({ required: true, description: 'Such as `team:payments`; at most 50.' }),
    expectedVersion: t.int({ description: expectedVersion }),
  }),
})
const SetAssetTagsPayload = builder.objectRef<{ asset: AssetRow }>('SetAssetTagsPayload').implement({
  needs: 'inherited',
  description: 'An asset with its tags.',
  fields: (t) => ({ asset: t.field({ type: Asset, resolve: ({ asset }) => asset }) }),
})

builder.mutationField('setAssetTags', (t) =>
  t.field({
    type: SetAssetTagsPayload,
    description:
      'Gives an asset these tags and no others. Tags that grants name are for who may do what those give.',
    authScopes: { permission: 'assets:write' },
    args: { input: t.arg({ type: SetAssetTagsInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const mayChange = (changed: readonly string[]) =>
        maySelect(context, { tags: changed, assetGroupIds: [] })
      const work = (trx: Trx<Tables>) => tags.set(trx, input, mayChange)
      return { asset: await changingGroups(context, [input.assetId], work) }
    },
  }),
)
