import { reference } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { load } from '#kit/loader.ts'
import { listOf, one } from '#kit/lookup.ts'
import { to } from '#kit/refs.ts'
import * as assets from '../model/asset.ts'
import * as tags from '../model/tag.ts'
import { lifecycleOf } from '../rules.ts'
import type { AssetRow, Tables } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { AssetType, Criticality, DataClassification, Environment, Exposure, Lifecycle } from './enums.ts'
import { AssetIdentifierInput } from './identifier.ts'
import { specOf } from './listing.ts'
import { Organization, Team, User } from './refs.ts'
import { AssetRiskFactor } from './risk.ts'

export const Asset = builder.objectRef<AssetRow>('Asset')

export const find = (context: Context<Tables>, id: string) => one(context, 'asset', id, assets.find)

Asset.implement({
  needs: 'assets:read',
  description: 'Anything that can be attacked: a host, an image, a repository, a cloud resource.',
  fields: (t) => ({
    id: t.exposeID('id'),
    organization: t.field({ type: Organization, resolve: (asset) => ({ id: asset.organizationId }) }),
    externalId: t.exposeString('externalId', { nullable: true, description: 'Its name at its source.' }),
    type: t.field({ type: AssetType, resolve: (asset) => asset.type }),
    name: t.exposeString('name'),
    environment: t.field({ type: Environment, resolve: (asset) => asset.environment }),
    criticality: t.field({ type: Criticality, resolve: (asset) => asset.criticality }),
    exposure: t.field({ type: Exposure, resolve: (asset) => asset.exposure }),
    dataClassification: t.field({ type: DataClassification, resolve: (asset) => asset.dataClassification }),
    lifecycle: t.field({
      type: Lifecycle,
      resolve: (asset, _args, context) => lifecycleOf(asset, assets.staleBefore(context)),
    }),
    retiredAt: t.expose('retiredAt', { type: 'DateTime', nullable: true }),
    owner: t.field({
      type: User,
      nullable: true,
      description: 'The member who answers for it.',
      resolve: (asset) => to(asset.ownerUserId),
    }),
    ownerTeam: t.field({
      type: Team,
      nullable: true,
      description: 'The team that answers for it.',
      resolve: (asset) => to(asset.ownerTeamId),
    }),
    riskScore: t.exposeInt('riskScore', {
      description: '0 (none) to 100: the worst of its own and of those that are merged into it.',
    }),
    riskFactors: t.field({
      type: [AssetRiskFactor],
      description: 'What the score is the sum of.',
      resolve: (asset) => asset.riskFactors,
    }),
    tags: t.stringList({
      description: 'As key:value, in small letters.',
      resolve: async ({ id }, _args, context) => {
        const batch = (ids: readonly string[]) => context.tenant((trx) => tags.ofAssets(trx, ids))
        return (await load(context.loaders, 'tags', id, batch)) ?? []
      },
    }),
    metadata: t.expose('metadata', { type: 'JSON', description: 'What its sources say, as they say it.' }),
    firstSeenAt: t.expose('firstSeenAt', { type: 'DateTime' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime' }),
    version: t.exposeInt('version', { description: 'Rises with each change by somebody.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
})
builder.asEntity(Asset, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: reference('assets:read', find),
})

const AssetConnection = lists.connection(Asset)
const range = lists.numberRange()
export const AssetFilter = builder.inputType('AssetFilter', {
  description: 'Which assets to list: conditions are joined by AND, the values of one by OR.',
  fields: (t) => ({
    id: t.idList(),
    type: t.field({ type: [AssetType] }),
    lifecycle: t.field({ type: [Lifecycle] }),
    criticality: t.field({ type: [Criticality] }),
    environment: t.field({ type: [Environment] }),
    exposure: t.field({ type: [Exposure] }),
    tag: t.stringList({ description: 'As key:value.' }),
    groupId: t.idList({ description: 'Those in one of these groups.' }),
    ownerId: t.idList({ description: 'Those of these members or teams.' }),
    source: t.stringList({ description: 'Those that one of these sources has seen.' }),
    isSeen: t.boolean({ description: 'Whether any source has seen them.' }),
    identifier: t.field({ type: [AssetIdentifierInput], description: 'Those that one of these means.' }),
    riskScore: t.field({ type: range }),
    search: t.string({
      description: 'Part of the name or of the external id; two letters find words that begin with them.',
    }),
    createdAt: t.field({ type: lists.timeRange }),
  }),
})
const listArgs = lists.args(AssetFilter, lists.order('Asset', assets.spec))

builder.queryFields((t) => ({
  asset: t.field({
    type: Asset,
    nullable: true,
    description: 'One asset, or null.',
    authScopes: { permission: 'assets:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => find(context, id),
  }),
  assets: t.field({
    type: AssetConnection,
    description: 'The assets of the organization, but those that are merged into another one.',
    authScopes: { permission: 'assets:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: async (_root, args, context) =>
      listOf(context, await specOf(context, args.filter?.groupId), {
        ...args,
        filter: { ...args.filter, isMerged: false },
      }),
  }),
}))
