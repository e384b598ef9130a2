import type { Cvss } from './tables.ts'

/**
 * Whether what is stated beside a vector is another score than any that follows from it. Some state the base score,
 * some the overall one.
 */
export const differs = (
  { score, statedScore }: Pick<Cvss, 'score' | 'statedScore'>,
  scored: { score: number; baseScore: number } | null,
): boolean => statedScore != null && statedScore !== score && statedScore !== (scored?.baseScore ?? score)
