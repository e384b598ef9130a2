import { invalid } from '#kit/errors.ts'
import { isId } from '#kit/id.ts'
import { signedIn } from '#kit/viewer.ts'
import * as risk from '../model/risk.ts'
import { criticalities, exposures, lifecycles } from '../tables.ts'
import { builder } from './builder.ts'

const AssetRisk = builder.objectRef<risk.AssetRisk>('AssetRisk').implement({
  needs: 'inherited',
  inaccessible: true,
  description: 'What the findings of an asset come to.',
  fields: (t) => ({
    score: t.exposeInt('score'),
    factors: t.expose('factors', { type: 'JSON', description: 'A list of name, input and contribution.' }),
  }),
})
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

builder.mutationField('rescoreAsset', (t) =>
  t.field({
    type: AssetRisk,
    description: 'Judges the findings of an asset by what it is, and answers its own risk. For assets only.',
    inaccessible: true,
    authScopes: { $all: { peer: 'assets', signedIn: true } },
    args: { input: t.arg({ type: RescoreAssetInput, required: true }) },
    resolve: (_root, { input }, { tenant, viewer, clock }) => {
      if (!isId(input.assetId)) throw invalid('assetId', 'Must be the id of an asset')
      const of = {
        organizationId: signedIn(viewer).organizationId,
        assetId: input.assetId,
        criticality: wordOf('criticality', criticalities, input.criticality),
        exposure: wordOf('exposure', exposures, input.exposure),
        lifecycle: wordOf('lifecycle', lifecycles, input.lifecycle),
      }
      return tenant((trx) => risk.placeAsset(trx, of, clock()))
    },
  }),
)
