import type { Generated, Selectable } from 'kysely'
import type { Severity } from '#kit/severity.ts'
import type { ScanTables } from './tables-scans.ts'

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
/** Why a weakness does no harm here, as CycloneDX VEX names it. */
export const justifications = [
  'code_not_present',
  'code_not_reachable',
  'requires_configuration',
  'requires_dependency',
  'requires_environment',
  'protected_by_compiler',
  'protected_at_runtime',
  'protected_at_perimeter',
  'protected_by_mitigating_control',
] as const
export const reachabilities = [
  'reachable_runtime',
  'reachable_static',
  'potentially',
  'unreachable',
  'unknown',
] as const
export const slaStates = ['on_track', 'at_risk', 'breached', 'met', 'missed', 'paused', 'none'] as const
export const slaReasons = ['severity', 'kev', 'exploitable_internet', 'exploitable', 'internet'] as const
/** What assets says of an asset; the words are its own. */
export const criticalities = ['critical', 'high', 'medium', 'low', 'unknown'] as const
export const exposures = ['internet', 'partner', 'internal', 'isolated', 'unknown'] as const
/** What a change of a finding was about. */
export const historyKinds = ['status', 'presence', 'severity', 'acceptance', 'merged', 'risk'] as const
export const lifecycles = ['active', 'stale', 'retired'] as const
/** OSCAL's responses to a risk. */
export const treatments = ['accept', 'mitigate', 'transfer', 'avoid', 'share'] as const
/** The last one is nobody's doing: it is what time makes of the first two. */
export const acceptanceStatuses = ['requested', 'approved', 'rejected', 'revoked', 'expired'] as const
export type Treatment = (typeof treatments)[number]
export type AcceptanceStatus = (typeof acceptanceStatuses)[number]
export type Status = (typeof statuses)[number]
export type Resolution = (typeof resolutions)[number]
export type Justification = (typeof justifications)[number]
export type Reachability = (typeof reachabilities)[number]
export type SlaState = (typeof slaStates)[number]
export type Criticality = (typeof criticalities)[number]
export type Exposure = (typeof exposures)[number]
export type Lifecycle = (typeof lifecycles)[number]
export type Kind = (typeof kinds)[number]

export type Cvss = {
  version: string
  vector: string
  /** By the vector. */
  score: number
  source: string
  /** What the source says beside it. */
  statedScore?: number | null | undefined
}
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

type SlaColumns = {
  criticalDays: number | null
  highDays: number | null
  mediumDays: number | null
  lowDays: number | null
  kevDays: number
  exploitableInternetDays: number | null
  exploitableDays: number | null
  internetDays: number | null
  epssThreshold: number
  restartAfterDays: number
}

type Standing = {
  status: Status
  presence: (typeof presences)[number]
  resolution: Resolution | null
  resolvedAt: Date | null
  severity: Severity
  severityOverride: Severity | null
  overrideUntil: Date | null
  acceptanceId: string | null
  acceptedFrom: Date | null
  acceptedUntil: Date | null
  riskScore: number
  mergedInto: string | null
}
/** How a finding stood before a change, and after it. */
type Side<Before extends 'from' | ''> = {
  [Name in keyof Standing as Before extends 'from' ? `from${Capitalize<Name>}` : Name]: Standing[Name]
}

export type Tables = ScanTables & {
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
    resolution: Resolution | null
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
    assigneeId: string | null
    ticketUrl: string | null
    justification: Justification | null
    statusReason: string | null
    statusBy: string | null
    statusAt: Date | null
    reachability: Generated<Reachability>
    severityOverride: Severity | null
    overrideReason: string | null
    overrideBy: string | null
    overrideAt: Date | null
    overrideUntil: Date | null
    acceptanceId: string | null
    acceptedFrom: Date | null
    acceptedUntil: Date | null
    mergedInto: string | null
    /** The name that a package's weakness was told by, and a digest of what has it, where. */
    weakness: string | null
    componentKey: string | null
    /** These are the trigger's. */
    riskScore: number
    slaReason: Generated<(typeof slaReasons)[number] | null>
    slaStartedAt: Generated<Date>
    slaPausedAt: Generated<Date | null>
    slaPausedSeconds: Generated<number>
    atRiskAt: Generated<Date | null>
    dueRank: Generated<Date>
  }
  assetContext: {
    organizationId: string
    assetId: string
    criticality: Generated<Criticality>
    exposure: Generated<Exposure>
    lifecycle: Generated<Lifecycle>
    /** The score that assets was told last. */
    toldScore: number | null
    /** When assets said what it is worth; null where it never has. */
    placedAt: Date | null
    updatedAt: Generated<Date>
  }
  slaPolicies: SlaColumns & {
    organizationId: string
    version: number
    createdBy: string
    createdAt: Date
  }
  riskAcceptances: {
    organizationId: string
    id: string
    findingIds: string[]
    cveIds: string[]
    /** None: on whatever asset. */
    assetIds: string[]
    treatment: Treatment
    reason: string
    compensatingControls: string | null
    evidence: string[]
    status: Generated<Exclude<AcceptanceStatus, 'expired'>>
    requestedBy: string
    approvedBy: string | null
    decidedBy: string | null
    decidedAt: Date | null
    decisionReason: string | null
    validFrom: Date
    expiresAt: Date
    version: Generated<number>
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
  }
  vulnIntel: {
    cveId: string
    epss: number | null
    epssPercentile: number | null
    epssDate: string | null
    epssModel: string | null
    kevListed: boolean
    kevAdded: string | null
    kevDue: string | null
    ransomware: boolean
    /** When it came on the first list, as far as that was here. */
    kevListedAt: Date | null
    updatedAt: Date
  }
  intelLoads: { source: string; rows: number; loadedAt: Date }
  kevAssertions: {
    cveId: string
    asserter: string
    dateAdded: string
    dueDate: string | null
    ransomware: boolean
    notes: string | null
    withdrawnAt: Date | null
    updatedAt: Date
  }
  /** What an organization's reports say is one weakness. */
  advisoryAliases: {
    organizationId: string
    alias: string
    groupId: string
    /** The tool that said so first. */
    source: string
    assertedAt: Generated<Date>
  }
  /** Both sides of each change of what is counted; the database writes it. */
  vulnerabilityHistory: Side<'from'> &
    Side<''> & {
      id: string
      organizationId: string
      vulnerabilityId: string
      assetId: string
      version: number
      at: Date
      kind: (typeof historyKinds)[number]
      /** When the finding was. */
      createdAt: Date
      note: string | null
      changedBy: string | null
    }
}

export type AcceptanceRow = Selectable<Tables['riskAcceptances']>
export type SlaPolicyRow = Selectable<Tables['slaPolicies']>
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
export type HistoryRow = Selectable<Tables['vulnerabilityHistory']>
export type ScanRow = Selectable<Tables['scans']>
/** What reverting a run did: how many findings it set back, and those that it left, with the reason. */
export type Reverted = { restored: number; kept: { id: string; reason: string }[] }
