import { analysts, type Expected, members, type Row, read } from '../words.ts'

const write = (ask: string): Row => ({ may: analysts, key: 'alerts:write', ask })
const byId = write('(input: { id: "$alert" })')

export const alerts: Expected = {
  query: {
    alert: { may: members, key: 'alerts:read', ask: '(id: "$alert")' },
    alerts: { may: members, key: 'alerts:read', ask: '(first: 2)' },
    alertStats: { may: members, key: 'alerts:read' },
  },
  mutation: {
    acknowledgeAlert: byId,
    startAlert: byId,
    holdAlert: write('(input: { id: "$alert", reason: "waits", holdUntil: "2027-01-01T00:00:00Z" })'),
    resolveAlert: write('(input: { id: "$alert", verdict: BENIGN })'),
    reopenAlert: byId,
    archiveAlert: write('(input: { id: "$alert", expectedVersion: 0 })'),
    assignAlert: { ...byId, key: ['alerts:write', 'users:read'] },
  },
  subscription: {
    alertChanged: {
      may: members,
      key: 'alerts:read',
      event: ['alert.acknowledged', { alertId: '$alert' }],
    },
  },
  peers: ['Query.personInAlerts'],
  types: {
    Alert: read('alerts:read'),
    AlertStats: read('alerts:read'),
    AcknowledgeAlertPayload: 'part',
    StartAlertPayload: 'part',
    HoldAlertPayload: 'part',
    ResolveAlertPayload: 'part',
    ReopenAlertPayload: 'part',
    ArchiveAlertPayload: 'part',
    AssignAlertPayload: 'part',
    AlertChanged: 'part',
    AlertConnection: 'part',
    AlertEdge: 'part',
  },
}
