import type { Generated, Insertable, Selectable } from 'kysely'
import type { ToldDue } from '#kit/dues.ts'
import type { Severity } from '#kit/severity.ts'

export const statuses = [
  'open',
  'acknowledged',
  'in_progress',
  'on_hold',
  'suppressed',
  'resolved',
  'archived',
] as const
export type AlertStatus = (typeof statuses)[number]

export const verdicts = [
  'true_positive',
  'false_positive',
  'benign',
  'duplicate',
  'test',
  'disregard',
  'insufficient_data',
] as const
export type Verdict = (typeof verdicts)[number]

export const confidences = ['high', 'medium', 'low', 'unknown'] as const
export const priorities = ['p1', 'p2', 'p3', 'p4'] as const
export type Priority = (typeof priorities)[number]

export const incidentStatuses = ['open', 'in_progress', 'on_hold', 'resolved', 'closed'] as const
export type IncidentStatus = (typeof incidentStatuses)[number]

export const timelineKinds = [
  'created',
  'status',
  'assigned',
  'incident',
  'changed',
  'comment',
  'occurred',
] as const

/** What a person, or the rule of a transition, writes of an alert. */
type Triage = {
  status: Generated<AlertStatus>
  verdict: Verdict | null
  assigneeId: string | null
  priority: Generated<Priority>
  relatedVulnerabilityIds: Generated<string[]>
  incidentId: string | null
  suppressionRuleId: string | null
  acknowledgedAt: Date | null
  acknowledgedBy: string | null
  resolvedAt: Date | null
  resolvedBy: string | null
  resolutionNote: string | null
  /** The first time that it was resolved, whatever came after. */
  firstResolvedAt: Date | null
  heldAt: Date | null
  holdUntil: Date | null
  holdReason: string | null
  archivedAt: Date | null
  /** Who changed it last; of what machines change, they say nothing. */
  updatedBy: string | null
}

/** When work on an alert falls due. */
type Clock = {
  ackDueAt: Date | null
  resolveDueAt: Date | null
  /** The one of them that is in force; a time that never comes where none is. */
  slaDueAt: Generated<Date>
  /** When a fifth of the time is left. */
  slaRiskAt: Generated<Date>
  slaPausedUntil: Date | null
  /** How long it was paused in all, in milliseconds. */
  slaPausedMs: Generated<number>
  /** Whether it was resolved in time; null while it is not resolved, or had no time. */
  slaMet: Generated<boolean | null>
}

export type Tables = {
  alerts: Triage &
    Clock & {
      id: string
      organizationId: string
      assetId: string | null
      severity: Severity
      confidence: Generated<(typeof confidences)[number]>
      title: string
      description: string | null
      source: string | null
      sourceRef: string | null
      ruleId: string | null
      attacks: Generated<string[]>
      fingerprint: string
      fingerprintVersion: Generated<number>
      dedupeActive: Generated<boolean>
      previousAlertId: string | null
      metadata: Generated<Record<string, unknown>>
      occurrenceCount: Generated<number>
      reopenCount: Generated<number>
      severityRank: Generated<number>
      version: Generated<number>
      firstSeenAt: Generated<Date>
      lastSeenAt: Generated<Date>
      createdAt: Generated<Date>
      updatedAt: Generated<Date>
    }
  alertHistory: {
    id: Generated<string>
    organizationId: string
    alertId: string
    version: number
    at: Date
    kind: (typeof timelineKinds)[number]
    fromStatus: AlertStatus | null
    status: AlertStatus
    fromSeverity: Severity | null
    severity: Severity
    fromSuppressionRuleId: string | null
    suppressionRuleId: string | null
    fromAssigneeId: string | null
    assigneeId: string | null
    fromIncidentId: string | null
    incidentId: string | null
    verdict: Verdict | null
    priority: Priority
    note: string | null
    changedBy: string | null
  }
  alertOccurrences: {
    id: string
    organizationId: string
    alertId: string
    hour: Date
    count: number
    firstAt: Date
    lastAt: Date
  }
  comments: {
    id: string
    organizationId: string
    alertId: string
    authorId: string
    body: string
    version: Generated<number>
    createdAt: Date
    editedAt: Date | null
    removedAt: Date | null
    removedBy: string | null
  }
  incidents: {
    id: string
    organizationId: string
    title: string
    severity: Severity
    severityRank: Generated<number>
    status: Generated<IncidentStatus>
    assigneeId: string | null
    createdBy: string
    version: Generated<number>
    createdAt: Date
    updatedAt: Date
    resolvedAt: Date | null
    closedAt: Date | null
  }
  suppressionRules: {
    id: string
    organizationId: string
    name: string
    filter: unknown
    reason: string
    expiresAt: Date
    /** When it expires or was ended, whichever comes first. */
    endsAt: Generated<Date>
    createdBy: string
    createdAt: Date
    endedAt: Date | null
    endedBy: string | null
  }
  toldDues: ToldDue
  recurrenceRules: {
    id: string
    organizationId: string
    source: string
    ruleId: string
    windowHours: number
    groupingFields: string[]
    createdBy: string
    createdAt: Date
    endedAt: Date | null
    endedBy: string | null
  }
}

export type AlertRow = Selectable<Tables['alerts']>
export type NewAlert = Insertable<Tables['alerts']>
export type IncidentRow = Selectable<Tables['incidents']>
export type CommentRow = Selectable<Tables['comments']>
export type SuppressionRuleRow = Selectable<Tables['suppressionRules']>
export type RecurrenceRuleRow = Selectable<Tables['recurrenceRules']>
