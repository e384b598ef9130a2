import { signedIn } from '#kit/viewer.ts'
import * as assets from '../model/asset.ts'
import { Asset } from './asset.ts'
import { builder } from './builder.ts'
import { AssetType } from './enums.ts'

const EnsureAssetInput = builder.inputType('EnsureAssetInput', {
  inaccessible: true,
  description: 'An asset as a report names it.',
  fields: (t) => ({
    name: t.string({ required: true }),
    type: t.field({ type: AssetType, required: true }),
  }),
})

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
    resolve: (_root, { assets: named }, context) => {
      const { organizationId } = signedIn(context.viewer)
      return context.ingest(async (trx) => {
        const ensured = []
        for (const each of named) ensured.push(await assets.ensure(trx, organizationId, each))
        return ensured
      })
    },
  }),
)
