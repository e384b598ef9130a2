import { cvssVersions, scoreVector } from '#kit/cvss.ts'
import type { Cvss } from './report.ts'

/** A vector as a report has it, and the score that stands beside it. */
type Stated = { vector: string | null; source: string; bare?: number | null }

function ratingOf({ vector, source, bare = null }: Stated): Cvss | null {
  const scored = vector === null ? null : scoreVector(vector)
  if (!scored) return null
  const { version } = scored
  return {
    version,
    vector: scored.vector,
    // Of 2.0 there are two ways to round, so that what is stated holds.
    score: version === '2.0' ? (bare ?? scored.score) : scored.score,
    source: source.slice(0, 100),
    ...(bare !== null && { statedScore: bare }),
  }
}

/** Valid vectors, newest version first and within a version in the order given; doubles dropped. */
export function cvssOf(vectors: readonly Stated[]): Cvss[] {
  const found = new Map<string, Cvss>()
  for (const stated of vectors) {
    const rating = ratingOf(stated)
    if (rating && !found.has(`${rating.source} ${rating.vector}`))
      found.set(`${rating.source} ${rating.vector}`, rating)
  }
  const all = [...found.values()]
  return cvssVersions.flatMap((version) => all.filter((entry) => entry.version === version))
}

/** A bare score of a tool, when it is one. */
export function bareScore(value: unknown): number | null {
  const score = typeof value === 'string' && /^\d{1,2}(\.\d+)?$/.test(value.trim()) ? Number(value) : value
  return typeof score === 'number' && score >= 0 && score <= 10 ? Math.round(score * 10) / 10 : null
}
