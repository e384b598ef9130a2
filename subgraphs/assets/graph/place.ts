import { isId } from '#kit/id.ts'
import { scoresOf } from '../jobs.ts'
import * as risk from '../model/risk.ts'
import { builder } from './builder.ts'

builder.mutationField('placeAssets', (t) =>
  t.int({
    description: 'Says of assets what they are worth, and answers of how many. For vulns only.',
    inaccessible: true,
    authScopes: { $all: { peer: 'vulns', signedIn: true } },
    args: { ids: t.arg.idList({ required: true }) },
    resolve: async (_root, { ids }, context) => {
      let count = 0
      for (const id of ids.filter(isId)) {
        const scores = await scoresOf(context, id)
        if (!scores) continue
        await context.tenant((trx) => risk.store(trx, scores, context.clock()))
        count++
      }
      return count
    },
  }),
)
