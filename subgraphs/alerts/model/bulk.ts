/** Many alerts at once, each by the rules that hold for one. */
import { sql } from 'kysely'
import type { Bulk, Judged, Who } from '#kit/bulk.ts'
import type { Trx } from '#kit/database.ts'
import { judge, type Move } from '../rules/lifecycle.ts'
import type { AlertRow, AlertStatus, Priority, Tables, Verdict } from '../tables.ts'
import { lock } from './transition.ts'

/** What is left out stays. */
export type Patch = {
  status?: AlertStatus | null | undefined
  verdict?: Verdict | null | undefined
  reason?: string | null | undefined
  /** A text where it was kept meanwhile. */
  holdUntil?: Date | string | null | undefined
  /** Null for nobody. */
  assigneeId?: string | null | undefined
  priority?: Priority | null | undefined
  note?: string | null | undefined
}

const columns = [
  ...(['status', 'verdict', 'assigneeId', 'priority', 'suppressionRuleId'] as const),
  ...(['acknowledgedAt', 'acknowledgedBy', 'resolvedAt', 'resolvedBy', 'resolutionNote'] as const),
  ...(['firstResolvedAt', 'heldAt', 'holdUntil', 'holdReason', 'archivedAt', 'reopenCount'] as const),
  ...(['ackDueAt', 'resolveDueAt', 'slaDueAt', 'slaRiskAt', 'slaPausedUntil', 'slaPausedMs'] as const),
] as const

const illegal = (message: string) => ({ refusal: { code: 'ILLEGAL_TRANSITION' as const, message } })

/** What becomes of an alert: its assignee first, who may be what its step wants. */
export function judgePatch(row: AlertRow, patch: Patch, who: Who): Judged<AlertRow> {
  const { status, assigneeId, priority, verdict, reason, note } = patch
  if (row.status === 'archived') return illegal('An alert that is archived is read only')
  let after: AlertRow = { ...row }
  if (assigneeId !== undefined) after.assigneeId = assigneeId
  if (priority != null) after.priority = priority
  if (status != null && status !== row.status) {
    const holdUntil = patch.holdUntil == null ? null : new Date(patch.holdUntil)
    const move: Move = { to: status, verdict, reason, note, holdUntil }
    const { change, refusal } = judge(after, move, who)
    if (refusal) return { refusal }
    after = { ...after, ...change }
  }
  if (after.status === 'in_progress' && after.assigneeId === null)
    return illegal('Somebody is at work on it: give it to another, or let it wait')
  const isSame = columns.every((column) => String(after[column]) === String(row[column]))
  return isSame ? { unchanged: true } : { after }
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Writes many rows by one statement, each with values of its own. */
async function write(trx: Trx<Tables>, rows: readonly AlertRow[], { by, at }: Who): Promise<void> {
  const names = ['id', ...columns] as const
  const given = rows.map((row) => Object.fromEntries(names.map((name) => [snake(name), row[name]])))
  const set = sql.join(columns.map((name) => sql`${sql.id(snake(name))} = given.${sql.id(snake(name))}`))
  await sql`update alerts set ${set}, updated_by = ${by}, updated_at = ${at}, version = alerts.version + 1
    from jsonb_populate_recordset(null::alerts, ${JSON.stringify(given)}::jsonb) given
    where alerts.id = given.id`.execute(trx)
}

async function assets(trx: Trx<Tables>, ids: readonly string[]): Promise<Map<string, string | null>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<{ id: string; assetId: string | null }>`
    select id, asset_id from alerts where id = any(${ids}::uuid[])`.execute(trx)
  return new Map(rows.map((row) => [row.id, row.assetId]))
}

export const bulk: Bulk<Tables, AlertRow, Patch> = {
  type: 'AlertBatch',
  permission: 'alerts:write',
  columns,
  lock,
  assets,
  judge: judgePatch,
  write,
}
