import { load } from '#kit/loader.ts'
import { listPer } from '#kit/lookup.ts'
import * as vulnerabilities from '../model/vulnerability.ts'
import { lists } from './builder.ts'
import { Asset } from './refs.ts'
import { VulnerabilityConnection, vulnerabilityArgs } from './vulnerability.ts'

Asset.implement({
  needs: 'inherited',
  externalFields: (t) => ({ id: t.id({ nullable: false }) }),
  fields: (t) => ({
    vulnerabilities: t.field({
      type: VulnerabilityConnection,
      nullable: true,
      description: 'The findings on this asset, worst first.',
      authScopes: { permission: 'vulnerabilities:read' },
      args: vulnerabilityArgs,
      listSize: lists.size,
      resolve: (asset, args, context) =>
        listPer(context, vulnerabilities.specAt(context.clock()), 'assetId', asset.id, args),
    }),
    openVulnerabilityCount: t.int({
      nullable: true,
      description: 'How many findings on this asset are open risk.',
      authScopes: { permission: 'vulnerabilities:read' },
      resolve: async (asset, _args, context) => {
        const batch = (ids: readonly string[]) =>
          context.tenant((trx) => vulnerabilities.openCounts(trx, ids))
        return (await load(context.loaders, 'open-count', asset.id, batch)) ?? 0
      },
    }),
  }),
})
