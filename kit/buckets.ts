import type { Bucket } from './page.ts'

type Counted = { count: number }

export const sum = (rows: readonly Counted[]): number => rows.reduce((total, row) => total + row.count, 0)

/** Counts folded by one value of their rows, most first; `keys` are there even when nothing has them. */
export function buckets<Row extends Counted>(
  rows: readonly Row[],
  column: keyof Row,
  keys: readonly string[] = [],
): Bucket[] {
  const counts = new Map<string, number>(keys.map((key) => [key, 0]))
  for (const row of rows) counts.set(String(row[column]), (counts.get(String(row[column])) ?? 0) + row.count)
  const folded = [...counts].map(([key, count]) => ({ key, count }))
  return keys.length > 0 ? folded : folded.sort((a, b) => b.count - a.count)
}
