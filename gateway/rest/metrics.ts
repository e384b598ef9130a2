import { countsOf } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const stats = (field: string) => `${field} { total open bySeverity { key count } byStatus { key count } }`

/** What the whole platform has to say at a glance: one question to the graph, answered by three subgraphs. */
export const metrics = (): Route[] => [
  route({
    method: 'GET',
    path: '/metrics/dashboard',
    needs: ['assets:read', 'alerts:read', 'vulnerabilities:read'],
    operation: `query Dashboard {
      assetStats { total byType { key count } byCriticality { key count } }
      ${stats('alertStats')} ${stats('vulnerabilityStats')}
    }`,
    data: ({ assetStats, alertStats, vulnerabilityStats }) => ({
      assets: countsOf(assetStats as Fields),
      alerts: countsOf(alertStats as Fields),
      vulnerabilities: countsOf(vulnerabilityStats as Fields),
    }),
  }),
]
