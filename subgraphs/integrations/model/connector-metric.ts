import { byEnum, type Metrics } from '#kit/metric/definition.ts'
import { connectorStatuses } from '../tables.ts'

/** The definitions stand in docs/metrics.md. */
export const metrics: Metrics = {
  list: 'connectors',
  filter: 'ConnectorFilter',
  metrics: [
    {
      name: 'connectors.healthy',
      description: 'The share of the connectors that are in use whose last runs went well.',
      unit: 'ratio',
      filter: { status: ['HEALTHY', 'DEGRADED', 'FAILING', 'STALE'] },
      time: 'createdAt',
      measure: { kind: 'share', of: { status: ['HEALTHY'] } },
      groups: {
        status: byEnum('status', connectorStatuses),
        kind: { kind: 'values', column: 'kind', filter: 'kind' },
      },
    },
  ],
}
