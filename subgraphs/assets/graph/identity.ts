/** What tells assets apart, and who has seen them. */
import { invalid } from '#kit/errors.ts'
import { load } from '#kit/loader.ts'
import * as identity from '../model/identity.ts'
import * as merges from '../model/merge.ts'
import * as seen from '../model/seen.ts'
import { normalized } from '../rules-normal.ts'
import { Asset, find } from './asset.ts'
import { builder } from './builder.ts'
import { IdentifierKind, IdentifierStrength } from './identifier.ts'

const AssetIdentifier = builder.objectRef<seen.IdentifierRow>('AssetIdentifier').implement({
  needs: 'inherited',
  description: 'Something that an asset is known by.',
  fields: (t) => ({
    kind: t.field({ type: IdentifierKind, resolve: ({ kind }) => kind }),
    value: t.exposeString('value', { description: 'In one form, however its source writes it.' }),
    strength: t.field({ type: IdentifierStrength, resolve: ({ strength }) => strength }),
    source: t.exposeString('source', { description: 'Who reported it last.' }),
    demotedAt: t.expose('demotedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is WEAK, because different machines reported it by turns.',
    }),
    firstSeenAt: t.expose('createdAt', { type: 'DateTime' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime' }),
  }),
})
const AssetSource = builder.objectRef<seen.SourceRow>('AssetSource').implement({
  needs: 'inherited',
  description: 'Who sees an asset.',
  fields: (t) => ({
    source: t.exposeString('source'),
    firstSeenAt: t.expose('firstSeenAt', { type: 'DateTime' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime' }),
  }),
})

builder.objectFields(Asset, (t) => ({
  identifiers: t.field({
    type: [AssetIdentifier],
    description: 'What it is known by, and what those were that are merged into it; at most 200.',
    resolve: async ({ id }, _args, context) => {
      const batch = (ids: readonly string[]) => context.tenant((trx) => seen.identifiers(trx, ids))
      return (await load(context.loaders, 'identifiers', id, batch)) ?? []
    },
  }),
  sources: t.field({
    type: [AssetSource],
    description: 'Who sees it, by their names.',
    resolve: async ({ id }, _args, context) => {
      const batch = (ids: readonly string[]) => context.tenant((trx) => seen.sources(trx, ids))
      return (await load(context.loaders, 'sources', id, batch)) ?? []
    },
  }),
  mergedInto: t.field({
    type: Asset,
    nullable: true,
    description: 'The asset that it is, as it turned out; lists have only that one.',
    resolve: ({ survivorId }, _args, context) => (survivorId ? find(context, survivorId) : null),
  }),
  mergedAt: t.expose('mergedAt', { type: 'DateTime', nullable: true }),
  mergedAssets: t.field({
    type: [Asset],
    description: 'Those that are merged into it.',
    resolve: async ({ id }, _args, context) => {
      const batch = (ids: readonly string[]) => context.tenant((trx) => merges.members(trx, ids))
      return (await load(context.loaders, 'members', id, batch)) ?? []
    },
  }),
}))

const AssetCoverage = builder.objectRef<seen.Coverage>('AssetCoverage').implement({
  needs: 'assets:read',
  description: 'How much of what there is one source sees. Retired assets do not count.',
  fields: (t) => ({
    source: t.exposeString('source'),
    seen: t.exposeInt('seen', { description: 'How many assets it has ever seen.' }),
    share: t.exposeFloat('share', { description: 'Of all assets, 0 to 1.' }),
  }),
})

builder.queryFields((t) => ({
  assetsByIdentifier: t.field({
    type: [Asset],
    description: 'The assets that an identifier means: all of them where it is ambiguous, the oldest first.',
    authScopes: { permission: 'assets:read' },
    args: {
      kind: t.arg({ type: IdentifierKind, required: true }),
      value: t.arg.string({ required: true, description: 'An EXTERNAL_ID is `source:id`.' }),
    },
    resolve: async (_root, { kind, value }, context) => {
      const text = normalized(kind, value)
      if (text === null) throw invalid('value', 'This tells no asset from another')
      const ids = await context.tenant((trx) => identity.lookUp(trx, kind, text))
      const found = await Promise.all(ids.map((id) => find(context, id)))
      return found.filter((asset) => asset !== null)
    },
  }),
  assetCoverage: t.field({
    type: [AssetCoverage],
    description: 'How much each source sees, the one that sees most first.',
    authScopes: { permission: 'assets:read' },
    resolve: (_root, _args, context) => context.tenant(seen.coverage),
  }),
}))
