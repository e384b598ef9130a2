import { analysts, type Expected, members, read } from '../words.ts'

export const alerts: Expected = {
  query: {
    alert: { may: members, key: 'alerts:read', ask: '(id: "$alert")' },
    alerts: { may: members, key: 'alerts:read', ask: '(first: 2)' },
    alertStats: { may: members, key: 'alerts:read' },
  },
  mutation: {
    acknowledgeAlert: { may: analysts, key: 'alerts:write', ask: '(input: { id: "$alert" })' },
  },
  subscription: {
    alertChanged: {
      may: members,
      key: 'alerts:read',
      event: ['alert.acknowledged', { alertId: '$alert' }],
    },
  },
  peers: ['Query.personInAlerts', 'Query.alertMetric', 'Query.alertMetrics'],
  types: {
    Alert: read('alerts:read'),
    AlertStats: read('alerts:read'),
    AcknowledgeAlertPayload: 'part',
    AlertChanged: 'part',
    AlertConnection: 'part',
    AlertEdge: 'part',
  },
}
