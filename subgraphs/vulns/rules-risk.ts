import type { Severity } from '#kit/severity.ts'
import type { Criticality, Exposure, Reachability } from './tables.ts'

/** What the risk of a finding is made of. Null is what nobody knows. */
export type RiskInputs = {
  cvss: number | null
  severity: Severity
  /** The probability, not the percentile. */
  epss: number | null
  kev: boolean
  criticality: Criticality
  exposure: Exposure
  reachability: Reachability
}
export type RiskFactor = { name: string; input: unknown; contribution: number }

const bySeverity: Partial<Record<Severity, number>> = { critical: 0.6, high: 0.4, medium: 0.2, info: 0 }
const byCriticality: Partial<Record<Criticality, number>> = { critical: 1, high: 0.75, low: 0.25 }
const byExposure: Partial<Record<Exposure, number>> = { internet: 1, partner: 0.7, isolated: 0 }

const weakness = ({ cvss, severity }: RiskInputs) =>
  cvss === null ? (bySeverity[severity] ?? 0.05) : (0.6 * cvss) / 10
const likelihood = ({ epss }: RiskInputs) =>
  epss === null ? 0 : 0.3 * epss + (epss >= 0.5 ? 0.2 : epss >= 0.1 ? 0.1 : 0)
const floorOf = ({ kev, exposure }: RiskInputs) => (kev ? (exposure === 'internet' ? 90 : 70) : 0)
const rounded = (value: number) => Math.floor(value + 0.5)

/**
 * How urgent a finding is, 0 to 100, and what made it so: the contributions are whole numbers that add up to the
 * score. Each is what the score is with this input, less what it was without. `vulns.risk_of` says the same in SQL,
 * in the same order of operations, so that both round alike.
 */
export function riskOf(inputs: RiskInputs): { score: number; factors: RiskFactor[] } {
  const { cvss, severity, epss, kev, criticality, exposure, reachability } = inputs
  const base = weakness(inputs)
  const threat = Math.min(1, base + likelihood(inputs) + (kev ? 0.3 : 0))
  const importance = 0.5 + 0.3 * (byCriticality[criticality] ?? 0.5)
  const context = importance + 0.2 * (byExposure[exposure] ?? 0.4)
  const isOut = reachability === 'unreachable' && !kev
  const steps: [name: string, input: unknown, scoreSoFar: number][] = [
    cvss === null
      ? ['severity', severity, rounded(100 * base)]
      : ['cvss', cvss, rounded(100 * Math.min(1, base))],
    ['epss', epss, rounded(100 * Math.min(1, base + likelihood(inputs)))],
    ['kev', kev, rounded(100 * threat)],
    ['criticality', criticality, rounded(100 * threat * (importance + 0.2))],
    ['exposure', exposure, rounded(100 * threat * context)],
    ['reachability', reachability, rounded(100 * threat * context * (isOut ? 0.7 : 1))],
  ]
  const computed = steps.at(-1)![2]
  const score = Math.max(computed, floorOf(inputs))
  if (kev) steps.push(['kev_floor', floorOf(inputs), score])
  let before = 0
  const factors = steps.map(([name, input, now]) => {
    const factor = { name, input, contribution: now - before }
    before = now
    return factor
  })
  return { score, factors }
}

/** Of a finding's score. */
export const bandOf = (score: number): Exclude<Severity, 'unknown'> =>
  score >= 80 ? 'critical' : score >= 60 ? 'high' : score >= 35 ? 'medium' : score >= 1 ? 'low' : 'info'

/** The open findings of an asset: the worst score, the sum of all, and how many there are. */
export type OpenRisk = { worst: number; sum: number; count: number }

/** What an asset's open findings come to: the worst one, and a little for the others. */
export function assetRiskOf({ worst, sum, count }: OpenRisk): { score: number; factors: RiskFactor[] } {
  const others = Math.min(10, 2 * Math.log2(1 + (sum - worst) / 50))
  const score = Math.min(100, rounded(worst + others))
  return {
    score,
    factors: [
      { name: 'worst_finding', input: worst, contribution: worst },
      { name: 'other_findings', input: Math.max(0, count - 1), contribution: score - worst },
    ],
  }
}
