import type { Context } from '#kit/context.ts'
import { signedIn } from '#kit/viewer.ts'
import * as identity from '../model/identity.ts'
import * as merges from '../model/merge.ts'
import type { Tables } from '../tables.ts'
import { Asset } from './asset.ts'
import { builder } from './builder.ts'
import { AssetType } from './enums.ts'
import { AssetIdentifierInput } from './identifier.ts'
import { joining } from './merge.ts'

const EnsureAssetInput = builder.inputType('EnsureAssetInput', {
  inaccessible: true,
  description: 'An asset as a report names it.',
  fields: (t) => ({
    name: t.string({ required: true }),
    type: t.field({ type: AssetType, required: true }),
    source: t.string({ description: 'Who reports it; `import` unless said.' }),
    byName: t.boolean({
      description:
        'Whether its name tells it, as that of an image whose digest is another one with each build: the rest is learned, and finds only what no report has named.',
    }),
    identifiers: t.field({
      type: [AssetIdentifierInput],
      description:
        'What it is known by there. Where nothing of it is STRONG or MEDIUM, its name identifies it.',
    }),
  }),
})
type Named = { name: string; type: identity.Reported['type'] } & {
  source?: string | null | undefined
  byName?: boolean | null | undefined
  identifiers?: identity.Reported['identifiers'] | null | undefined
}

const reportedOf = ({ name, type, source, byName, identifiers }: Named): identity.Reported => ({
  name,
  type,
  byName: byName === true,
  source: sourceOf(source),
  identifiers: identifiers ?? [],
})

/**
 * The assets that are meant. Those that turn out to be one are made one by the service itself, since what follows has
 * to be written down in the same transaction; where that is cut off, the next report finds them again.
 */
async function ensure(context: Context<Tables>, named: readonly Named[]) {
  const { organizationId } = signedIn(context.viewer)
  const at = context.clock()
  const all = await context.ingest(async (trx) => {
    const ensured: identity.Ensured[] = []
    for (const each of named) ensured.push(await identity.ensure(trx, organizationId, reportedOf(each), at))
    return ensured
  })
  for (const { rootId, merge: ids, reason } of all) {
    if (ids.length === 0 || !reason) continue
    const merged = { organizationId, survivorId: rootId, ids, reason, by: null }
    await context.tenant((trx) => merges.mergeStill(trx, merged, joining(context, false)))
  }
  return all.map(({ asset }) => asset)
}

const sourceOf = (given: string | null | undefined): string =>
  given?.trim().toLowerCase().slice(0, 100) || 'import'

builder.mutationType({ authScopes: { signedIn: true } })
builder.mutationField('ensureAssets', (t) =>
  t.field({
    type: [Asset],
    description:
      'The assets that a report names, in its order, added where they are new. For integrations only.',
    inaccessible: true,
    // Who imports is told which assets it is about.
    needs: 'vulnerabilities:import',
    authScopes: { $all: { peer: 'integrations', permission: 'vulnerabilities:import' } },
    args: { assets: t.arg({ type: [EnsureAssetInput], required: true }) },
    resolve: (_root, { assets: named }, context) => ensure(context, named),
  }),
)
builder.queryField('meantAssets', (t) =>
  t.field({
    type: ['ID'],
    nullable: { list: false, items: true },
    description:
      'Which assets a report names, in its order; null for those that it would add. For integrations only.',
    inaccessible: true,
    authScopes: { $all: { peer: 'integrations', permission: 'vulnerabilities:import' } },
    args: { assets: t.arg({ type: [EnsureAssetInput], required: true }) },
    resolve: (_root, { assets: named }, context) =>
      context.tenant(async (trx) => {
        const ids: (string | null)[] = []
        for (const each of named) ids.push(await identity.meant(trx, reportedOf(each)))
        return ids
      }),
  }),
)
