import { sql } from 'kysely'
import { byEnum, type ClientFilter, type Metrics } from '#kit/metric/definition.ts'
import { criticalities, environments, exposures, lifecycles, types } from '../tables.ts'

const present: ClientFilter = {
  lifecycle: lifecycles.filter((each) => each !== 'retired').map((each) => each.toUpperCase()),
}
const groups = {
  type: byEnum('type', types),
  lifecycle: byEnum('lifecycle', lifecycles),
  criticality: byEnum('criticality', criticalities),
  environment: byEnum('environment', environments),
  exposure: byEnum('exposure', exposures),
} as const

/** The sources that have seen anything, those that have seen most first. */
const sources = sql<{ key: string }>`select source as key from asset_sources group by source
  order by count(*) desc, source`

/** The definitions stand in docs/metrics.md. */
export const metrics: Metrics = {
  list: 'assets',
  filter: 'AssetFilter',
  metrics: [
    {
      name: 'assets.present',
      description: 'Assets that are not retired.',
      unit: 'count',
      filter: present,
      time: 'createdAt',
      isStock: true,
      measure: { kind: 'count' },
      groups,
    },
    {
      name: 'assets.risk',
      description: 'The mean risk score of the assets that are not retired; by asset, the riskiest first.',
      unit: 'score',
      filter: present,
      time: 'createdAt',
      isStock: true,
      measure: { kind: 'mean', of: 'riskScore' },
      groups: { ...groups, asset: { kind: 'top', column: 'riskScore', filter: 'id' } },
    },
    {
      name: 'assets.coverage',
      description:
        'The share of the assets that are not retired which any source has seen; by source, what each has seen.',
      unit: 'ratio',
      filter: present,
      time: 'createdAt',
      measure: { kind: 'share', of: { isSeen: true } },
      groups: { ...groups, source: { kind: 'found', keys: sources, filter: 'source' } },
    },
  ],
}
