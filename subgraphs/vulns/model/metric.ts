import { byAge, byEnum, type ClientFilter, ever, type Metrics } from '#kit/metric/definition.ts'
import { severities } from '#kit/severity.ts'
import { openStatuses } from '../rules.ts'
import { kinds, reachabilities, slaStates, statuses } from '../tables.ts'

const open: ClientFilter = { status: openStatuses.map((status) => status.toUpperCase()) }
const fixed: ClientFilter = { status: ['RESOLVED'], resolution: ['FIXED'], resolvedAt: ever }
const groups = {
  severity: byEnum('severity', severities),
  status: byEnum('status', statuses),
  kind: byEnum('kind', kinds),
  reachability: byEnum('reachability', reachabilities),
  assignee: { kind: 'values', column: 'assigneeId', filter: 'assigneeId' },
  asset: { kind: 'values', column: 'assetId', filter: 'assetId' },
} as const

/** The definitions stand in docs/metrics.md. */
export const metrics: Metrics = {
  list: 'vulnerabilities',
  filter: 'VulnerabilityFilter',
  metrics: [
    {
      name: 'vulnerabilities.open',
      description: 'Findings that are open risk; an accepted risk is one.',
      unit: 'count',
      filter: open,
      time: 'createdAt',
      isStock: true,
      measure: { kind: 'count' },
      groups: { ...groups, age: byAge('firstSeenAt'), sla: byEnum('slaState', slaStates) },
    },
    {
      name: 'vulnerabilities.created',
      description: 'Findings by when they came.',
      unit: 'count',
      filter: {},
      time: 'createdAt',
      measure: { kind: 'count' },
      groups,
    },
    {
      name: 'vulnerabilities.fixed',
      description: 'Findings by when they were fixed.',
      unit: 'count',
      filter: fixed,
      time: 'resolvedAt',
      measure: { kind: 'count' },
      groups,
    },
    {
      name: 'vulnerabilities.mttr',
      description: 'From when a finding was first seen until it was fixed; false positives are no fix.',
      unit: 'seconds',
      filter: fixed,
      time: 'resolvedAt',
      measure: { kind: 'mean', of: { from: 'firstSeenAt', to: 'resolvedAt' } },
      groups,
    },
    {
      name: 'vulnerabilities.sla_compliance',
      description: 'The share of the resolved findings that were resolved in time.',
      unit: 'ratio',
      filter: { slaState: ['MET', 'MISSED'] },
      time: 'resolvedAt',
      measure: { kind: 'share', of: { slaState: ['MET'] } },
      groups,
    },
  ],
}
