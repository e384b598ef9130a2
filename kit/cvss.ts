/** CVSS, all versions side by side: whether a vector is one, and the scores that follow from it. */
import calculators from 'ae-cvss-calculator'
import type { Severity } from './severity.ts'

export const cvssVersions = ['4.0', '3.1', '3.0', '2.0'] as const
export type CvssVersion = (typeof cvssVersions)[number]
/** Which metrics a score takes in: as CVSS 4.0 names it, and in older versions the last group that it has. */
export type CvssNomenclature = 'B' | 'BT' | 'BE' | 'BTE' | 'base' | 'temporal' | 'environmental'
export type CvssScore = {
  version: CvssVersion
  vector: string
  /** By all metrics that the vector has. */
  score: number
  /** By the base metrics alone. */
  baseScore: number
  severity: Severity
  nomenclature: CvssNomenclature
}

const { Cvss2, Cvss3P0, Cvss3P1, Cvss4P0 } = calculators

type Metrics = { base: string; threat: string; environment: string; rest?: string }
const v2: Metrics = {
  base: 'AV:[LAN] AC:[LMH] Au:[MSN] C:[NPC] I:[NPC] A:[NPC]',
  threat: 'E:(U|POC|F|H|ND) RL:(OF|TF|W|U|ND) RC:(UC|UR|C|ND)',
  environment: 'CDP:(N|L|LM|MH|H|ND) TD:(N|L|M|H|ND) CR:(L|M|H|ND) IR:(L|M|H|ND) AR:(L|M|H|ND)',
}
const v3: Metrics = {
  base: 'AV:[NALP] AC:[LH] PR:[NLH] UI:[NR] S:[UC] C:[HLN] I:[HLN] A:[HLN]',
  threat: 'E:[XUPFH] RL:[XOTWU] RC:[XURC]',
  environment:
    'CR:[XLMH] IR:[XLMH] AR:[XLMH] MAV:[XNALP] MAC:[XLH] MPR:[XNLH] MUI:[XNR] MS:[XUC] MC:[XNLH] MI:[XNLH] MA:[XNLH]',
}
const v4: Metrics = {
  base: 'AV:[NALP] AC:[LH] AT:[NP] PR:[NLH] UI:[NPA] VC:[HLN] VI:[HLN] VA:[HLN] SC:[HLN] SI:[HLN] SA:[HLN]',
  threat: 'E:[XAPU]',
  environment:
    'CR:[XHML] IR:[XHML] AR:[XHML] MAV:[XNALP] MAC:[XLH] MAT:[XNP] MPR:[XNLH] MUI:[XNPA] MVC:[XHLN] MVI:[XHLN] MVA:[XHLN] MSC:[XHLN] MSI:[XSHLN] MSA:[XSHLN]',
  rest: 'S:[XNP] AU:[XNY] R:[XAUI] V:[XDC] RE:[XLMH] U:(X|Clear|Green|Amber|Red)',
}

const namesOf = (metrics: string) => metrics.split(' ').map((metric) => metric.split(':')[0]!)
function grammar({ base, threat, environment, rest }: Metrics) {
  const all = [base, threat, environment, rest ?? []].flat().join(' ')
  return {
    needed: namesOf(base),
    threat: new Set(namesOf(threat)),
    environment: new Set(namesOf(environment)),
    metric: new RegExp(`^(?:${all.split(' ').join('|')})$`),
  }
}
const grammars = { '2.0': grammar(v2), '3.0': grammar(v3), '3.1': grammar(v3), '4.0': grammar(v4) }

// The calculator answers 0 for a vector it does not understand, so that nothing may reach it unchecked.
function valid(version: CvssVersion, metrics: readonly string[]): boolean {
  const names = new Set(metrics.map((metric) => metric.split(':')[0]))
  const { needed, metric } = grammars[version]
  return (
    names.size === metrics.length &&
    needed.every((name) => names.has(name)) &&
    metrics.every((m) => metric.test(m))
  )
}

function nomenclatureOf(version: CvssVersion, metrics: readonly string[]): CvssNomenclature {
  const { threat, environment } = grammars[version]
  const said = metrics.map((each) => each.split(':')).filter(([, value]) => value !== 'X' && value !== 'ND')
  const hasThreat = said.some(([name]) => threat.has(name!))
  const hasEnvironment = said.some(([name]) => environment.has(name!))
  if (version === '4.0') return `B${hasThreat ? 'T' : ''}${hasEnvironment ? 'E' : ''}` as CvssNomenclature
  return hasEnvironment ? 'environmental' : hasThreat ? 'temporal' : 'base'
}

/** The words of versions 3 and 4. Version 2 has no CRITICAL, and NVD's LOW begins at 0. */
export function cvssSeverity(version: CvssVersion, score: number): Severity {
  if (version === '2.0') return score >= 7 ? 'high' : score >= 4 ? 'medium' : 'low'
  return score >= 9 ? 'critical' : score >= 7 ? 'high' : score >= 4 ? 'medium' : score > 0 ? 'low' : 'info'
}

const rounded = (score: unknown) =>
  typeof score === 'number' && score >= 0 && score <= 10 ? Math.round(score * 10) / 10 : null

function calculate(vector: string): CvssScore | null {
  const prefix = /^CVSS:(2\.0|3\.0|3\.1|4\.0)\//.exec(vector)
  const version = (prefix?.[1] ?? '2.0') as CvssVersion
  const body = prefix ? vector.slice(prefix[0].length) : vector.replace(/^\((.*)\)$/, '$1')
  const metrics = body.split('/')
  if (!valid(version, metrics)) return null
  const plain = version === '2.0' ? body : vector
  const Calculator = { '2.0': Cvss2, '3.0': Cvss3P0, '3.1': Cvss3P1, '4.0': Cvss4P0 }[version]
  const found = new Calculator(plain).calculateScores(false)
  const score = rounded(found.overall)
  // What the calculator calls the base score of a 4.0 vector takes in all of its metrics.
  const baseScore = rounded('baseMetricsOnly' in found ? found.baseMetricsOnly : found.base)
  if (score === null || baseScore === null) return null
  const severity = cvssSeverity(version, score)
  return {
    version,
    vector: plain,
    score,
    baseScore,
    severity,
    nomenclature: nomenclatureOf(version, metrics),
  }
}

/** As many characters as a vector may have: all metrics of 4.0 are about 200. */
const longest = 400
// The same few hundred vectors come back in every report; one costs about 15 µs.
const known = new Map<string, CvssScore | null>()

/** What follows from a vector of version 2.0, 3.0, 3.1 or 4.0, as FIRST defines them; null when it is not valid. */
export function scoreVector(vector: string): CvssScore | null {
  const trimmed = vector.trim()
  if (trimmed.length > longest) return null
  const cached = known.get(trimmed)
  if (cached !== undefined) return cached
  if (known.size >= 5000) known.clear()
  const scored = calculate(trimmed)
  known.set(trimmed, scored)
  return scored
}
