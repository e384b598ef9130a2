import type { Generated, Selectable } from 'kysely'
import type { OperationStatus } from '#kit/operation.ts'

export const connectorStatuses = ['healthy', 'degraded', 'failing', 'stale', 'disabled'] as const
export const changeOutcomes = ['created', 'updated', 'reopened', 'closed'] as const
export type ChangeOutcome = (typeof changeOutcomes)[number]
export type ConnectorStatus = (typeof connectorStatuses)[number]

/** What became of the records of a report. `closed` stands apart: those are not in the report. */
export type Counts = {
  total: number
  created: number
  updated: number
  unchanged: number
  reopened: number
  closed: number
  skipped: number
}

export type Tables = {
  connectors: {
    id: string
    organizationId: string
    kind: string
    name: string
    status: Generated<ConnectorStatus>
    lastRunAt: Date | null
    lastSuccessAt: Date | null
    lastError: string | null
    credentialsSealed: Generated<string | null>
    /** Its last four characters, of what is long enough not to be told by them. */
    credentialsHint: Generated<string | null>
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
  }
  importRuns: {
    [Count in keyof Counts]: Generated<number>
  } & {
    id: string
    organizationId: string
    /** Null for runs of before there were jobs. */
    operationId: string | null
    upload: string | null
    /** It says what an import would do, and does nothing. */
    isPreview: Generated<boolean>
    revertedAt: Date | null
    format: string | null
    fileName: string
    assetName: string | null
    assetId: string | null
    requestedBy: string
    sha256: string | null
    bytes: Generated<number>
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
  }
  previewedChanges: {
    id: string
    organizationId: string
    runId: string
    outcome: ChangeOutcome
    vulnerabilityId: string | null
    title: string | null
  }
  /** A view: runs with what their operations say. */
  followedImports: Tables['importRuns'] & {
    status: OperationStatus
    errorCode: string | null
    errorMessage: string | null
    startedAt: Date | null
    finishedAt: Date | null
  }
  savedMetrics: {
    id: string
    organizationId: string
    name: string
    metric: string
    /** As clients write it. */
    filter: Generated<Record<string, unknown>>
    dimension: string | null
    days: number | null
    compares: Generated<boolean>
    createdBy: string
    createdAt: Generated<Date>
    removedAt: Date | null
  }
}

export type PreviewedChangeRow = Selectable<Tables['previewedChanges']>
export type SavedMetricRow = Selectable<Tables['savedMetrics']>

export type ConnectorRow = Selectable<Tables['connectors']>
export type ImportRunRow = Selectable<Tables['followedImports']>
