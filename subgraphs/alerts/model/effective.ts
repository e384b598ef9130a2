/** What a suppressed alert is once its rule has ended: open, from that moment, whoever has looked at it since. */
import { type RawBuilder, sql } from 'kysely'
import type { Db } from '#kit/database.ts'
import { dues, inForce } from '../rules/sla.ts'
import type { AlertRow, AlertStatus, Tables } from '../tables.ts'

const live = (at: Date) => sql`array(select live.id from suppression_rules live where live.ends_at > ${at})`

/** In the query of a list of alerts: whether its rule suppresses one at a time. */
export const isSuppressed = (at: Date): RawBuilder<boolean> =>
  sql<boolean>`(status = 'suppressed' and suppression_rule_id = any(${live(at)}))`

/**
 * In the query of a list: whether the status of an alert, as it is at a time, is one of these. What is stored comes
 * first, so that one index answers it, with the rule beside the status.
 */
export function statusIs(statuses: readonly AlertStatus[], at: Date): RawBuilder<boolean> {
  const [open, suppressed] = [statuses.includes('open'), statuses.includes('suppressed')]
  const stored = sql<boolean>`status = any(${open && !suppressed ? [...statuses, 'suppressed'] : statuses}::text[])`
  if (open === suppressed) return stored
  const holds = open
    ? sql`suppression_rule_id <> all(${live(at)})`
    : sql`suppression_rule_id = any(${live(at)})`
  return sql<boolean>`(${stored} and (status <> 'suppressed' or ${holds}))`
}

/** When those of some rules ended that have. */
export async function endedRules(
  db: Db<Tables>,
  ids: readonly string[],
  at: Date,
): Promise<Map<string, Date>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('suppressionRules')
    .select(['id', 'endsAt'])
    .where('id', 'in', [...new Set(ids)])
    .where('endsAt', '<=', at)
    .execute()
  return new Map(rows.map(({ id, endsAt }) => [id, endsAt]))
}

/** Alerts as they are at a time: whose rule has ended is open, and its clock runs since then. */
export async function effective(db: Db<Tables>, alerts: readonly AlertRow[], at: Date): Promise<AlertRow[]> {
  const ended = await endedRules(
    db,
    alerts.flatMap(({ suppressionRuleId }) => suppressionRuleId ?? []),
    at,
  )
  return alerts.map((alert) => {
    const from = alert.suppressionRuleId && ended.get(alert.suppressionRuleId)
    if (!from) return alert
    const open = { ...alert, status: 'open' as const, suppressionRuleId: null, ...dues(alert.severity, from) }
    return { ...open, ...inForce(open) }
  })
}

/** When the next rule ends that suppresses anything; null where none does. */
export async function nextEnd(db: Db<Tables>, at: Date): Promise<Date | null> {
  const rule = await db
    .selectFrom('suppressionRules')
    .select('endsAt')
    .where('endsAt', '>', at)
    .orderBy('endsAt')
    .limit(1)
    .executeTakeFirst()
  return rule?.endsAt ?? null
}
