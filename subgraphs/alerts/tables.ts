import type { Generated, Selectable } from 'kysely'
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

export type Tables = {
  alerts: {
    id: string
    organizationId: string
    assetId: string | null
    severity: Severity
    status: Generated<AlertStatus>
    title: string
    description: string | null
    source: string | null
    sourceRef: string | null
    ruleId: string | null
    fingerprint: string
    fingerprintVersion: Generated<number>
    assigneeId: string | null
    metadata: Generated<Record<string, unknown>>
    occurrenceCount: Generated<number>
    severityRank: Generated<number>
    version: Generated<number>
    firstSeenAt: Generated<Date>
    lastSeenAt: Generated<Date>
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
    acknowledgedAt: Date | null
    resolvedAt: Date | null
  }
}

export type AlertRow = Selectable<Tables['alerts']>
