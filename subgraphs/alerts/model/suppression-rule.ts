import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Db, Trx } from '#kit/database.ts'
import { invalid, NexusError, notFound } from '#kit/errors.ts'
import { isId, newId } from '#kit/id.ts'
import type { ListSpec } from '#kit/page.ts'
import { mostLiveRules, type RuleFilter, wrongFilter, wrongRule } from '../rules/suppression.ts'
import type { SuppressionRuleRow, Tables } from '../tables.ts'
import { release, suppressOpen } from './suppress.ts'

/** How rules are listed at a time. */
export const specAt = (at: Date): ListSpec<SuppressionRuleRow> => ({
  table: 'suppressionRules',
  filter: {
    isActive: {
      kind: 'custom',
      where: (isActive: boolean) =>
        isActive ? sql<boolean>`ends_at > ${at}` : sql<boolean>`ends_at <= ${at}`,
    },
    createdAt: { kind: 'time', column: 'createdAt' },
  },
  order: {
    CREATED_AT: { column: 'createdAt', type: 'time' },
    ENDS_AT: { column: 'endsAt', type: 'time' },
  },
  defaultOrder: { field: 'CREATED_AT', direction: 'desc' },
})

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<SuppressionRuleRow[]> =>
  db.selectFrom('suppressionRules').selectAll().where('id', 'in', ids).execute()

/** Throws VALIDATION_ERROR for a filter that no rule may have. */
export function mayFilter(filter: Readonly<Record<string, unknown>>): RuleFilter {
  const wrong = wrongFilter(filter)
  if (wrong) throw invalid(wrong.field, wrong.message)
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value != null)) as RuleFilter
}

type Who = { organizationId: string; userId: string; at: Date }
export type NewRule = {
  name: string
  filter: Readonly<Record<string, unknown>>
  reason: string
  expiresAt: Date
  applyToOpen: boolean
}

/** Throws VALIDATION_ERROR, and CONFLICT where there are too many. Answers which alerts it has suppressed at once. */
export async function create(
  trx: Trx<Tables>,
  { organizationId, userId, at }: Who,
  { filter: given, applyToOpen, ...said }: NewRule,
): Promise<{ rule: SuppressionRuleRow; alertIds: string[] }> {
  const filter = mayFilter(given)
  const wrong = wrongRule(said, at)
  if (wrong) throw invalid(wrong.field, wrong.message)
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${organizationId}/suppression`}, 0))`.execute(
    trx,
  )
  const { live } = await trx
    .selectFrom('suppressionRules')
    .select((eb) => eb.fn.countAll<number>().as('live'))
    .where('endsAt', '>', at)
    .executeTakeFirstOrThrow()
  if (live >= mostLiveRules)
    throw new NexusError('CONFLICT', `There are ${mostLiveRules} rules already: end one first`)
  const rule = await trx
    .insertInto('suppressionRules')
    .values({
      ...{ id: newId(), organizationId, ...said, filter: JSON.stringify(filter) },
      ...{ createdBy: userId, createdAt: at, endedAt: null, endedBy: null },
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  const alertIds = applyToOpen ? await suppressOpen(trx, rule, userId, at) : []
  note({
    type: 'SuppressionRule',
    id: rule.id,
    before: null,
    after: { ...rule, suppressed: alertIds.length },
  })
  return { rule, alertIds }
}

/** Ends a rule now. Throws NOT_FOUND, and ILLEGAL_TRANSITION for one that has ended. Answers whom it lets go. */
export async function end(
  trx: Trx<Tables>,
  { userId, at }: Who,
  id: string,
): Promise<{ rule: SuppressionRuleRow; alertIds: string[] }> {
  if (!isId(id)) throw notFound('Rule')
  const before = await trx
    .selectFrom('suppressionRules')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (!before) throw notFound('Rule')
  if (before.endsAt <= at) throw new NexusError('ILLEGAL_TRANSITION', 'This rule has ended already')
  const rule = await trx
    .updateTable('suppressionRules')
    .set({ endedAt: at, endedBy: userId })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  const alertIds = await release(trx, id, userId, at)
  note({ type: 'SuppressionRule', id, before, after: { ...rule, released: alertIds.length } })
  return { rule, alertIds }
}
