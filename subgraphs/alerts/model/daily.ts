import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import type { Daily } from '#kit/metric/daily.ts'
import { isOpen } from '../rules.ts'
import type { Tables } from '../tables.ts'
import { countAsOf } from './stats.ts'

/** What is kept of each day, as docs/metrics.md says. */
export const daily: readonly Daily<Tables>[] = [
  {
    metric: 'alerts.open',
    groups: ['', 'severity', 'status'],
    asOf: async (trx, at) => (await countAsOf(trx, at)).filter(({ status }) => isOpen(status)),
  },
]

/** When the first of them came. */
export async function since(trx: Trx<Tables>): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`select min(created_at) as at from alerts`.execute(trx)
  return rows[0]?.at ?? null
}
