import type { Noun } from './list.ts'

/** An alert as REST shows it. */
export const alert: Noun = {
  type: 'Alert',
  one: 'alert',
  many: 'alerts',
  needs: 'alerts:read',
  item: `id organization { id } asset { id } severity confidence priority status verdict resolutionNote title
    description source sourceRef ruleId attacks relatedVulnerabilityIds metadata assignee { id } incident { id }
    suppressedBy { id } previousAlert { id } occurrenceCount reopenCount firstSeenAt lastSeenAt acknowledgedAt
    acknowledgedBy { id } ackDueAt resolveDueAt slaState holdUntil holdReason createdAt updatedAt resolvedAt
    resolvedBy { id } archivedAt version`,
  filters: [
    ...[
      'severity',
      'status',
      'priority',
      'verdict',
      'slaState',
      'assetId',
      'assigneeId',
      'incidentId',
      'ruleId',
    ],
    ...['suppressionRuleId', 'source', 'search'],
  ],
  time: 'createdAt',
}
