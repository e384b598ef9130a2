/** Where nobody knows whether two assets are one. */
import { screaming } from '#kit/builder.ts'
import { listOf } from '#kit/lookup.ts'
import { signedIn } from '#kit/viewer.ts'
import * as doubts from '../model/doubt.ts'
import * as proposals from '../model/proposal.ts'
import { type AssetConflictRow, type AssetProposalRow, conflictReasons, proposalStates } from '../tables.ts'
import { Asset, find } from './asset.ts'
import { builder, lists } from './builder.ts'
import { expectedVersion } from './care.ts'
import { IdentifierKind } from './identifier.ts'
import { joining } from './merge.ts'

const AssetProposalState = builder.enumType('AssetProposalState', {
  description: 'Whether somebody has decided that two assets are one, or that they are not.',
  values: screaming(proposalStates),
})
const AssetConflictReason = builder.enumType('AssetConflictReason', {
  description:
    'SHARED: two assets have what only one should have. FLAPPING: different machines report it by turns. KEPT_APART: identifiers say that two assets are one, and somebody has said that they are not.',
  values: screaming(conflictReasons),
})
const AssetEvidence = builder.objectRef<AssetProposalRow['evidence'][number]>('AssetEvidence').implement({
  needs: 'inherited',
  description: 'What two assets share.',
  fields: (t) => ({
    kind: t.field({ type: IdentifierKind, resolve: ({ kind }) => kind }),
    value: t.exposeString('value'),
  }),
})
const AssetProposal = builder.objectRef<AssetProposalRow>('AssetProposal').implement({
  needs: 'assets:read',
  description: 'Two assets that may be one: what they share suggests it, and proves nothing.',
  fields: (t) => ({
    id: t.exposeID('id'),
    asset: t.field({
      type: Asset,
      nullable: true,
      resolve: ({ assetId }, _args, context) => find(context, assetId),
    }),
    other: t.field({
      type: Asset,
      nullable: true,
      resolve: ({ otherId }, _args, context) => find(context, otherId),
    }),
    evidence: t.field({ type: [AssetEvidence], resolve: ({ evidence }) => evidence }),
    state: t.field({ type: AssetProposalState, resolve: ({ state }) => state }),
    version: t.exposeInt('version', { description: 'Rises with each change by somebody.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime' }),
    decidedAt: t.expose('decidedAt', { type: 'DateTime', nullable: true }),
  }),
})
const AssetConflict = builder.objectRef<AssetConflictRow>('AssetConflict').implement({
  needs: 'assets:read',
  description: 'Something that cannot be true of what tells assets apart.',
  fields: (t) => ({
    id: t.exposeID('id'),
    asset: t.field({
      type: Asset,
      nullable: true,
      resolve: ({ assetId }, _args, context) => find(context, assetId),
    }),
    other: t.field({
      type: Asset,
      nullable: true,
      description: 'The second asset, where there are two.',
      resolve: ({ otherId }, _args, context) => (otherId ? find(context, otherId) : null),
    }),
    reason: t.field({ type: AssetConflictReason, resolve: ({ reason }) => reason }),
    kind: t.field({ type: IdentifierKind, resolve: ({ kind }) => kind }),
    value: t.exposeString('value'),
    occurrences: t.exposeInt('occurrences', { description: 'How often it was seen.' }),
    version: t.exposeInt('version', { description: 'Rises with each change by somebody.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime' }),
    dismissedAt: t.expose('dismissedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is known and needs nobody.',
    }),
  }),
})

const AssetProposalConnection = lists.connection(AssetProposal)
const AssetConflictConnection = lists.connection(AssetConflict)
const AssetProposalFilter = builder.inputType('AssetProposalFilter', {
  description: 'Which proposals to list.',
  fields: (t) => ({
    state: t.field({ type: [AssetProposalState] }),
    assetId: t.idList({ description: 'Those about any of these assets.' }),
  }),
})
const AssetConflictFilter = builder.inputType('AssetConflictFilter', {
  description: 'Which conflicts to list.',
  fields: (t) => ({
    assetId: t.idList({ description: 'Those about any of these assets.' }),
    isDismissed: t.boolean(),
  }),
})

builder.queryFields((t) => ({
  assetProposals: t.field({
    type: AssetProposalConnection,
    description: 'Assets that may be one, the latest first.',
    authScopes: { permission: 'assets:read' },
    args: lists.args(AssetProposalFilter, lists.order('AssetProposal', doubts.proposalSpec)),
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, doubts.proposalSpec, args),
  }),
  assetConflicts: t.field({
    type: AssetConflictConnection,
    description: 'What cannot be true of what tells assets apart, the latest first.',
    authScopes: { permission: 'assets:read' },
    args: lists.args(AssetConflictFilter, lists.order('AssetConflict', doubts.conflictSpec)),
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, doubts.conflictSpec, args),
  }),
}))

const decided = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({
      id: t.id({ required: true }),
      expectedVersion: t.int({ description: expectedVersion }),
    }),
  })
const AcceptAssetProposalInput = decided('AcceptAssetProposalInput', 'The proposal that is right.')
const DismissAssetProposalInput = decided('DismissAssetProposalInput', 'The proposal that is wrong.')
const DismissAssetConflictInput = decided('DismissAssetConflictInput', 'The conflict that needs nobody.')
const answer = (name: string, description: string) =>
  builder.objectRef<{ assetProposal: AssetProposalRow }>(name).implement({
    needs: 'inherited',
    description,
    fields: (t) => ({
      assetProposal: t.field({ type: AssetProposal, resolve: ({ assetProposal }) => assetProposal }),
    }),
  })
const AcceptAssetProposalPayload = answer('AcceptAssetProposalPayload', 'A proposal, and its assets are one.')
const DismissAssetProposalPayload = answer('DismissAssetProposalPayload', 'A proposal that was wrong.')
const DismissAssetConflictPayload = builder
  .objectRef<{ assetConflict: AssetConflictRow }>('DismissAssetConflictPayload')
  .implement({
    needs: 'inherited',
    description: 'A conflict that is known.',
    fields: (t) => ({
      assetConflict: t.field({ type: AssetConflict, resolve: ({ assetConflict }) => assetConflict }),
    }),
  })

builder.mutationFields((t) => ({
  acceptAssetProposal: t.field({
    type: AcceptAssetProposalPayload,
    description: 'Says that two assets are one: the older answers for both. For who may merge them.',
    authScopes: { permission: 'assets:write' },
    args: { input: t.arg({ type: AcceptAssetProposalInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { userId: by } = signedIn(context.viewer)
      const accepted = { ...input, by, at: context.clock() }
      return {
        assetProposal: await context.tenant((trx) => proposals.accept(trx, accepted, joining(context))),
      }
    },
  }),
  dismissAssetProposal: t.field({
    type: DismissAssetProposalPayload,
    description: 'Says that two assets are not one. It is not proposed again.',
    authScopes: { permission: 'assets:write' },
    args: { input: t.arg({ type: DismissAssetProposalInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer, clock }) => {
      const dismissed = { ...input, by: signedIn(viewer).userId, at: clock() }
      return { assetProposal: await tenant((trx) => doubts.decideProposal(trx, 'dismissed', dismissed)) }
    },
  }),
  dismissAssetConflict: t.field({
    type: DismissAssetConflictPayload,
    description: 'Says that a conflict is known and needs nobody.',
    authScopes: { permission: 'assets:write' },
    args: { input: t.arg({ type: DismissAssetConflictInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer, clock }) => {
      const dismissed = { ...input, by: signedIn(viewer).userId, at: clock() }
      return { assetConflict: await tenant((trx) => doubts.dismissConflict(trx, dismissed)) }
    },
  }),
}))
