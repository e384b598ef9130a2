/** The routes of what is searched and counted over all. */
import { analysts, members, type Row } from '../words.ts'
import { read } from './reading.ts'

export const figureRoutes: Record<string, Row> = {
  'GET /search': { may: members, key: 'any', ask: '?q=mine' },
  'GET /metrics': { may: members, key: 'any' },
  'GET /metrics/trends': { may: members, key: 'alerts:read', ask: '?metric=alerts.open' },
  'GET /metrics/custom': read('reports'),
  'GET /metrics/custom/:id': { ...read('reports'), ask: '$savedMetric' },
  'POST /metrics/custom': {
    may: analysts,
    key: ['reports:create', 'alerts:read'],
    body: { name: '$text', metric: 'alerts.open' },
  },
  'DELETE /metrics/custom/:id': { may: analysts, key: 'reports:create', ask: '$savedLeaver' },
  'GET /metrics/:name': { may: members, key: 'alerts:read', ask: 'alerts.open' },
  'GET /metrics/dashboard': { may: members, key: ['assets:read', 'alerts:read', 'vulnerabilities:read'] },
}
