import * as risk from '../model/risk.ts'
import type { RiskFactor } from '../tables.ts'
import { builder } from './builder.ts'

export const AssetRiskFactor = builder.objectRef<RiskFactor>('AssetRiskFactor').implement({
  needs: 'inherited',
  description: 'A part of the risk of an asset; all of them together are its score.',
  fields: (t) => ({
    name: t.exposeString('name'),
    input: t.expose('input', { type: 'JSON', nullable: true, description: 'What it was found from.' }),
    contribution: t.exposeFloat('contribution'),
  }),
})

const ScoreAssetInput = builder.inputType('ScoreAssetInput', {
  inaccessible: true,
  description: 'What the findings of an asset make of its risk.',
  fields: (t) => ({
    assetId: t.id({ required: true }),
    score: t.int({ required: true }),
    factors: t.field({
      type: 'JSON',
      required: true,
      description: 'A list of name, input and contribution.',
    }),
  }),
})

builder.mutationField('scoreAssets', (t) =>
  t.int({
    description: 'Keeps the scores of assets, and answers of how many. For vulns only.',
    inaccessible: true,
    authScopes: { $all: { peer: 'vulns', signedIn: true } },
    args: { input: t.arg({ type: [ScoreAssetInput], required: true }) },
    resolve: (_root, { input }, { tenant, clock }) => {
      const scores = input.map((each) => ({ ...each, factors: each.factors as RiskFactor[] }))
      return tenant((trx) => risk.store(trx, scores, clock()))
    },
  }),
)
