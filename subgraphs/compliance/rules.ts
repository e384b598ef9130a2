import type { ControlStatus, Grade, Tally } from './tables.ts'

/** A control fails by one failing check. A check that could not be run passes nobody. */
export function statusOf(tally: Tally): ControlStatus {
  if (tally.fail > 0 || tally.error > 0) return 'fail'
  if (tally.warn > 0) return 'warn'
  return tally.pass > 0 ? 'pass' : 'not_assessed'
}

/** False when all that is known of a control is that its checks do not apply. */
export const applies = (tally: Tally): boolean =>
  statusOf(tally) !== 'not_assessed' || tally.notApplicable === 0

const values = { pass: 1, warn: 0.5, fail: 0 } as const
const weights: Readonly<Record<number, number>> = { 5: 10, 4: 6, 3: 3 }

/** What a control weighs, by the rank of its worst check. */
export const weightOf = (worst: number): number => weights[worst] ?? 1

/** Below this share of assessed controls a grade would claim more than is known. */
const enough = 0.8
const bounds: readonly [from: number, grade: Grade][] = [
  [90, 'a'],
  [80, 'b'],
  [70, 'c'],
  [60, 'd'],
]

export type Standing = {
  /** 0 to 100 over the assessed controls; null when there is none. */
  score: number | null
  /** 0 to 100: assessed of applicable. */
  coverage: number
  grade: Grade | null
  total: number
  applicable: number
  assessed: number
  passed: number
  warned: number
  failed: number
  notAssessed: number
}

const rounded = (value: number): number => Math.round(value * 10) / 10

/** The posture of a framework: 100 · Σ weight · value / Σ weight over what was assessed, and how much that was. */
export function standingOf(tallies: readonly Tally[]): Standing {
  const counts = { pass: 0, warn: 0, fail: 0, not_assessed: 0 }
  let [earned, possible, inapplicable] = [0, 0, 0]
  for (const tally of tallies) {
    const status = statusOf(tally)
    if (!applies(tally)) inapplicable += 1
    else counts[status] += 1
    if (status === 'not_assessed') continue
    possible += weightOf(tally.worst)
    earned += weightOf(tally.worst) * values[status]
  }
  const applicable = tallies.length - inapplicable
  const assessed = applicable - counts.not_assessed
  const share = applicable === 0 ? 0 : assessed / applicable
  const score = possible === 0 ? null : (100 * earned) / possible
  return {
    score: score === null ? null : rounded(score),
    coverage: rounded(100 * share),
    grade: score === null || share < enough ? null : (bounds.find(([from]) => score >= from)?.[1] ?? 'f'),
    total: tallies.length,
    applicable,
    assessed,
    passed: counts.pass,
    warned: counts.warn,
    failed: counts.fail,
    notAssessed: counts.not_assessed,
  }
}

export type CheckName = { tool: string; ruleId: string; title: string }

// Families of Trivy whose rules are about how something is set up: Dockerfiles, Kubernetes, clouds.
const hardening = /^(DS|KSV|KCV|AWS|AZU|GCP|DIG|GIT|NIF|OPNSTK|ORCL|CLDSTK)-\d{4,}$/
// First match wins: a check speaks for the one control that it says most about, and for no other.
const subjects: readonly [about: RegExp, control: string][] = [
  [/\bin[- ]transit\b|\b(tls|ssl|https?)\b/i, 'PR.DS-02'],
  [/\b(un)?encrypt(ed|ion|s)?\b|\bcustomer[- ]managed keys?\b|\bcmks?\b/i, 'PR.DS-01'],
  [/\blog(s|ging|ged)?\b|\bcloudtrail\b/i, 'PR.PS-04'],
  [/\b(iam|rbac|acls?|privileged?|privileges|permissions?|roles?|role ?bindings?)\b/i, 'PR.AA-05'],
  [/\bas root\b|\broot user\b|\buser should not be '?root\b|\bpublic access\b/i, 'PR.AA-05'],
]

/** The codes of the NIST CSF 2.0 controls that a check speaks for; none where nothing honest can be said. */
export function controlsOf({ tool, ruleId, title }: CheckName): string[] {
  if (tool.toLowerCase() !== 'trivy' || !hardening.test(ruleId)) return []
  return [subjects.find(([about]) => about.test(title))?.[1] ?? 'PR.PS-01']
}
