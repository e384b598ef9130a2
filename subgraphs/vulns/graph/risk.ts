import { invalid } from '#kit/errors.ts'
import { isId } from '#kit/id.ts'
import { signedIn } from '#kit/viewer.ts'
import * as risk from '../model/risk.ts'
import { criticalities, exposures, lifecycles } from '../tables.ts'
import { builder } from './builder.ts'

const RescoreAssetInput = builder.inputType('RescoreAssetInput', {
  inaccessible: true,
  description: 'An asset as it is by now.',
  fields: (t) => ({
    assetId: t.id({ required: true }),
    criticality: t.string({ required: true }),
    exposure: t.string({ required: true }),
    lifecycle: t.string({ required: true }),
  }),
})

function wordOf<Word extends string>(field: string, words: readonly Word[], given: string): Word {
  const word = words.find((each) => each === given)
  if (!word) throw invalid(field, `Must be one of ${words.join(', ')}`)
  return word
}

type Told = { assetId: string; criticality: string; exposure: string; lifecycle: string }

function placed({ assetId, criticality, exposure, lifecycle }: Told): risk.PlacedAsset {
  if (!isId(assetId)) throw invalid('assetId', 'Must be the id of an asset')
  return {
    assetId: assetId.toLowerCase(),
    criticality: wordOf('criticality', criticalities, criticality),
    exposure: wordOf('exposure', exposures, exposure),
    lifecycle: wordOf('lifecycle', lifecycles, lifecycle),
  }
}

builder.mutationField('rescoreAssets', (t) =>
  t.field({
    type: 'JSON',
    description:
      'Judges the findings of assets by what these are, and answers a list of assetId, score and factors. For assets only.',
    inaccessible: true,
    authScopes: { $all: { peer: 'assets', signedIn: true } },
    args: { input: t.arg({ type: [RescoreAssetInput], required: true }) },
    resolve: (_root, { input }, { tenant, viewer, clock }) => {
      const { organizationId } = signedIn(viewer)
      return tenant((trx) => risk.placeAssets(trx, organizationId, input.map(placed), clock()))
    },
  }),
)
