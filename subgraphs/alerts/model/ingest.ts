/** What sources report: new alerts, and those that are seen again. */
import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import { isId, newId } from '#kit/id.ts'
import { type Incoming, wrongIn } from '../rules/incoming.ts'
import { judge } from '../rules/lifecycle.ts'
import { keyOf, priorityOf, type Recurrence, recurrenceOf } from '../rules/recurrence.ts'
import { dues, inForce } from '../rules/sla.ts'
import type { AlertRow, RecurrenceRuleRow, Tables } from '../tables.ts'
import { effective } from './effective.ts'
import { hashOf } from './fingerprint.ts'
import { suppressNew } from './suppress.ts'

export const outcomes = ['created', 'repeated', 'reopened', 'succeeded', 'suppressed', 'refused'] as const
export type Outcome = (typeof outcomes)[number]
export type Ingested = { outcome: Outcome; alertId: string | null; message: string | null }
export type Reporting = { organizationId: string; source: string; at: Date }

/** Reports of one key in a batch: the first is what a new alert is like, the last what its source says now. */
type Folded = {
  id: string
  fingerprint: string
  first: Incoming
  last: Incoming
  count: number
  windowHours: number | undefined
  known: AlertRow | undefined
  recurrence: Recurrence
}

const stripes = 64

/**
 * Reports of the same key take turns. So many locks at most, and always in this order, that batches neither cross nor
 * fill the server's table of locks.
 */
const takeTurns = (trx: Trx<Tables>, organizationId: string, fingerprints: readonly string[]) => {
  const mine = [...new Set(fingerprints.map((each) => Number.parseInt(each.slice(0, 4), 16) % stripes))]
  return sql`select pg_advisory_xact_lock(hashtextextended(${`${organizationId}/alerts/`} || stripe, 0))
    from unnest(${mine.toSorted((a, b) => a - b)}::int[]) as stripe`.execute(trx)
}

const rulesOf = async (trx: Trx<Tables>, source: string): Promise<Map<string, RecurrenceRuleRow>> => {
  const rules = await trx
    .selectFrom('recurrenceRules')
    .selectAll()
    .where('source', '=', source)
    .where('endedAt', 'is', null)
    .execute()
  return new Map(rules.map((rule) => [rule.ruleId, rule]))
}

async function lockKnown(trx: Trx<Tables>, fingerprints: readonly string[], at: Date) {
  const rows = await trx
    .selectFrom('alerts')
    .selectAll()
    .where('fingerprint', 'in', fingerprints)
    .where(sql<boolean>`dedupe_active`)
    // As whoever locks several alerts does.
    .orderBy('id')
    .forUpdate()
    .execute()
  return new Map((await effective(trx, rows, at)).map((row) => [row.fingerprint, row]))
}

/**
 * Takes what a source reports, each at most once however often and by how many it comes, and answers in its order what
 * became of each.
 */
export async function ingest(
  trx: Trx<Tables>,
  { organizationId, source, at }: Reporting,
  incoming: readonly Incoming[],
): Promise<Ingested[]> {
  const rules = await rulesOf(trx, source)
  const folded = new Map<string, Folded>()
  const results: Ingested[] = []
  const places: { index: number; of: Folded; isFirst: boolean }[] = []
  for (const [index, alert] of incoming.entries()) {
    const rule = alert.ruleId === null ? undefined : rules.get(alert.ruleId)
    const wrong = wrongIn(source, alert, isId)
    const { key, refused } = keyOf({ ...alert, source }, rule?.groupingFields)
    const message = wrong ? `${wrong.field}: ${wrong.message}` : (refused ?? null)
    results.push({ outcome: 'refused', alertId: null, message })
    if (message !== null) continue
    const fingerprint = hashOf(key!)
    const before = folded.get(fingerprint)
    if (before) Object.assign(before, { last: alert, count: before.count + 1 })
    const of = before ?? {
      ...{ id: newId(), fingerprint, first: alert, last: alert, count: 1, windowHours: rule?.windowHours },
      ...{ known: undefined, recurrence: 'created' as const },
    }
    folded.set(fingerprint, of)
    places.push({ index, of, isFirst: !before })
  }
  if (folded.size === 0) return results
  const fingerprints = [...folded.keys()]
  await takeTurns(trx, organizationId, fingerprints)
  const known = await lockKnown(trx, fingerprints, at)
  for (const each of folded.values()) {
    each.known = known.get(each.fingerprint)
    each.recurrence = recurrenceOf(each.known, at, each.windowHours)
  }
  const groups = Map.groupBy(folded.values(), ({ recurrence }) => recurrence)
  const [repeated, reopened] = [groups.get('repeated') ?? [], groups.get('reopened') ?? []]
  for (const each of [...repeated, ...reopened]) each.id = each.known!.id
  const fresh = [...(groups.get('created') ?? []), ...(groups.get('succeeded') ?? [])]
  await retire(trx, groups.get('succeeded') ?? [])
  await insert(trx, { organizationId, source, at }, fresh)
  await again(trx, [...repeated, ...reopened], at)
  await reopen(trx, reopened, at)
  await remember(trx, { organizationId, source, at }, [...folded.values()])
  const suppressed = new Set(
    await suppressNew(
      trx,
      [...fresh, ...reopened].map(({ id }) => id),
      at,
    ),
  )
  for (const { index, of, isFirst } of places) {
    const outcome = suppressed.has(of.id) ? 'suppressed' : of.recurrence
    results[index] = { outcome: isFirst ? outcome : 'repeated', alertId: of.id, message: null }
  }
  return results
}

/** Those that were resolved long ago give their key to whoever comes after them. */
async function retire(trx: Trx<Tables>, succeeded: readonly Folded[]): Promise<void> {
  const ids = succeeded.map(({ known }) => known!.id)
  if (ids.length === 0) return
  await trx.updateTable('alerts').set({ dedupeActive: false }).where('id', 'in', ids).execute()
}

async function insert(trx: Trx<Tables>, { organizationId, source, at }: Reporting, of: readonly Folded[]) {
  if (of.length === 0) return
  const rows = of.map(({ id, fingerprint, first, count, known }) => {
    const due = dues(first.severity, at)
    const row = { ...first, ...due, status: 'open' as const, acknowledgedAt: null }
    return {
      ...row,
      ...inForce(row),
      ...{ id, fingerprint, count, previousAlertId: known?.id ?? null },
      priority: priorityOf(first.severity),
    }
  })
  await sql`
    insert into alerts (organization_id, id, asset_id, severity, confidence, priority, title, description, source,
      source_ref, rule_id, attacks, fingerprint, metadata, occurrence_count, previous_alert_id, first_seen_at,
      last_seen_at, created_at, updated_at, ack_due_at, resolve_due_at, sla_due_at, sla_risk_at)
    select ${organizationId}::uuid, id, "assetId", severity, confidence, priority, title, description, ${source},
      "sourceRef", "ruleId", attacks, fingerprint, metadata, count, "previousAlertId", ${at}, ${at}, ${at}, ${at},
      "ackDueAt", "resolveDueAt", "slaDueAt", "slaRiskAt"
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (id uuid, "assetId" uuid, severity text,
      confidence text, priority text, title text, description text, "sourceRef" text, "ruleId" text, attacks text[],
      fingerprint text, metadata jsonb, count int, "previousAlertId" uuid, "ackDueAt" timestamptz,
      "resolveDueAt" timestamptz, "slaDueAt" timestamptz, "slaRiskAt" timestamptz)`.execute(trx)
}

/** Seeing an alert again changes nothing that anybody has decided of it. */
async function again(trx: Trx<Tables>, of: readonly Folded[], at: Date): Promise<void> {
  if (of.length === 0) return
  const rows = of.map(({ id, count, last }) => ({ id, count, metadata: last.metadata }))
  await sql`
    update alerts a set occurrence_count = a.occurrence_count + given.count, metadata = given.metadata,
      last_seen_at = greatest(a.last_seen_at, ${at}), updated_at = greatest(a.updated_at, ${at})
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (id uuid, count int, metadata jsonb)
    where a.id = given.id`.execute(trx)
}

async function reopen(trx: Trx<Tables>, of: readonly Folded[], at: Date): Promise<void> {
  if (of.length === 0) return
  const rows = of.map(({ known }) => {
    const { change } = judge(known!, { to: 'open' }, { by: null, at })
    return { ...known!, ...change }
  })
  await sql`
    update alerts a set status = 'open', reopen_count = given."reopenCount", ack_due_at = given."ackDueAt",
      resolve_due_at = given."resolveDueAt", sla_due_at = given."slaDueAt", sla_risk_at = given."slaRiskAt",
      updated_at = ${at}, version = a.version + 1
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (id uuid, "reopenCount" int,
      "ackDueAt" timestamptz, "resolveDueAt" timestamptz, "slaDueAt" timestamptz, "slaRiskAt" timestamptz)
    where a.id = given.id`.execute(trx)
}

const hour = 3_600_000

/** How often an alert came back, by the hour, however often that is. */
async function remember(trx: Trx<Tables>, { organizationId, at }: Reporting, of: readonly Folded[]) {
  const rows = of
    .map(({ id, known, recurrence, count }) => ({
      alertId: id,
      count: known && recurrence !== 'succeeded' ? count : count - 1,
    }))
    .filter(({ count }) => count > 0)
    .map((row) => ({ ...row, id: newId() }))
  if (rows.length === 0) return
  const from = new Date(Math.floor(at.getTime() / hour) * hour)
  await sql`
    insert into alert_occurrences as o (organization_id, alert_id, hour, id, count, first_at, last_at)
    select ${organizationId}::uuid, "alertId", ${from}, id, count, ${at}, ${at}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (id uuid, "alertId" uuid, count int)
    order by "alertId"
    on conflict (organization_id, alert_id, hour) do update set count = o.count + excluded.count,
      last_at = greatest(o.last_at, excluded.last_at)`.execute(trx)
}
