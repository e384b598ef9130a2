import { reference } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { load } from '#kit/loader.ts'
import { listOf, one } from '#kit/lookup.ts'
import { signedIn } from '#kit/viewer.ts'
import * as assets from '../model/asset.ts'
import * as groups from '../model/group.ts'
import * as rules from '../model/rule.ts'
import { mayChangeGroups } from '../model/selection.ts'
import type { AssetGroupRow, GroupRule, Tables } from '../tables.ts'
import { AssetFilter } from './asset.ts'
import { builder, lists } from './builder.ts'
import { expectedVersion } from './care.ts'

const inGraph = ['type', 'lifecycle', 'criticality', 'environment', 'exposure', 'kind']

/** A rule as the graph writes it: the values of enums in capitals. */
const told = (rule: GroupRule): unknown =>
  JSON.parse(JSON.stringify(rule), (name, value) => {
    if (!inGraph.includes(name)) return value
    return Array.isArray(value)
      ? value.map((each) => String(each).toUpperCase())
      : String(value).toUpperCase()
  })

const AssetGroup = builder.objectRef<AssetGroupRow>('AssetGroup')

const find = (context: Context<Tables>, id: string) => one(context, 'assetGroup', id, groups.find)

AssetGroup.implement({
  needs: 'assets:read',
  description: 'Assets that somebody put together.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    assetCount: t.int({
      resolve: async ({ id }, _args, context) => {
        const batch = (ids: readonly string[]) =>
          context.tenant((trx) => groups.sizes(trx, ids, assets.staleBefore(context)))
        return (await load(context.loaders, 'groupSizes', id, batch)) ?? 0
      },
    }),
    rule: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The AssetFilter that describes what it has; null where it has what was put into it.',
      resolve: ({ rule }) => rule && told(rule),
    }),
    version: t.exposeInt('version', { description: 'Rises with each change by somebody.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
})
builder.asEntity(AssetGroup, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: reference('assets:read', find),
})

const AssetGroupConnection = lists.connection(AssetGroup)
const AssetGroupFilter = builder.inputType('AssetGroupFilter', {
  description: 'Which groups to list.',
  fields: (t) => ({ search: t.string({ description: 'Part of the name.' }) }),
})
const listArgs = lists.args(AssetGroupFilter, lists.order('AssetGroup', groups.spec))

builder.queryFields((t) => ({
  assetGroup: t.field({
    type: AssetGroup,
    nullable: true,
    description: 'One group of assets, or null.',
    authScopes: { permission: 'assets:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => find(context, id),
  }),
  assetGroups: t.field({
    type: AssetGroupConnection,
    description: 'The groups of assets of the organization.',
    authScopes: { permission: 'assets:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, groups.spec, args),
  }),
}))

const CreateAssetGroupInput = builder.inputType('CreateAssetGroupInput', {
  description: 'A group to make.',
  fields: (t) => ({
    name: t.string({ required: true }),
    rule: t.field({
      type: AssetFilter,
      description: 'What it has, now and later, without `groupId` and `search`; `assets` lists what that is.',
    }),
  }),
})
const SetAssetGroupRuleInput = builder.inputType('SetAssetGroupRuleInput', {
  description: 'What a group shall have.',
  fields: (t) => ({
    id: t.id({ required: true }),
    rule: t.field({ type: AssetFilter, required: true }),
    expectedVersion: t.int({ description: expectedVersion }),
  }),
})
const SetAssetGroupMembersInput = builder.inputType('SetAssetGroupMembersInput', {
  description: 'All assets that a group shall have.',
  fields: (t) => ({
    id: t.id({ required: true }),
    assetIds: t.idList({ required: true, description: 'At most 1000.' }),
    expectedVersion: t.int({ description: expectedVersion }),
  }),
})
const payload = (name: string, description: string) =>
  builder.objectRef<{ assetGroup: AssetGroupRow }>(name).implement({
    needs: 'inherited',
    description,
    fields: (t) => ({ assetGroup: t.field({ type: AssetGroup, resolve: ({ assetGroup }) => assetGroup }) }),
  })
const CreateAssetGroupPayload = payload('CreateAssetGroupPayload', 'A group that was made.')
const SetAssetGroupRulePayload = payload('SetAssetGroupRulePayload', 'A group with its rule.')
const SetAssetGroupMembersPayload = payload('SetAssetGroupMembersPayload', 'A group with its assets.')

builder.mutationFields((t) => ({
  createAssetGroup: t.field({
    type: CreateAssetGroupPayload,
    description: 'Makes a group, with no asset in it, or with whatever a rule describes.',
    authScopes: { permission: 'assets:write' },
    args: { input: t.arg({ type: CreateAssetGroupInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer }) => ({
      assetGroup: await tenant((trx) => groups.create(trx, signedIn(viewer).organizationId, input)),
    }),
  }),
  setAssetGroupRule: t.field({
    type: SetAssetGroupRulePayload,
    description:
      'Describes anew what a group has that was made with a rule. A group that grants name is for who may do what those give.',
    authScopes: { permission: 'assets:write' },
    args: { input: t.arg({ type: SetAssetGroupRuleInput, required: true }) },
    resolve: async (_root, { input }, context) => ({
      assetGroup: await context.tenant((trx) =>
        rules.set(trx, input, context.clock(), mayChangeGroups(context)),
      ),
    }),
  }),
  setAssetGroupMembers: t.field({
    type: SetAssetGroupMembersPayload,
    description:
      'Puts these assets into a group and no others. A group that grants name is for who may do what those give.',
    authScopes: { permission: 'assets:write' },
    args: { input: t.arg({ type: SetAssetGroupMembersInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const mayChange = mayChangeGroups(context)
      return {
        assetGroup: await context.tenant((trx) => groups.setMembers(trx, input, mayChange)),
      }
    },
  }),
}))
