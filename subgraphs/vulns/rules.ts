import type { Change, Component, Cvss, Known, Observed, Outcome, Status, VulnerabilityRow } from './tables.ts'

/** Statuses that count as open risk; an accepted risk is still a risk. */
export const openStatuses: readonly Status[] = ['open', 'confirmed', 'in_remediation', 'risk_accepted']
/** Statuses that absence from a complete run may resolve; the others are a person's word. */
export const closableStatuses: readonly Status[] = ['open', 'confirmed', 'in_remediation']

export const isOpen = (status: Status): boolean => openStatuses.includes(status)

/**
 * What a finding is told apart by, on one asset. Titles, descriptions, severities and line numbers are not
 * part of it, so that a re-worded or re-scored finding stays the same finding.
 */
export const fingerprintText = (assetId: string, kind: string, key: string): string =>
  ['v1', assetId, kind, key].join('|')

/**
 * The same text for the same observation, whatever the order of its keys: they stand in that of the alphabet. Sorted
 * for each finding, they took as long as all the rest of reading it.
 */
export const contentText = (of: Observed): string =>
  JSON.stringify({
    aliases: of.aliases,
    component: of.component && componentOf(of.component),
    cveId: of.cveId,
    cvss: of.cvss.map(ratingOf),
    cvssScore: of.cvssScore,
    cvssVector: of.cvssVector,
    cwes: of.cwes,
    description: of.description,
    fixedVersions: of.fixedVersions,
    kind: of.kind,
    links: of.links,
    location: of.location && { line: of.location.line, path: of.location.path },
    remediation: of.remediation,
    ruleId: of.ruleId,
    severity: of.severity,
    title: of.title,
  })
const componentOf = ({ name, path, purl, version }: Component) => ({ name, path, purl, version })
const ratingOf = ({ score, source, statedScore, vector, version }: Cvss) => ({
  score,
  source,
  statedScore,
  vector,
  version,
})

/**
 * Whether a newer run of the same scan has spoken of a finding already, or the same one by another name: ids of runs have
 * the order of time.
 */
export const isOverruled = ({ runId: spoken }: Pick<Known, 'runId'>, runId: string): boolean =>
  spoken !== null && spoken >= runId

/**
 * What a report does to a finding that is known. A scan is compared with what it said itself before, so that
 * two scanners that word things differently do not undo each other at every run.
 */
export function outcomeOf(
  known: Pick<Known, 'status' | 'contentHash'>,
  contentHash: string,
): Exclude<keyof Outcome, 'created'> {
  if (known.status === 'resolved') return 'reopened'
  return known.contentHash === contentHash ? 'unchanged' : 'updated'
}

type Overridden = Pick<VulnerabilityRow, 'severity' | 'severityOverride' | 'overrideUntil'>

/** How bad a finding is at a time: what somebody has said holds as long as they said. */
export const severityAt = (
  { severity, severityOverride, overrideUntil }: Overridden,
  at: Date,
): Observed['severity'] =>
  severityOverride && (!overrideUntil || overrideUntil > at) ? severityOverride : severity

/** How seeing a known finding changes it, or what its scan says of it; null where it is only seen again. */
export function changeOf(known: Known, contentHash: string): Change | null {
  if (known.status === 'resolved') return 'reopened'
  if (known.contentHash !== contentHash) return 'updated'
  return known.presence === 'absent' || known.isWithdrawn ? 'returned' : null
}
