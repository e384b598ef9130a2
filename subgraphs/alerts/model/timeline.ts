import type { ListSpec } from '#kit/page.ts'
import type { AlertStatus, Priority, timelineKinds, Verdict } from '../tables.ts'

/** One thing that happened to an alert. */
export type TimelineRow = {
  id: string
  alertId: string
  at: Date
  kind: (typeof timelineKinds)[number]
  byId: string | null
  fromStatus: AlertStatus | null
  status: AlertStatus | null
  fromAssigneeId: string | null
  assigneeId: string | null
  fromIncidentId: string | null
  incidentId: string | null
  suppressionRuleId: string | null
  verdict: Verdict | null
  priority: Priority | null
  note: string | null
  commentId: string | null
  occurrences: number | null
  lastAt: Date | null
}

/** Comments, changes and repeats in one order. */
export const spec: ListSpec<TimelineRow> = {
  table: 'alertTimeline',
  filter: { kind: { kind: 'enum', column: 'kind' } },
  order: { AT: { column: 'at', type: 'time' } },
  defaultOrder: { field: 'AT', direction: 'desc' },
}
