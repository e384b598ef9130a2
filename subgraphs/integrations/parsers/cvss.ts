import calculators from 'ae-cvss-calculator'
import type { Cvss } from './report.ts'

type Version = Cvss['version']

const newestFirst: readonly Version[] = ['4.0', '3.1', '3.0', '2.0']

const { Cvss2, Cvss3P0, Cvss3P1, Cvss4P0 } = calculators

const v2 = {
  base: 'AV:[LAN] AC:[LMH] Au:[MSN] C:[NPC] I:[NPC] A:[NPC]',
  rest: 'E:(U|POC|F|H|ND) RL:(OF|TF|W|U|ND) RC:(UC|UR|C|ND) CDP:(N|L|LM|MH|H|ND) TD:(N|L|M|H|ND) CR:(L|M|H|ND) IR:(L|M|H|ND) AR:(L|M|H|ND)',
}
const v3 = {
  base: 'AV:[NALP] AC:[LH] PR:[NLH] UI:[NR] S:[UC] C:[HLN] I:[HLN] A:[HLN]',
  rest: 'E:[XUPFH] RL:[XOTWU] RC:[XURC] CR:[XLMH] IR:[XLMH] AR:[XLMH] MAV:[XNALP] MAC:[XLH] MPR:[XNLH] MUI:[XNR] MS:[XUC] MC:[XNLH] MI:[XNLH] MA:[XNLH]',
}
const v4 = {
  base: 'AV:[NALP] AC:[LH] AT:[NP] PR:[NLH] UI:[NPA] VC:[HLN] VI:[HLN] VA:[HLN] SC:[HLN] SI:[HLN] SA:[HLN]',
  rest: 'E:[XAPU] CR:[XHML] IR:[XHML] AR:[XHML] MAV:[XNALP] MAC:[XLH] MAT:[XNP] MPR:[XNLH] MUI:[XNPA] MVC:[XHLN] MVI:[XHLN] MVA:[XHLN] MSC:[XHLN] MSI:[XSHLN] MSA:[XSHLN] S:[XNP] AU:[XNY] R:[XAUI] V:[XDC] RE:[XLMH] U:(X|Clear|Green|Amber|Red)',
}

function grammar(metrics: { base: string; rest: string }) {
  const base = metrics.base.split(' ')
  return {
    needed: base.map((metric) => `${metric.split(':')[0]}:`),
    metric: new RegExp(`^(?:${[...base, ...metrics.rest.split(' ')].join('|')})$`),
  }
}
const grammars = { '2.0': grammar(v2), '3.0': grammar(v3), '3.1': grammar(v3), '4.0': grammar(v4) }

// The calculator answers 0 for a vector it does not understand, so that nothing may reach it unchecked.
function valid(version: Version, body: string): boolean {
  const metrics = body.split('/')
  const names = new Set(metrics.map((metric) => metric.slice(0, metric.indexOf(':') + 1)))
  const { needed, metric } = grammars[version]
  return (
    names.size === metrics.length &&
    needed.every((name) => names.has(name)) &&
    metrics.every((m) => metric.test(m))
  )
}

function calculate(vector: string): Omit<Cvss, 'source'> | null {
  const prefix = /^CVSS:(2\.0|3\.0|3\.1|4\.0)\//.exec(vector)
  const version = (prefix?.[1] ?? '2.0') as Version
  const body = prefix ? vector.slice(prefix[0].length) : vector.replace(/^\((.*)\)$/, '$1')
  if (!valid(version, body)) return null
  const Calculator = { '2.0': Cvss2, '3.0': Cvss3P0, '3.1': Cvss3P1, '4.0': Cvss4P0 }[version]
  const plain = version === '2.0' ? body : vector
  const score = new Calculator(plain).calculateScores(false).overall
  if (typeof score !== 'number' || !(score >= 0 && score <= 10)) return null
  return { version, vector: plain, score: Math.round(score * 10) / 10 }
}

// The same few hundred vectors come back in every report; one costs about 15 µs.
const known = new Map<string, Omit<Cvss, 'source'> | null>()

/** Version and recomputed score of a vector; null when the vector is not valid. */
export function scoreVector(vector: string): Omit<Cvss, 'source'> | null {
  const trimmed = vector.trim()
  if (trimmed.length > 400) return null
  const cached = known.get(trimmed)
  if (cached !== undefined) return cached
  if (known.size >= 5000) known.clear()
  const scored = calculate(trimmed)
  known.set(trimmed, scored)
  return scored
}

/** Valid vectors, newest version first and within a version in the order given; doubles dropped. */
export function cvssOf(vectors: readonly { vector: string | null; source: string }[]): Cvss[] {
  const found = new Map<string, Cvss>()
  for (const { vector, source } of vectors) {
    const scored = vector === null ? null : scoreVector(vector)
    if (scored && !found.has(`${source} ${scored.vector}`))
      found.set(`${source} ${scored.vector}`, { ...scored, source: source.slice(0, 100) })
  }
  const all = [...found.values()]
  return newestFirst.flatMap((version) => all.filter((entry) => entry.version === version))
}

/** A bare score of a tool, when it is one. */
export function bareScore(value: unknown): number | null {
  const score = typeof value === 'string' && /^\d{1,2}(\.\d+)?$/.test(value.trim()) ? Number(value) : value
  return typeof score === 'number' && score >= 0 && score <= 10 ? Math.round(score * 10) / 10 : null
}
