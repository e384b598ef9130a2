/** Applies the rules that suppress alerts, and ends what they did. */
import { type RawBuilder, sql } from 'kysely'
import type { Db, Trx } from '#kit/database.ts'
import { where } from '#kit/filter.ts'
import { find } from '#kit/search.ts'
import { severities } from '#kit/severity.ts'
import { dues, inForce } from '../rules/sla.ts'
import { mostLiveRules, type RuleFilter } from '../rules/suppression.ts'
import type { SuppressionRuleRow, Tables } from '../tables.ts'
import { specAt } from './alert.ts'
import { statusIs } from './effective.ts'

type Rule = Pick<SuppressionRuleRow, 'id' | 'filter' | 'expiresAt'>

/** The dues of each severity for a clock that starts then. */
const duesFrom = (from: Date): RawBuilder<unknown> =>
  sql.join(
    severities.map((severity) => {
      const due = dues(severity, from)
      const { slaDueAt, slaRiskAt } = inForce({ ...due, severity, status: 'open', acknowledgedAt: null })
      return sql`(${severity}::text, ${due.ackDueAt}::timestamptz, ${due.resolveDueAt}::timestamptz,
        ${slaDueAt}::timestamptz, ${slaRiskAt}::timestamptz)`
    }),
  )

/** Suppresses open alerts until a rule expires: then they fall due, as if they had come then. */
async function apply(
  trx: Trx<Tables>,
  { id, expiresAt }: Rule,
  which: RawBuilder<boolean>,
  at: Date,
  by: RawBuilder<unknown> = sql``,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    update alerts set status = 'suppressed', suppression_rule_id = ${id}::uuid, ack_due_at = due.ack,
      resolve_due_at = due.resolve, sla_due_at = due.due, sla_risk_at = due.risk, updated_at = ${at},
      version = version + 1 ${by}
    from (values ${duesFrom(expiresAt)}) as due (of_severity, ack, resolve, due, risk)
    where due.of_severity = severity and ${which}
    returning id`.execute(trx)
  return rows.map((row) => row.id)
}

const liveRules = (db: Db<Tables>, at: Date): Promise<Rule[]> =>
  db
    .selectFrom('suppressionRules')
    .select(['id', 'filter', 'expiresAt'])
    .where('endsAt', '>', at)
    .orderBy('createdAt')
    .orderBy('id')
    .limit(mostLiveRules)
    .execute()

/** Suppresses those of some new alerts that a rule is about; the oldest rule has it. Answers which. */
export async function suppressNew(trx: Trx<Tables>, ids: readonly string[], at: Date): Promise<string[]> {
  if (ids.length === 0) return []
  const suppressed: string[] = []
  for (const rule of await liveRules(trx, at)) {
    const fits = where(specAt(at).filter, rule.filter as RuleFilter)
    const which = sql<boolean>`id = any(${ids}::uuid[]) and status = 'open' and ${fits}`
    suppressed.push(...(await apply(trx, rule, which, at)))
  }
  return suppressed
}

/** At once, of those that are open; the others of a rule are let go by the clock alone. */
export const mostAtOnce = 10_000

/** Suppresses what is open already and a rule is about, 10,000 alerts at most. Answers which. */
export async function suppressOpen(trx: Trx<Tables>, rule: Rule, by: string, at: Date): Promise<string[]> {
  const { filter } = specAt(at)
  const given = rule.filter as RuleFilter
  const fits = where(filter, given, await find(trx, filter, given))
  const which = sql<boolean>`id = any(array(select id from alerts where ${statusIs(['open'], at)} and ${fits}
    order by id limit ${mostAtOnce} for update))`
  return apply(trx, rule, which, at, sql`, updated_by = ${by}::uuid`)
}

/** Opens what a rule suppressed that ends now, 10,000 alerts at most: the others are open too, and say so when asked. */
export async function release(trx: Trx<Tables>, ruleId: string, by: string, at: Date): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    update alerts set status = 'open', suppression_rule_id = null, ack_due_at = due.ack,
      resolve_due_at = due.resolve, sla_due_at = due.due, sla_risk_at = due.risk, updated_at = ${at},
      updated_by = ${by}::uuid, version = version + 1
    from (values ${duesFrom(at)}) as due (of_severity, ack, resolve, due, risk)
    where due.of_severity = severity and id = any(array(select id from alerts
      where suppression_rule_id = ${ruleId}::uuid order by id limit ${mostAtOnce} for update))
    returning id`.execute(trx)
  return rows.map((row) => row.id)
}
