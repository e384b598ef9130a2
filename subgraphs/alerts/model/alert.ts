import { type RawBuilder, sql } from 'kysely'
import type { Db, Trx } from '#kit/database.ts'
import type { ListSpec } from '#kit/page.ts'
import { never, type SlaState } from '../rules/sla.ts'
import type { AlertRow, AlertStatus, NewAlert, Tables } from '../tables.ts'
import { isSuppressed, statusIs } from './effective.ts'

const ended = sql<boolean>`status = any('{resolved,archived}')`

/** In the query of a list: how an alert stands at a time, as `rules/sla.ts` says of one. */
function slaStateIs(state: SlaState, at: Date): RawBuilder<boolean> {
  const runs = sql<boolean>`(sla_due_at < ${never} and not ${isSuppressed(at)})`
  const paused = sql<boolean>`(status = 'on_hold' and coalesce(sla_paused_until > ${at}, false))`
  switch (state) {
    case 'met':
      return sql<boolean>`(${ended} and sla_met)`
    case 'missed':
      return sql<boolean>`(${ended} and not sla_met)`
    case 'none':
      return sql<boolean>`(${isSuppressed(at)} or (${ended} and sla_met is null)
        or (not ${ended} and sla_due_at >= ${never}))`
    case 'paused':
      return sql<boolean>`(${runs} and ${paused})`
    case 'breached':
      return sql<boolean>`(sla_due_at <= ${at} and ${runs} and not ${paused})`
    case 'at_risk':
      return sql<boolean>`(sla_due_at > ${at} and sla_risk_at <= ${at} and ${runs} and not ${paused})`
    default:
      return sql<boolean>`(sla_due_at > ${at} and sla_risk_at > ${at} and ${runs} and not ${paused})`
  }
}

const anyOf = (conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> =>
  conditions.length === 0 ? sql<boolean>`false` : sql<boolean>`(${sql.join(conditions, sql` or `)})`

/** How alerts are listed at a time: rules end and work falls due by it. */
export const specAt = (at: Date): ListSpec<AlertRow> => ({
  table: 'alerts',
  filter: {
    severity: { kind: 'enum', column: 'severity' },
    status: { kind: 'custom', where: (statuses: readonly AlertStatus[]) => statusIs(statuses, at) },
    priority: { kind: 'enum', column: 'priority' },
    verdict: { kind: 'enum', column: 'verdict' },
    verdictNot: {
      kind: 'custom',
      where: (verdicts: readonly string[]) =>
        sql<boolean>`(verdict is null or verdict <> all(${verdicts}::text[]))`,
    },
    slaState: {
      kind: 'custom',
      where: (states: readonly SlaState[]) => anyOf(states.map((state) => slaStateIs(state, at))),
    },
    assetId: { kind: 'id', column: 'assetId' },
    assigneeId: { kind: 'id', column: 'assigneeId' },
    isAssigned: {
      kind: 'custom',
      where: (isAssigned: boolean) =>
        isAssigned ? sql<boolean>`assignee_id is not null` : sql<boolean>`assignee_id is null`,
    },
    incidentId: { kind: 'id', column: 'incidentId' },
    suppressionRuleId: { kind: 'id', column: 'suppressionRuleId' },
    ruleId: { kind: 'string', column: 'ruleId' },
    source: { kind: 'string', column: 'source' },
    search: { kind: 'search', columns: ['title', 'description'], index: 'search_alerts' },
    createdAt: { kind: 'time', column: 'createdAt' },
    firstSeenAt: { kind: 'time', column: 'firstSeenAt' },
    lastSeenAt: { kind: 'time', column: 'lastSeenAt' },
    acknowledgedAt: { kind: 'time', column: 'acknowledgedAt' },
    resolvedAt: { kind: 'time', column: 'resolvedAt' },
    firstResolvedAt: { kind: 'time', column: 'firstResolvedAt' },
  },
  order: {
    CREATED_AT: { column: 'createdAt', type: 'time' },
    FIRST_SEEN_AT: { column: 'firstSeenAt', type: 'time' },
    LAST_SEEN_AT: { column: 'lastSeenAt', type: 'time' },
    SEVERITY: { column: 'severityRank', type: 'number' },
    PRIORITY: { column: 'priority', type: 'text' },
    SLA_DUE_AT: { column: 'slaDueAt', type: 'time' },
  },
  defaultOrder: { field: 'CREATED_AT', direction: 'desc' },
})

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<AlertRow[]> =>
  db.selectFrom('alerts').selectAll().where('id', 'in', ids).execute()

/** Adds alerts; one whose fingerprint is known already stays as it is. */
export const add = async (trx: Trx<Tables>, alerts: NewAlert[]): Promise<void> => {
  await trx
    .insertInto('alerts')
    .values(alerts)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
