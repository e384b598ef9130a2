import type { Severity } from './report.ts'

const words = new Map<string, Severity>([
  ['critical', 'critical'],
  ['high', 'high'],
  ['important', 'high'],
  ['medium', 'medium'],
  ['moderate', 'medium'],
  ['low', 'low'],
  ['minor', 'low'],
  ['negligible', 'info'],
  ['info', 'info'],
  ['informational', 'info'],
  ['none', 'info'],
])

export const severities: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info', 'unknown']

export const severityOf = (word: string | null): Severity =>
  words.get((word ?? '').trim().toLowerCase()) ?? 'unknown'

/** The one scale of CVSS v3 and v4. */
export function severityOfScore(score: number): Severity {
  if (score >= 9) return 'critical'
  if (score >= 7) return 'high'
  if (score >= 4) return 'medium'
  return score > 0 ? 'low' : 'info'
}

/** Negative when the first is the graver. */
export const bySeverity = (a: Severity, b: Severity): number => severities.indexOf(a) - severities.indexOf(b)
