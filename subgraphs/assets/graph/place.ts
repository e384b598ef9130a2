import { isId } from '#kit/id.ts'
import { rescore } from '../jobs.ts'
import * as risk from '../model/risk.ts'
import { builder } from './builder.ts'

builder.mutationField('placeAssets', (t) =>
  t.int({
    description: 'Says of assets what they are worth, and answers of how many. For vulns only.',
    inaccessible: true,
    authScopes: { $all: { peer: 'vulns', signedIn: true } },
    args: { ids: t.arg.idList({ required: true }) },
    resolve: async (_root, { ids }, context) => {
      const scores = await rescore(context, ids.filter(isId))
      return context.tenant((trx) => risk.store(trx, scores, context.clock()))
    },
  }),
)
