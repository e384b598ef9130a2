/** What scans and documents leave behind: where findings are from, what each did to them, and what was told of them. */
import type { Generated } from 'kysely'
import type { ToldDue } from '#kit/dues.ts'
import type { Change, Outcome, Reverted } from './tables.ts'

export type ScanTables = {
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
  /** The VEX document that a finding's status is from, while nobody has moved it since. */
  vexClaims: {
    organizationId: string
    vulnerabilityId: string
    document: string
    /** Null where the document does not say. */
    statedAt: Date | null
    /** That the import gave the finding. */
    statusAt: Date
  }
  /** Sets of names that were said to be of one weakness, a row for each of its names. */
  statedNames: { organizationId: string; alias: string; statement: string }
  /** Which scan says so since which run; none, for what was said before that was kept, or is said by somebody. */
  nameStatements: {
    organizationId: string
    statement: string
    scope: string
    tool: string
    runId: string | null
    assertedAt: Generated<Date>
    withdrawnAt: Date | null
  }
  /** Names that somebody has said are not of one weakness; each pair both ways. */
  nameSplits: {
    organizationId: string
    alias: string
    other: string
    reason: string
    splitBy: string
    splitAt: Date
  }
  /** By which names a scan tells a finding, where that is not by its own alone. */
  toldNames: {
    organizationId: string
    vulnerabilityId: string
    scope: string
    fingerprint: string
    weakness: string
    endedAt: Date | null
  }
  /** How far findings were gone through for keys that nobody had kept. */
  keySearches: { organizationId: string; afterId: string | null; isOpen: Generated<boolean> }
  toldDues: ToldDue
}
