import { keepingDays } from '#kit/metric/daily.ts'
import { readFilter } from '#kit/metric/field.ts'
import { organizations, type Rounds } from '#kit/rounds.ts'
import { schema } from './graph/index.ts'
import * as assets from './model/asset.ts'
import { daily, since } from './model/daily.ts'
import { metrics } from './model/metric.ts'
import type { Tables } from './tables.ts'

export const rounds: Rounds<Tables> = {
  organizations,
  works: {
    'keep-days': keepingDays({
      ...{ metrics, daily, since },
      asked: (context, db) => ({
        db,
        spec: { ...assets.specAt(assets.staleBefore(context)), table: 'standing_assets' },
        read: (filter) => readFilter(schema, metrics.filter, filter),
        now: context.clock(),
      }),
    }),
  },
}
