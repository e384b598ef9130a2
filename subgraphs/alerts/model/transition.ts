/** Moves alerts from one status to another, as `rules/lifecycle.ts` lets them. */
import { note } from '#kit/audit.ts'
import type { Trx } from '#kit/database.ts'
import { NexusError, notFound } from '#kit/errors.ts'
import { sameVersion } from '#kit/version.ts'
import { type By, judge, type Move, type Refusal } from '../rules/lifecycle.ts'
import type { AlertRow, Tables } from '../tables.ts'
import { effective } from './effective.ts'

export const refused = ({ code, message, field }: Refusal): NexusError =>
  field
    ? new NexusError(code, 'Invalid request parameters', [{ field, message }])
    : new NexusError(code, message)

/** Alerts for a change, in the order of their ids, and as they are at a time; who is not there is left out. */
export async function lock(trx: Trx<Tables>, ids: readonly string[], at: Date): Promise<AlertRow[]> {
  if (ids.length === 0) return []
  const rows = await trx
    .selectFrom('alerts')
    .selectAll()
    .where('id', 'in', ids)
    .orderBy('id')
    .forUpdate()
    .execute()
  return effective(trx, rows, at)
}

export type Named = Pick<AlertRow, 'id' | 'assetId'>
export type Expecting = { expectedVersion?: number | null | undefined }

/**
 * One alert for a change. Throws NOT_FOUND, and CONFLICT for one at another version, or about another asset by now than
 * the one that the viewer was let pass for.
 */
export async function lockOne(
  trx: Trx<Tables>,
  { id, assetId }: Named,
  at: Date,
  { expectedVersion }: Expecting = {},
): Promise<AlertRow> {
  const [alert] = await lock(trx, [id], at)
  if (!alert) throw notFound('Alert')
  sameVersion(alert, expectedVersion)
  if (alert.assetId !== assetId) throw new NexusError('CONFLICT', 'It has changed meanwhile; read it again')
  return alert
}

export type Columns = Partial<Omit<AlertRow, 'id' | 'organizationId' | 'slaMet' | 'severityRank' | 'version'>>

/** Writes a change by a person. The version rises; who did it is remembered; so is what a rule that has ended left. */
export function write(trx: Trx<Tables>, alert: AlertRow, change: Columns, { by, at }: By): Promise<AlertRow> {
  const { status, suppressionRuleId, ackDueAt, resolveDueAt, slaDueAt, slaRiskAt } = alert
  const as = { status, suppressionRuleId, ackDueAt, resolveDueAt, slaDueAt, slaRiskAt }
  return trx
    .updateTable('alerts')
    .set((eb) => ({ ...as, ...change, updatedBy: by, updatedAt: at, version: eb('version', '+', 1) }))
    .where('id', '=', alert.id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Moves an alert that is locked. Throws ILLEGAL_TRANSITION, and VALIDATION_ERROR for what its guard misses. */
export async function move(trx: Trx<Tables>, alert: AlertRow, asked: Move, who: By): Promise<AlertRow> {
  const { change, refusal } = judge(alert, asked, who)
  if (refusal) throw refused(refusal)
  return write(trx, alert, change, who)
}

/** Moves one alert, and notes it. Throws as `lockOne` and `move` do. */
export async function transition(
  trx: Trx<Tables>,
  named: Named,
  asked: Move,
  who: By,
  expecting: Expecting = {},
): Promise<AlertRow> {
  const before = await lockOne(trx, named, who.at, expecting)
  const after = await move(trx, before, asked, who)
  note({ type: 'Alert', id: after.id, before, after })
  return after
}

/** Gives an alert to somebody, or to nobody. Throws as `lockOne` does, and ILLEGAL_TRANSITION for one that has ended. */
export async function assign(
  trx: Trx<Tables>,
  named: Named,
  assigneeId: string | null,
  who: By,
  expecting: Expecting = {},
): Promise<AlertRow> {
  const before = await lockOne(trx, named, who.at, expecting)
  const after = await reassign(trx, before, assigneeId, who)
  note({ type: 'Alert', id: after.id, before, after })
  return after
}

/** The same for one that is locked, without a note. */
export async function reassign(
  trx: Trx<Tables>,
  alert: AlertRow,
  assigneeId: string | null,
  who: By,
): Promise<AlertRow> {
  if (alert.status === 'archived')
    throw new NexusError('ILLEGAL_TRANSITION', 'An alert that is archived is read only')
  if (alert.status === 'in_progress' && assigneeId === null)
    throw new NexusError(
      'ILLEGAL_TRANSITION',
      'Somebody is at work on it: give it to another, or let it wait',
    )
  return write(trx, alert, { assigneeId }, who)
}
