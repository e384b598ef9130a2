import { addBulkFields } from '#kit/bulk/field.ts'
import { invalid } from '#kit/errors.ts'
import { tagOf } from '#kit/tag.ts'
import { bulk } from '../model/bulk.ts'
import { AssetFilter } from './asset.ts'
import { builder } from './builder.ts'
import { Criticality, DataClassification, Environment, Exposure, Lifecycle } from './enums.ts'
import { specOf } from './listing.ts'
import { ownerIsThere } from './owner.ts'

const AssetPatch = builder.inputType('AssetPatch', {
  description: 'What becomes of each asset; what is left out stays, and null takes it away.',
  fields: (t) => ({
    environment: t.field({ type: Environment }),
    criticality: t.field({ type: Criticality }),
    exposure: t.field({ type: Exposure }),
    dataClassification: t.field({ type: DataClassification }),
    ownerUserId: t.id({ description: 'The member who answers for it.' }),
    ownerTeamId: t.id({ description: 'The team that answers for it.' }),
    addTags: t.stringList({ description: 'As key:value, beside those that it has.' }),
    removeTags: t.stringList({ description: 'As key:value; those that it does not have do not matter.' }),
    lifecycle: t.field({
      type: Lifecycle,
      description: 'RETIRED, or ACTIVE for what is not gone after all.',
    }),
  }),
})

addBulkFields(builder, bulk, {
  name: 'Assets',
  words: { many: 'assets', them: 'what is changed' },
  batch: 'assetBatch',
  reads: 'assets:read',
  authScopes: { permissionOn: 'assets:write' },
  filter: AssetFilter,
  patch: AssetPatch,
  async check(context, patch) {
    if (Object.values(patch).every((value) => value === undefined))
      throw invalid('patch', 'Say what is to be changed')
    if (patch.lifecycle === 'stale') throw invalid('patch.lifecycle', 'Nobody says that: time tells')
    for (const name of ['addTags', 'removeTags'] as const)
      if (patch[name]?.some((text) => !tagOf(text)))
        throw invalid(`patch.${name}`, 'Must be key:value, of letters, digits and . _ - / @')
    await ownerIsThere(context, patch)
  },
  listing: async (context, filter) => ({
    spec: await specOf(context, filter.groupId as string[] | undefined),
    filter: { ...filter, isMerged: false },
  }),
})
