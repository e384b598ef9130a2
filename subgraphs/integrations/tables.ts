import type { Generated, Selectable } from 'kysely'

export const runStatuses = ['queued', 'running', 'complete', 'failed'] as const
export const connectorStatuses = ['healthy', 'degraded', 'failing', 'stale', 'disabled'] as const
export type RunStatus = (typeof runStatuses)[number]
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
    status: Generated<RunStatus>
    format: string | null
    fileName: string
    assetName: string | null
    assetId: string | null
    requestedBy: string
    sha256: string | null
    bytes: Generated<number>
    errorCode: string | null
    errorMessage: string | null
    startedAt: Date | null
    finishedAt: Date | null
    heartbeatAt: Generated<Date>
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
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

export type SavedMetricRow = Selectable<Tables['savedMetrics']>

export type ConnectorRow = Selectable<Tables['connectors']>
export type ImportRunRow = Selectable<Tables['importRuns']>
