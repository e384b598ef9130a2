import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Context } from '#kit/context.ts'
import type { Db, Trx } from '#kit/database.ts'
import { invalid, NexusError, notFound } from '#kit/errors.ts'
import { isId, newId } from '#kit/id.ts'
import { dayMs } from '#kit/metric/definition.ts'
import type { ListSpec } from '#kit/page.ts'
import { signedIn } from '#kit/viewer.ts'
import type { SavedMetricRow, Tables } from '../tables.ts'
import { type Answered, measured } from './metric.ts'

export const spec: ListSpec<SavedMetricRow> = {
  table: 'savedMetrics',
  filter: {
    metric: { kind: 'string', column: 'metric' },
    live: { kind: 'custom', where: () => sql<boolean>`removed_at is null` },
  },
  order: { CREATED_AT: { column: 'createdAt', type: 'time' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'desc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<SavedMetricRow[]> =>
  db.selectFrom('savedMetrics').selectAll().where('id', 'in', ids).where('removedAt', 'is', null).execute()

export type NewSavedMetric = Pick<SavedMetricRow, 'name' | 'metric' | 'dimension' | 'days' | 'compares'> & {
  filter: Record<string, unknown>
}

/** What it says now: over its days until now, and the same many before where it compares. */
export function result(context: Context<Tables>, row: NewSavedMetric): Promise<Answered> {
  const { metric, filter, dimension: groupBy, days, compares } = row
  const to = context.clock()
  const before = (at: Date) => new Date(at.getTime() - (days ?? 0) * dayMs)
  const period = days === null ? null : { from: before(to), to }
  const compareTo = compares && period ? { from: before(period.from), to: period.from } : null
  return measured(context, { name: metric, filter, groupBy, period, compareTo })
}

/** Throws VALIDATION_ERROR for what cannot be measured, CONFLICT for a name that is taken, and what `measured` does. */
export async function add(context: Context<Tables>, row: NewSavedMetric): Promise<SavedMetricRow> {
  const { organizationId, userId } = signedIn(context.viewer)
  const name = row.name.trim()
  if (name.length === 0 || name.length > 100) throw invalid('name', 'From 1 to 100 characters')
  if (JSON.stringify(row.filter).length > 10_000) throw invalid('filter', 'At most 10,000 characters')
  if (row.days !== null && (row.days < 1 || row.days > 400))
    throw invalid('days', 'Must be between 1 and 400')
  if (row.compares && row.days === null) throw invalid('compares', 'Say by days what is compared')
  // What cannot be measured now is not kept.
  await result(context, row)
  return context.tenant(async (trx) => {
    const added = await trx
      .insertInto('savedMetrics')
      .values({ ...row, id: newId(), organizationId, name, createdBy: userId })
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst()
    if (!added) throw new NexusError('CONFLICT', 'There is a metric of this name')
    note({ type: 'SavedMetric', id: added.id, before: null, after: added })
    return added
  })
}

/** Throws NOT_FOUND. */
export async function remove(trx: Trx<Tables>, id: string, at: Date): Promise<SavedMetricRow> {
  const before = isId(id) ? (await find(trx, [id]))[0] : undefined
  const after = before && (await end(trx, id, at))
  if (!before || !after) throw notFound('SavedMetric')
  note({ type: 'SavedMetric', id: after.id, before, after })
  return after
}

const end = (trx: Trx<Tables>, id: string, at: Date): Promise<SavedMetricRow | undefined> =>
  trx
    .updateTable('savedMetrics')
    .set({ removedAt: at })
    .where('id', '=', id)
    .where('removedAt', 'is', null)
    .returningAll()
    .executeTakeFirst()
