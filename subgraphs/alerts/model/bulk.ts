/** Many alerts at once, each by the rules that hold for one. */
import { type QueryExecutorProvider, sql } from 'kysely'
import type { Bulk, Changed, Judged, Noted, Who } from '#kit/bulk/definition.ts'
import { isSame, writeRows } from '#kit/bulk/write.ts'
import type { Context } from '#kit/context.ts'
import type { EventName } from '#kit/events.ts'
import { allowed, signedIn } from '#kit/viewer.ts'
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
}

const columns = [
  ...(['status', 'verdict', 'assigneeId', 'priority', 'suppressionRuleId'] as const),
  ...(['acknowledgedAt', 'acknowledgedBy', 'resolvedAt', 'resolvedBy', 'resolutionNote'] as const),
  ...(['firstResolvedAt', 'heldAt', 'holdUntil', 'holdReason', 'archivedAt', 'reopenCount'] as const),
  ...(['ackDueAt', 'resolveDueAt', 'slaDueAt', 'slaRiskAt', 'slaPausedUntil', 'slaPausedMs'] as const),
] as const

const illegal = (message: string) => ({ refusal: { code: 'ILLEGAL_TRANSITION' as const, message } })

/** What becomes of an alert: its assignee first, who may be what its step wants. */
export function judgePatch(row: AlertRow, patch: Noted<Patch>, who: Who): Judged<AlertRow> {
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
  return isSame(after, row, columns) ? { unchanged: true } : { after }
}

async function assets(
  trx: QueryExecutorProvider,
  ids: readonly string[],
): Promise<Map<string, string | null>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<{ id: string; assetId: string | null }>`
    select id, asset_id from alerts where id = any(${ids}::uuid[])`.execute(trx)
  return new Map(rows.map((row) => [row.id, row.assetId]))
}

/** What a patch is told as: the step, where there is one. */
function eventOf(patch: Patch | null): EventName {
  const { status, assigneeId } = patch ?? {}
  if (status === 'acknowledged' || status === 'resolved' || status === 'archived') return `alert.${status}`
  if (status === 'open') return 'alert.reopened'
  return patch && status == null && assigneeId !== undefined ? 'alert.assigned' : 'alert.updated'
}

const atOnce = 100

async function tell(
  { events, viewer }: Pick<Context<Tables>, 'events' | 'viewer'>,
  { after }: Changed<AlertRow>,
  patch: Patch | null,
): Promise<void> {
  const { organizationId } = signedIn(viewer)
  const event = eventOf(patch)
  for (let from = 0; from < after.length; from += atOnce)
    await Promise.all(
      after
        .slice(from, from + atOnce)
        .map(({ id }) => events.publish(organizationId, event, { alertId: id })),
    )
}

export const bulk: Bulk<Tables, AlertRow, Patch> = {
  type: 'AlertBatch',
  many: 'alerts',
  permission: 'alerts:write',
  columns,
  lock,
  assets,
  judge: judgePatch,
  write: (trx, rows, who) => writeRows(trx, 'alerts', columns, rows, who, sql`, updated_by = ${who.by}`),
  mayPatch: async ({ viewer }) => void allowed(viewer, 'alerts:bulk'),
  tell,
}
