import type { Generated, Selectable } from 'kysely'
import type { Severity } from '#kit/severity.ts'

export const statuses = [
  'open',
  'confirmed',
  'in_remediation',
  'risk_accepted',
  'false_positive',
  'not_affected',
  'resolved',
] as const
export const presences = ['present', 'absent'] as const
export const resolutions = ['fixed', 'mitigated', 'asset_retired', 'withdrawn'] as const
export const kinds = ['package', 'code', 'config', 'secret', 'license'] as const
export type Status = (typeof statuses)[number]
export type Kind = (typeof kinds)[number]

export type Cvss = { version: string; vector: string; score: number; source: string }
export type Component = { name: string; version: string | null; purl: string | null; path: string | null }
export type Location = { path: string; line: number | null }

/** What a scanner says of a finding: overwritten by every run, and never by a person. */
export type Observed = {
  kind: Kind
  cveId: string | null
  aliases: string[]
  cwes: string[]
  ruleId: string | null
  severity: Severity
  cvss: Cvss[]
  cvssScore: number | null
  cvssVector: string | null
  title: string
  description: string | null
  remediation: string | null
  component: Component | null
  location: Location | null
  fixedVersions: string[]
  links: string[]
}

type Stored = Omit<Observed, 'cvss' | 'component' | 'location'> & {
  cvss: Generated<Cvss[]>
  component: Component | null
  location: Location | null
}

export type Tables = {
  vulnerabilities: Stored & {
    id: string
    organizationId: string
    assetId: string
    fingerprint: string
    fingerprintVersion: Generated<number>
    severityRank: Generated<number>
    cvssRank: Generated<number>
    status: Generated<Status>
    presence: Generated<(typeof presences)[number]>
    resolution: string | null
    reopenCount: Generated<number>
    version: Generated<number>
    dueAt: Date | null
    dueDate: Generated<string | null>
    firstSeenAt: Generated<Date>
    lastSeenAt: Generated<Date>
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
    resolvedAt: Date | null
    createdByRun: string | null
  }
  vulnerabilitySources: {
    organizationId: string
    vulnerabilityId: string
    scope: string
    tool: string
    runId: string
    contentHash: string
    firstSeenAt: Generated<Date>
    lastSeenAt: Generated<Date>
    withdrawnAt: Date | null
  }
  appliedBatches: {
    organizationId: string
    runId: string
    batch: number
    outcome: Outcome
    appliedAt: Generated<Date>
  }
  /** Runs of scans; of one that has not finished nobody knows whether it was complete. */
  scans: {
    organizationId: string
    runId: string
    assetId: string
    scope: string
    tool: string
    /** A digest of all that a complete run said. */
    payload: string | null
    /** What it saw, once it has finished. */
    findings: Generated<number>
    closed: Generated<number>
    startedAt: Generated<Date>
    finishedAt: Date | null
    revertedAt: Date | null
    reverted: Reverted | null
  }
  /** How findings stood that a run has changed, before it did. */
  findingChanges: {
    organizationId: string
    runId: string
    vulnerabilityId: string
    change: Change | 'closed' | 'absent' | 'unseen'
    /** That the change gave the finding. */
    version: number
    before: Record<string, unknown>
    sourceBefore: Record<string, unknown> | null
  }
}

export type VulnerabilityRow = Selectable<Tables['vulnerabilities']>
/** What became of the findings of a batch. */
export const outcomes = ['created', 'updated', 'unchanged', 'reopened'] as const
export type Outcome = Record<(typeof outcomes)[number], number>
/** What seeing a finding again does to it. */
export type Change = 'updated' | 'reopened' | 'returned'
/** A finding as a batch meets it, and what its scan said of it last; null when that is new to the scan. */
export type Known = {
  id: string
  status: Status
  presence: (typeof presences)[number]
  contentHash: string | null
  runId: string | null
  isWithdrawn: boolean
}
export type ScanRow = Selectable<Tables['scans']>
/** What reverting a run did: how many findings it set back, and those that it left, with the reason. */
export type Reverted = { restored: number; kept: { id: string; reason: string }[] }
