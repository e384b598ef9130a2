import { byAge, byEnum, type ClientFilter, ever, type Metrics } from '#kit/metric/definition.ts'
import { severities } from '#kit/severity.ts'
import { slaStates } from '../rules/sla.ts'
import { openStatuses } from '../rules.ts'
import { priorities, statuses } from '../tables.ts'

const open: ClientFilter = { status: openStatuses.map((status) => status.toUpperCase()) }
/** Nobody had to look at the others. */
const real: ClientFilter = {
  verdictNot: ['TEST'],
  status: statuses.filter((status) => status !== 'suppressed').map((status) => status.toUpperCase()),
}
const groups = {
  severity: byEnum('severity', severities),
  status: byEnum('status', statuses),
  priority: byEnum('priority', priorities),
  assignee: { kind: 'values', column: 'assigneeId', filter: 'assigneeId' },
  source: { kind: 'values', column: 'source', filter: 'source' },
  asset: { kind: 'values', column: 'assetId', filter: 'assetId' },
} as const

/** The definitions stand in docs/metrics.md. */
export const metrics: Metrics = {
  list: 'alerts',
  filter: 'AlertFilter',
  metrics: [
    {
      name: 'alerts.open',
      description: 'Alerts that ask for work.',
      unit: 'count',
      filter: open,
      time: 'createdAt',
      isStock: true,
      measure: { kind: 'count' },
      groups: { ...groups, age: byAge('firstSeenAt'), sla: byEnum('slaState', slaStates) },
    },
    {
      name: 'alerts.created',
      description: 'Alerts by when they came.',
      unit: 'count',
      filter: {},
      time: 'createdAt',
      measure: { kind: 'count' },
      groups,
    },
    {
      name: 'alerts.resolved',
      description: 'Alerts by when they were resolved.',
      unit: 'count',
      filter: { resolvedAt: ever },
      time: 'resolvedAt',
      measure: { kind: 'count' },
      groups,
    },
    {
      name: 'alerts.mtta',
      description:
        'From when an alert was first seen until somebody acknowledged it; without suppressed ones and tests.',
      unit: 'seconds',
      filter: { ...real, acknowledgedAt: ever },
      time: 'acknowledgedAt',
      measure: { kind: 'mean', of: { from: 'firstSeenAt', to: 'acknowledgedAt' } },
      groups,
    },
    {
      name: 'alerts.mttr',
      description:
        'From when an alert was first seen until it was resolved first; without suppressed ones and tests.',
      unit: 'seconds',
      filter: { ...real, firstResolvedAt: ever },
      time: 'firstResolvedAt',
      measure: { kind: 'mean', of: { from: 'firstSeenAt', to: 'firstResolvedAt' } },
      groups,
    },
    {
      name: 'alerts.sla_compliance',
      description: 'The share of the resolved alerts that were resolved in time.',
      unit: 'ratio',
      filter: { slaState: ['MET', 'MISSED'] },
      time: 'resolvedAt',
      measure: { kind: 'share', of: { slaState: ['MET'] } },
      groups,
    },
  ],
}
