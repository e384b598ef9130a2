export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'info' | 'unknown'

export type Cvss = {
  version: '2.0' | '3.0' | '3.1' | '4.0'
  vector: string
  /** Recomputed from the vector; of 2.0 what is stated, if it is. */
  score: number
  source: string
  /** What stands beside the vector, where something does. */
  statedScore?: number
}

export type Finding = {
  kind: 'package' | 'code' | 'config' | 'secret' | 'license'
  /** Dedupe material without organization and asset: never a title, description, severity, line or time. */
  key: string
  /** Every id of the one weakness: the CVE first, then the tool's own id and its aliases. */
  ids: string[]
  cveId: string | null
  title: string
  description: string | null
  remediation: string | null
  severity: Severity
  /** Scores are recomputed from the vectors; the preferred source comes first within a version. */
  cvss: Cvss[]
  /** 0.0-10.0 by the newest CVSS version present, else the bare score of the tool. */
  cvssScore: number | null
  component: { name: string; version: string | null; purl: string | null; path: string | null } | null
  location: { path: string; line: number | null } | null
  fixedVersions: string[]
  references: string[]
  ruleId: string | null
  cwes: string[]
  /** The tool itself says that this one does not count (SARIF suppression, VEX not_affected). */
  suppressed: boolean
}

export type AssetType =
  | 'container_image'
  | 'repository'
  | 'host'
  | 'kubernetes_workload'
  | 'application'
  | 'other'

/** What an asset is known by, in the words of assets. */
export type AssetIdentifier = { kind: 'image_digest' | 'repository_id'; value: string }

/** What a rule about configuration says of one place. */
export type Check = {
  /** Tells places apart: the key of the finding, where there is one. */
  key: string
  ruleId: string
  title: string
  severity: Severity
  target: string
  result: 'pass' | 'fail' | 'not_applicable'
}

/** What is known of a report once all of it was read, and found in order. */
export type Head = {
  format: string
  tool: { name: string; version: string | null }
  assetName: string | null
  assetType: AssetType
  assetIdentifiers: AssetIdentifier[]
  /** Records in the file by the format's rule; findings.length + skipped === total. */
  total: number
  /** Records folded into another one with the same key. */
  skipped: number
  /** All records by severity, before folding. */
  severities: Record<Severity, number>
  /** False when the tool says that its scan failed or was partial: absence then proves nothing. */
  complete: boolean
  /** A digest of all that the report says. */
  payload: string
}

/** A report that is read again, a piece at a time, by whoever goes through it. */
export type OpenReport = Head & {
  findings(): Iterable<Finding>
  /** The same, each as JSON. */
  texts(): Iterable<string>
  /** The misconfigurations again, and the checks that the tool says were passed, which are no records. */
  checks(): Iterable<Check>
}
export type Report = Head & { findings: Finding[]; checks: Check[] }

export type ReportErrorCode =
  | 'REPORT_EMPTY'
  | 'REPORT_NOT_JSON'
  | 'REPORT_TRUNCATED'
  | 'REPORT_UNKNOWN_FORMAT'
  | 'REPORT_WRONG_FORMAT'
  | 'REPORT_INVALID'
  | 'REPORT_UNSUPPORTED_VERSION'

/** The whole file is refused. The message is for a human and never repeats content of the file at length. */
export class ReportError extends Error {
  readonly code: ReportErrorCode
  readonly format: string | null

  constructor(code: ReportErrorCode, message: string, format: string | null = null) {
    super(message)
    this.name = 'ReportError'
    this.code = code
    this.format = format
  }
}
