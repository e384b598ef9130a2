import { note } from '#kit/audit.ts'
import type { Trx } from '#kit/database.ts'
import { invalid, NexusError } from '#kit/errors.ts'
import type { Severity } from '#kit/severity.ts'
import { lacksFor, mayMove, type Said, statusAt } from '../rules-lifecycle.ts'
import type { Reachability, Status, Tables, VulnerabilityRow } from '../tables.ts'

/** Findings that are about to be changed, in one order for everybody. */
export const lock = (trx: Trx<Tables>, ids: readonly string[]): Promise<VulnerabilityRow[]> =>
  trx.selectFrom('vulnerabilities').selectAll().where('id', 'in', ids).orderBy('id').forUpdate().execute()

/** Who changes something, and when. */
export type By = { userId: string; at: Date }
export type Move = Said & { to: Status }

/** What has become part of another finding is changed there. */
export const partOfAnother = () =>
  new NexusError('ILLEGAL_TRANSITION', 'It is part of another finding by now')

/** Why a finding may not be moved so; null where it may. */
export function refusalOf(row: VulnerabilityRow, { to, ...said }: Move, at: Date): NexusError | null {
  const from = statusAt(row, at)
  if (row.mergedInto) return partOfAnother()
  if (!mayMove(from, to))
    return new NexusError('ILLEGAL_TRANSITION', `A finding that is ${from} cannot become ${to}`)
  const missing = lacksFor(from, to, said, row)
  return missing && new NexusError('VALIDATION_ERROR', 'Invalid request parameters', [missing])
}

type Changed = Partial<VulnerabilityRow>

/** Writes a change of rows that are locked, once for all of them, and notes it. */
export async function write(
  trx: Trx<Tables>,
  rows: readonly VulnerabilityRow[],
  change: Changed,
  at: Date,
): Promise<VulnerabilityRow[]> {
  if (rows.length === 0) return []
  const known = new Map(rows.map((row) => [row.id, row]))
  const after = await trx
    .updateTable('vulnerabilities')
    .set((eb) => ({ ...change, updatedAt: at, version: eb('version', '+', 1) }))
    .where('id', 'in', [...known.keys()])
    .returningAll()
    .execute()
  for (const row of after) note({ type: 'Vulnerability', id: row.id, before: known.get(row.id)!, after: row })
  return after
}

/**
 * Moves findings that are locked, all of them or none. Throws ILLEGAL_TRANSITION and VALIDATION_ERROR, as
 * `refusalOf` says.
 */
export async function move(
  trx: Trx<Tables>,
  rows: readonly VulnerabilityRow[],
  to: Move,
  { userId, at }: By,
): Promise<VulnerabilityRow[]> {
  for (const row of rows) {
    const refusal = refusalOf(row, to, at)
    if (refusal) throw refusal
  }
  const isResolved = to.to === 'resolved'
  const change: Changed = {
    status: to.to,
    statusReason: to.reason?.trim() || null,
    statusBy: userId,
    statusAt: at,
    justification: to.to === 'not_affected' ? (to.justification ?? null) : null,
    resolution: isResolved ? (to.resolution ?? null) : null,
    resolvedAt: isResolved ? at : null,
    acceptanceId: null,
    acceptedFrom: null,
    acceptedUntil: null,
    ...(to.assigneeId && { assigneeId: to.assigneeId }),
    ...(to.ticketUrl && { ticketUrl: to.ticketUrl }),
  }
  const isBack = (row: VulnerabilityRow) => to.to === 'open' && row.status === 'resolved'
  const reopened = rows.filter(isBack)
  if (reopened.length === 0) return write(trx, rows, change, at)
  const others = rows.filter((row) => !isBack(row))
  const back = Map.groupBy(reopened, (row) => row.reopenCount)
  const written = []
  for (const [count, of] of back)
    written.push(...(await write(trx, of, { ...change, reopenCount: count + 1 }, at)))
  return [...written, ...(await write(trx, others, change, at))]
}

/** Gives findings to somebody; null takes them from whoever has them. */
export const assign = (
  trx: Trx<Tables>,
  rows: readonly VulnerabilityRow[],
  assigneeId: string | null,
  { at }: Pick<By, 'at'>,
): Promise<VulnerabilityRow[]> => write(trx, rows, { assigneeId }, at)

export const setReachability = (
  trx: Trx<Tables>,
  rows: readonly VulnerabilityRow[],
  reachability: Reachability,
  { at }: Pick<By, 'at'>,
): Promise<VulnerabilityRow[]> => write(trx, rows, { reachability }, at)

export type Override = { severity: Severity; reason: string; expiresAt: Date | null }

/** Says how bad findings are here, until a time or until somebody says otherwise. Throws VALIDATION_ERROR. */
export function overrideSeverity(
  trx: Trx<Tables>,
  rows: readonly VulnerabilityRow[],
  { severity, reason, expiresAt }: Override,
  { userId, at }: By,
): Promise<VulnerabilityRow[]> {
  if (severity === 'unknown') throw invalid('severity', 'Say how bad it is')
  if (!reason.trim() || reason.length > 2_000) throw invalid('reason', 'Say why, in at most 2000 characters')
  if (expiresAt && expiresAt <= at) throw invalid('expiresAt', 'Must be in the future')
  const change = {
    severityOverride: severity,
    overrideReason: reason.trim(),
    overrideBy: userId,
    overrideAt: at,
    overrideUntil: expiresAt,
  }
  return write(trx, rows, change, at)
}

/** Lets findings be as bad as scans say. */
export const endOverride = (
  trx: Trx<Tables>,
  rows: readonly VulnerabilityRow[],
  { at }: Pick<By, 'at'>,
): Promise<VulnerabilityRow[]> =>
  write(
    trx,
    rows,
    {
      severityOverride: null,
      overrideReason: null,
      overrideBy: null,
      overrideAt: null,
      overrideUntil: null,
    },
    at,
  )
