/** How repeats of one rule's alerts are counted, where an organization says it. */
import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Db, Trx } from '#kit/database.ts'
import { invalid, NexusError, notFound } from '#kit/errors.ts'
import { isId, newId } from '#kit/id.ts'
import type { ListSpec } from '#kit/page.ts'
import { keyOf } from '../rules/recurrence.ts'
import { previewDays } from '../rules/suppression.ts'
import type { RecurrenceRuleRow, Tables } from '../tables.ts'

export const spec: ListSpec<RecurrenceRuleRow> = {
  table: 'recurrenceRules',
  filter: {
    source: { kind: 'string', column: 'source' },
    ruleId: { kind: 'string', column: 'ruleId' },
    isActive: {
      kind: 'custom',
      where: (isActive: boolean) =>
        isActive ? sql<boolean>`ended_at is null` : sql<boolean>`ended_at is not null`,
    },
  },
  order: { CREATED_AT: { column: 'createdAt', type: 'time' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'desc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<RecurrenceRuleRow[]> =>
  db.selectFrom('recurrenceRules').selectAll().where('id', 'in', ids).execute()

export type Asked = { source: string; ruleId: string; windowHours: number; groupingFields: readonly string[] }
/** What a rule would have made of the alerts of the last days. */
export type Preview = {
  /** Alerts of that rule that were seen, as far as they were looked at. */
  alerts: number
  /** How many they would be. */
  groups: number
  /** Those without a value for one of the fields: such are refused. */
  refused: number
}

const day = 86_400_000
const mostFields = 10
const mostAlerts = 10_000

function mustBeRule({ source, ruleId, windowHours, groupingFields }: Asked): void {
  if (source.trim() === '' || source.length > 100) throw invalid('source', '1 to 100 characters')
  if (ruleId.trim() === '' || ruleId.length > 255) throw invalid('ruleId', '1 to 255 characters')
  if (windowHours < 1 || windowHours > 720) throw invalid('windowHours', 'Must be between 1 and 720')
  if (groupingFields.length > mostFields) throw invalid('groupingFields', `At most ${mostFields}`)
  if (groupingFields.some((name) => name.trim() === '' || name.length > 100))
    throw invalid('groupingFields', 'Each has 1 to 100 characters')
}

/** Tries a rule on what has been seen, without changing anything. Throws VALIDATION_ERROR. */
export async function preview(db: Db<Tables>, asked: Asked, at: Date): Promise<Preview> {
  mustBeRule(asked)
  const { source, ruleId, groupingFields } = asked
  const rows = await db
    .selectFrom('alerts')
    .select(['assetId', 'metadata'])
    .where('source', '=', source)
    .where('ruleId', '=', ruleId)
    .where('lastSeenAt', '>=', new Date(at.getTime() - previewDays * day))
    .orderBy('createdAt', 'desc')
    .limit(mostAlerts)
    .execute()
  const keys = rows.map((row) => keyOf({ ...row, source, ruleId }, groupingFields))
  const groups = new Set(keys.flatMap(({ key }) => key ?? []))
  return { alerts: rows.length, groups: groups.size, refused: keys.filter(({ refused }) => refused).length }
}

type Who = { organizationId: string; userId: string; at: Date }

/**
 * Makes a rule, in the place of the one before. Who saves it says how many groups the preview told, so that nobody saves
 * what they have not seen. Throws VALIDATION_ERROR, and CONFLICT where it is another number by now.
 */
export async function set(
  trx: Trx<Tables>,
  { organizationId, userId, at }: Who,
  { expectedGroups, ...asked }: Asked & { expectedGroups: number },
): Promise<RecurrenceRuleRow> {
  const { groups } = await preview(trx, asked, at)
  if (groups !== expectedGroups)
    throw new NexusError(
      'CONFLICT',
      `It would make ${groups} groups, and not ${expectedGroups}; try it again`,
    )
  const { source, ruleId, windowHours } = asked
  const lock = `${organizationId}/recurrence/${source}/${ruleId}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 0))`.execute(trx)
  const before = await trx
    .updateTable('recurrenceRules')
    .set({ endedAt: at, endedBy: userId })
    .where('source', '=', source)
    .where('ruleId', '=', ruleId)
    .where('endedAt', 'is', null)
    .returningAll()
    .executeTakeFirst()
  const rule = await trx
    .insertInto('recurrenceRules')
    .values({
      ...{ id: newId(), organizationId, source, ruleId, windowHours },
      groupingFields: [...new Set(asked.groupingFields)].sort(),
      ...{ createdBy: userId, createdAt: at, endedAt: null, endedBy: null },
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'RecurrenceRule', id: rule.id, before: before ?? null, after: rule })
  return rule
}

/** Ends a rule: repeats count by default again. Throws NOT_FOUND, and ILLEGAL_TRANSITION for one that has ended. */
export async function end(trx: Trx<Tables>, { userId, at }: Who, id: string): Promise<RecurrenceRuleRow> {
  const rows = trx.selectFrom('recurrenceRules').selectAll().where('id', '=', id).forUpdate()
  const before = isId(id) ? await rows.executeTakeFirst() : undefined
  if (!before) throw notFound('Rule')
  if (before.endedAt) throw new NexusError('ILLEGAL_TRANSITION', 'This rule has ended already')
  const after = await trx
    .updateTable('recurrenceRules')
    .set({ endedAt: at, endedBy: userId })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'RecurrenceRule', id, before, after })
  return after
}
