import { listPer } from '#kit/lookup.ts'
import * as alerts from '../model/alert.ts'
import { AlertConnection, alertArgs } from './alert.ts'
import { lists } from './builder.ts'
import { Asset } from './refs.ts'

Asset.implement({
  needs: 'inherited',
  externalFields: (t) => ({ id: t.id({ nullable: false }) }),
  fields: (t) => ({
    alerts: t.field({
      type: AlertConnection,
      nullable: true,
      description: 'The alerts about this asset, newest first.',
      authScopes: { permission: 'alerts:read' },
      args: alertArgs,
      listSize: lists.size,
      resolve: (asset, args, context) =>
        listPer(context, alerts.specAt(context.clock()), 'assetId', asset.id, args),
    }),
  }),
})
