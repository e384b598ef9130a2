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

type Standing = Pick<
  VulnerabilityRow,
  'status' | 'acceptedFrom' | 'acceptedUntil' | 'mergedInto' | 'assigneeId' | 'ticketUrl'
>

/** Why a finding may not be moved so; null where it may. */
export function refusalOf(row: Standing, { to, ...said }: Move, at: Date): NexusError | null {
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

const isBack = (row: Pick<VulnerabilityRow, 'status'>, { to }: Move) =>
  to === 'open' && row.status === 'resolved'

/** What becomes of a finding by a step that it may take. */
export function moved(
  row: Pick<VulnerabilityRow, 'status' | 'reopenCount'>,
  to: Move,
  { userId, at }: By,
): Changed {
  const isResolved = to.to === 'resolved'
  return {
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
    ...(isBack(row, to) && { reopenCount: row.reopenCount + 1 }),
  }
}

/**
 * Moves findings that are locked, all of them or none. Throws ILLEGAL_TRANSITION and VALIDATION_ERROR, as
 * `refusalOf` says.
 */
export async function move(
  trx: Trx<Tables>,
  rows: readonly VulnerabilityRow[],
  to: Move,
  by: By,
): Promise<VulnerabilityRow[]> {
  for (const row of rows) {
    const refusal = refusalOf(row, to, by.at)
    if (refusal) throw refusal
  }
  const alike = Map.groupBy(rows, (row) => (isBack(row, to) ? row.reopenCount : null))
  const written = []
  for (const of of alike.values()) written.push(...(await write(trx, of, moved(of[0]!, to, by), by.at)))
  return written
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

/** What becomes of a finding whose severity somebody says. Throws VALIDATION_ERROR. */
export function overridden({ severity, reason, expiresAt }: Override, { userId, at }: By): Changed {
  if (severity === 'unknown') throw invalid('severity', 'Say how bad it is')
  if (!reason.trim() || reason.length > 2_000) throw invalid('reason', 'Say why, in at most 2000 characters')
  if (expiresAt && expiresAt <= at) throw invalid('expiresAt', 'Must be in the future')
  return {
    severityOverride: severity,
    overrideReason: reason.trim(),
    overrideBy: userId,
    overrideAt: at,
    overrideUntil: expiresAt,
  }
}

export const notOverridden = {
  severityOverride: null,
  overrideReason: null,
  overrideBy: null,
  overrideAt: null,
  overrideUntil: null,
} satisfies Changed

/** Says how bad findings are here, until a time or until somebody says otherwise. Throws VALIDATION_ERROR. */
export const overrideSeverity = async (
  trx: Trx<Tables>,
  rows: readonly VulnerabilityRow[],
  override: Override,
  by: By,
): Promise<VulnerabilityRow[]> => write(trx, rows, overridden(override, by), by.at)

/** Lets findings be as bad as scans say. */
export const endOverride = (
  trx: Trx<Tables>,
  rows: readonly VulnerabilityRow[],
  { at }: Pick<By, 'at'>,
): Promise<VulnerabilityRow[]> => write(trx, rows, notOverridden, at)

/** What others are told of a change. */
export function stepTo(after: Status, before: Status): 'updated' | 'reopened' | 'resolved' {
  if (after === before) return 'updated'
  if (after === 'resolved') return 'resolved'
  return before === 'resolved' ? 'reopened' : 'updated'
}
