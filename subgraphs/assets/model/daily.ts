import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import type { Daily } from '#kit/metric/daily.ts'
import type { Tables } from '../tables.ts'
import { countThen } from './asset.ts'

/** What is kept of each day, as docs/metrics.md says. */
export const daily: readonly Daily<Tables>[] = [
  {
    metric: 'assets.present',
    groups: ['', 'type', 'criticality'],
    asOf: async (trx, at) => (await countThen(trx, at)).filter(({ lifecycle }) => lifecycle !== 'retired'),
  },
  // History knows nothing of these: they are measured when the day has ended.
  { metric: 'assets.present', groups: ['lifecycle', 'environment', 'exposure'] },
  { metric: 'assets.risk', groups: ['', 'type', 'criticality'] },
]

/** When the first of them came. */
export async function since(trx: Trx<Tables>): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`select min(created_at) as at from assets`.execute(trx)
  return rows[0]?.at ?? null
}
