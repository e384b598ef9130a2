import { addMetricFields } from '#kit/metric/field.ts'
import { daily } from '../model/daily.ts'
import { metrics } from '../model/metric.ts'
import { builder } from './builder.ts'
import { specOf } from './listing.ts'

// What is merged into another asset is counted with that one, as in lists.
addMetricFields(
  builder,
  'asset',
  'assets:read',
  metrics,
  async (context, filter) => ({
    ...(await specOf(context, filter?.groupId as string[] | undefined)),
    table: 'standing_assets',
  }),
  daily,
)
