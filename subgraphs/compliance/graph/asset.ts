import { listPer } from '#kit/lookup.ts'
import * as checkResults from '../model/check-result.ts'
import { lists } from './builder.ts'
import { CheckResultConnection, checkResultArgs } from './check-result.ts'
import { Asset } from './refs.ts'

Asset.implement({
  needs: 'inherited',
  externalFields: (t) => ({ id: t.id({ nullable: false }) }),
  fields: (t) => ({
    checkResults: t.field({
      type: CheckResultConnection,
      nullable: true,
      description: 'What checks say of this asset now, worst check first.',
      authScopes: { permission: 'compliance:read' },
      args: checkResultArgs,
      listSize: lists.size,
      resolve: (asset, args, context) => listPer(context, checkResults.spec, 'assetId', asset.id, args),
    }),
  }),
})
