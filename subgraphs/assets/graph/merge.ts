/** Assets that turn out to be one, and those that do not. */
import type { Context } from '#kit/context.ts'
import type { Trx } from '#kit/database.ts'
import { signedIn } from '#kit/viewer.ts'
import * as merges from '../model/merge.ts'
import { maySelect } from '../model/selection.ts'
import type { Tables } from '../tables.ts'
import { builder } from './builder.ts'
import { changingGroups, expectedVersion, payload } from './care.ts'

const MergeAssetsInput = builder.inputType('MergeAssetsInput', {
  description: 'Assets that are one.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The one that answers for all from now on.' }),
    mergeIds: t.idList({ required: true, description: 'The others; at most 20.' }),
    expectedVersion: t.int({ description: expectedVersion }),
  }),
})
const SplitAssetInput = builder.inputType('SplitAssetInput', {
  description: 'An asset that is not the one that it was merged into.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Of the one that was merged.' }),
    expectedVersion: t.int({ description: expectedVersion }),
  }),
})
const MergeAssetsPayload = payload('MergeAssetsPayload', 'The asset that answers for all.')
const SplitAssetPayload = payload('SplitAssetPayload', 'The asset that stands for itself again.')

/** What follows when assets become one, or two again. Machines are asked for nothing: an identifier is what it is. */
export const joining = (context: Context<Tables>, isPerson = true): merges.Joining => ({
  at: context.clock(),
  mayJoin: isPerson ? (selected) => maySelect(context, selected) : null,
  follow: async (trx, { survivorId, mergedId, splitAt }) => {
    for (const id of splitAt ? [survivorId, mergedId] : [survivorId])
      await context.enqueue(trx, 'rescore-asset', id)
  },
})

builder.mutationFields((t) => ({
  mergeAssets: t.field({
    type: MergeAssetsPayload,
    description:
      'Makes assets one. Those that are merged keep what they have, such as their alerts and findings, and leave the lists; `mergedAssets` leads to them, and `splitAsset` takes it back. For who may do what grants over any of them give.',
    authScopes: { permission: 'assets:write' },
    args: { input: t.arg({ type: MergeAssetsInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { organizationId, userId: by } = signedIn(context.viewer)
      const { id: survivorId, mergeIds: ids, expectedVersion } = input
      const merged = { organizationId, survivorId, ids, reason: 'person', by, expectedVersion } as const
      const work = (trx: Trx<Tables>) => merges.merge(trx, merged, joining(context))
      return { asset: await changingGroups(context, [survivorId, ...ids], work) }
    },
  }),
  splitAsset: t.field({
    type: SplitAssetPayload,
    description: 'Takes an asset out of the one that it was merged into. No source merges the two again.',
    authScopes: { permission: 'assets:write' },
    args: { input: t.arg({ type: SplitAssetInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { userId: by } = signedIn(context.viewer)
      const work = (trx: Trx<Tables>) => merges.split(trx, { ...input, by }, joining(context))
      return { asset: await changingGroups(context, [input.id], work) }
    },
  }),
}))
