import type { Generated, Selectable } from 'kysely'
import type { OperationStatus } from '#kit/operation.ts'
import type { Severity } from '#kit/severity.ts'

export const results = ['pass', 'fail', 'warn', 'error', 'not_applicable'] as const
export const controlStatuses = ['pass', 'fail', 'warn', 'not_assessed'] as const
export const grades = ['a', 'b', 'c', 'd', 'f'] as const
export const reportLists = ['assets', 'alerts', 'vulnerabilities', 'controls'] as const
export const reportFormats = ['csv', 'json'] as const
export type Result = (typeof results)[number]
export type ControlStatus = (typeof controlStatuses)[number]
export type Grade = (typeof grades)[number]
export type ReportList = (typeof reportLists)[number]
export type ReportFormat = (typeof reportFormats)[number]
/** Which items of the list are in it; empty for all. */
export type ReportFilter = { severity?: Severity[]; search?: string }

/** A person's word wins: `suppressed` is a mapping that somebody took out, and that no ingest brings back. */
export type Origin = 'auto' | 'manual' | 'suppressed'

export type Tables = {
  frameworks: {
    id: string
    name: string
    version: string
    catalogUri: string | null
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
  }
  controls: {
    id: string
    frameworkId: string
    /** The category of a subcategory. What has controls below it is assessed by them. */
    parentId: string | null
    code: string
    title: string
    /** The heading that it stands under in its catalogue. */
    section: string
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
  }
  checks: {
    id: string
    organizationId: string
    tool: string
    ruleId: string
    title: string
    severity: Severity
    severityRank: Generated<number>
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
  }
  controlChecks: {
    organizationId: string
    controlId: string
    checkId: string
    origin: Origin
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
  }
  checkResults: {
    id: string
    organizationId: string
    checkId: string
    assetId: string
    fingerprint: string
    target: string
    result: Result
    scope: string
    runId: string
    observedAt: Generated<Date>
    createdAt: Generated<Date>
    withdrawnAt: Date | null
  }
  /** Runs that have said something of checks. */
  checkRuns: {
    organizationId: string
    runId: string
    assetId: string
    scope: string
    startedAt: Generated<Date>
    revertedAt: Date | null
    /** How many results stand as before since. */
    restored: number | null
  }
  /** How results stood that a run has changed; null where it added them. */
  checkChanges: {
    organizationId: string
    runId: string
    resultId: string
    before: Record<string, unknown> | null
  }
  reports: {
    id: string
    organizationId: string
    operationId: string
    list: ReportList
    format: ReportFormat
    filter: ReportFilter
    rows: number | null
    bytes: number | null
    sha256: string | null
    requestedBy: string
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
  }
  /** A view: reports with what their operations say. */
  followedReports: Tables['reports'] & {
    status: OperationStatus
    errorCode: string | null
    errorMessage: string | null
    finishedAt: Date | null
  }
}

export type FrameworkRow = Selectable<Tables['frameworks']>
export type ControlRow = Selectable<Tables['controls']>
export type CheckRow = Selectable<Tables['checks']>
export type ReportRow = Selectable<Tables['followedReports']>
export type CheckResultRow = Selectable<Tables['checkResults']> & { severityRank: number }

/** The current results of a control's checks: how many of each, and the rank of the worst check, 5 to 0. */
export type Tally = Record<'pass' | 'fail' | 'warn' | 'error' | 'notApplicable' | 'worst', number>
