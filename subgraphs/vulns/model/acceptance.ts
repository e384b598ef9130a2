import { type RawBuilder, sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Db, Trx } from '#kit/database.ts'
import { forbidden, NexusError, notFound } from '#kit/errors.ts'
import { newId } from '#kit/id.ts'
import type { ListSpec } from '#kit/page.ts'
import { sameVersion } from '#kit/version.ts'
import { acceptanceAt, mayBeAccepted, unfitInterval, unfitSelector, unfitWords } from '../rules-acceptance.ts'
import { acceptable, statusAt } from '../rules-lifecycle.ts'
import type { AcceptanceRow, AcceptanceStatus, Tables, Treatment, VulnerabilityRow } from '../tables.ts'
import { type By, lock, partOfAnother } from './triage.ts'

const statusIs = (values: readonly AcceptanceStatus[], at: Date): RawBuilder<boolean> => {
  const ended = sql<boolean>`(status in ('requested', 'approved') and expires_at <= ${at})`
  const stored = values.filter((value) => value !== 'expired')
  const others = sql<boolean>`(status = any(${stored}::text[]) and not ${ended})`
  return values.includes('expired') ? sql<boolean>`(${ended} or ${others})` : others
}

export const orders = {
  CREATED_AT: { column: 'createdAt', type: 'time' },
  EXPIRES_AT: { column: 'expiresAt', type: 'time' },
} as const

export const specAt = (at: Date): ListSpec<AcceptanceRow> => ({
  table: 'risk_acceptances',
  filter: {
    status: { kind: 'custom', where: (values: AcceptanceStatus[]) => statusIs(values, at) },
    expiresAt: { kind: 'time', column: 'expiresAt' },
    createdAt: { kind: 'time', column: 'createdAt' },
  },
  order: orders,
  defaultOrder: { field: 'CREATED_AT', direction: 'desc' },
})

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<AcceptanceRow[]> =>
  db.selectFrom('riskAcceptances').selectAll().where('id', 'in', ids).execute()

const wrong = (detail: { field: string; message: string } | null): void => {
  if (detail) throw new NexusError('VALIDATION_ERROR', 'Invalid request parameters', [detail])
}

export type Wanted = {
  findingIds: string[]
  cveIds: string[]
  assetIds: string[]
  treatment: Treatment
  reason: string
  compensatingControls: string | null
  evidence: string[]
  validFrom: Date
  expiresAt: Date
}

/**
 * Asks for a risk to be accepted. Throws NOT_FOUND for a finding that is not there, VALIDATION_ERROR, and
 * ILLEGAL_TRANSITION for a finding that is no open risk.
 */
export async function request(
  trx: Trx<Tables>,
  organizationId: string,
  wanted: Wanted,
  { userId, at }: By,
): Promise<AcceptanceRow> {
  wrong(unfitSelector(wanted) ?? unfitWords(wanted) ?? unfitInterval(wanted, at))
  if (wanted.findingIds.length > 0) {
    const rows = await lock(trx, wanted.findingIds)
    if (rows.length < new Set(wanted.findingIds).size) throw notFound('Vulnerability')
    if (rows.some(({ mergedInto }) => mergedInto)) throw partOfAnother()
    const closed = rows.find((row) => !mayBeAccepted(statusAt(row, at)))
    if (closed)
      throw new NexusError('ILLEGAL_TRANSITION', `A finding that is ${closed.status} is no risk to accept`)
  }
  const after = await trx
    .insertInto('riskAcceptances')
    .values({
      ...wanted,
      id: newId(),
      organizationId,
      requestedBy: userId,
      createdAt: at,
      updatedAt: at,
    } as never)
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'RiskAcceptance', id: after.id, before: null, after })
  return after
}

async function locked(
  trx: Trx<Tables>,
  id: string,
  expectedVersion: number | null | undefined,
): Promise<AcceptanceRow> {
  const row = await trx
    .selectFrom('riskAcceptances')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw notFound('RiskAcceptance')
  sameVersion(row, expectedVersion)
  return row
}

async function change(
  trx: Trx<Tables>,
  before: AcceptanceRow,
  set: Partial<AcceptanceRow>,
  at: Date,
  findings?: number,
): Promise<AcceptanceRow> {
  const after = await trx
    .updateTable('riskAcceptances')
    .set((eb) => ({ ...set, updatedAt: at, version: eb('version', '+', 1) }))
    .where('id', '=', before.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  note({
    type: 'RiskAcceptance',
    id: before.id,
    before,
    after: findings === undefined ? after : { ...after, findings },
  })
  return after
}

const mustBe = (row: AcceptanceRow, wanted: AcceptanceStatus, at: Date) => {
  const status = acceptanceAt(row, at)
  if (status !== wanted)
    throw new NexusError('ILLEGAL_TRANSITION', `This acceptance is ${status}, and would have to be ${wanted}`)
}

export type Rewording = {
  id: string
  expectedVersion?: number | null | undefined
} & Partial<Pick<Wanted, 'reason' | 'compensatingControls' | 'evidence' | 'expiresAt' | 'treatment'>>

/** Says it otherwise while nobody has decided; what is left out stays. Throws as `request` does. */
export async function reword(
  trx: Trx<Tables>,
  { id, expectedVersion, ...given }: Rewording,
  { at }: Pick<By, 'at'>,
): Promise<AcceptanceRow> {
  const before = await locked(trx, id, expectedVersion)
  mustBe(before, 'requested', at)
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const next = { ...before, ...set }
  wrong(unfitWords(next) ?? unfitInterval(next, at))
  return change(trx, before, set, at)
}

/** The findings that an acceptance is of, and that are open risk. */
const selected = ({ findingIds, cveIds, assetIds }: AcceptanceRow): RawBuilder<boolean> => {
  const isIt =
    findingIds.length > 0
      ? sql<boolean>`id = any(${findingIds}::uuid[])`
      : sql<boolean>`(cve_id = any(${cveIds}::text[])
          and (${assetIds.length === 0} or asset_id = any(${assetIds}::uuid[])))`
  return sql<boolean>`${isIt} and merged_into is null and status in (${sql.join(acceptable.map((each) => sql.lit(each)))})`
}

/**
 * Approves what somebody else has asked for: from then on its findings are RISK_ACCEPTED while it lasts. One that is
 * accepted for longer already stays so. Throws NOT_FOUND, CONFLICT, ILLEGAL_TRANSITION, and FORBIDDEN for who asked.
 */
export async function approve(
  trx: Trx<Tables>,
  { id, expectedVersion, reason }: Decision,
  { userId, at }: By,
): Promise<AcceptanceRow> {
  const before = await locked(trx, id, expectedVersion)
  mustBe(before, 'requested', at)
  if (before.requestedBy === userId) throw forbidden(another)
  const decided = { decidedBy: userId, decidedAt: at, decisionReason: reason?.trim() || null }
  // What was asked for from some time on begins when it is approved, if that is later.
  const { expiresAt } = before
  const validFrom = before.validFrom > at ? before.validFrom : at
  const { numAffectedRows } = await sql`
    update vulnerabilities set status = 'risk_accepted', status_by = ${userId}, status_at = ${at},
      status_reason = ${before.reason}, justification = null, acceptance_id = ${id}::uuid,
      accepted_from = ${validFrom}, accepted_until = ${expiresAt}, updated_at = ${at}, version = version + 1
    where ${selected(before)} and (status <> 'risk_accepted' or accepted_until < ${expiresAt})`.execute(trx)
  const set = { status: 'approved', approvedBy: userId, validFrom, ...decided } as const
  return change(trx, before, set, at, Number(numAffectedRows ?? 0))
}
export const another = 'Somebody else has to decide on what you have asked for'

export type Decision = {
  id: string
  expectedVersion?: number | null | undefined
  reason?: string | null | undefined
}

/** Throws NOT_FOUND, CONFLICT, ILLEGAL_TRANSITION and VALIDATION_ERROR. */
export async function reject(
  trx: Trx<Tables>,
  { id, expectedVersion, reason }: Decision,
  { userId, at }: By,
): Promise<AcceptanceRow> {
  const before = await locked(trx, id, expectedVersion)
  mustBe(before, 'requested', at)
  wrong(reason?.trim() ? null : { field: 'reason', message: 'Say why' })
  const set = {
    status: 'rejected',
    decidedBy: userId,
    decidedAt: at,
    decisionReason: reason!.trim(),
  } as const
  return change(trx, before, set, at)
}

/** Ends what was approved: its findings are confirmed again. Throws as `reject` does. */
export async function revoke(
  trx: Trx<Tables>,
  { id, expectedVersion, reason }: Decision,
  { userId, at }: By,
): Promise<AcceptanceRow> {
  const before = await locked(trx, id, expectedVersion)
  mustBe(before, 'approved', at)
  wrong(reason?.trim() ? null : { field: 'reason', message: 'Say why' })
  const { numAffectedRows } = await sql`
    update vulnerabilities set status = 'confirmed', status_by = ${userId}, status_at = ${at},
      status_reason = ${reason!.trim()}, acceptance_id = null, accepted_from = null, accepted_until = null,
      updated_at = ${at}, version = version + 1
    where acceptance_id = ${id}::uuid and status = 'risk_accepted'`.execute(trx)
  const set = { status: 'revoked', decidedBy: userId, decidedAt: at, decisionReason: reason!.trim() } as const
  return change(trx, before, set, at, Number(numAffectedRows ?? 0))
}

/** The assets that what is wanted is about; null stands for all there are. */
export async function assetsOf(
  db: Db<Tables>,
  { findingIds, assetIds }: Pick<Wanted, 'findingIds' | 'assetIds'>,
): Promise<(string | null)[]> {
  if (findingIds.length === 0) return assetIds.length > 0 ? assetIds : [null]
  const rows: Pick<VulnerabilityRow, 'assetId'>[] = await db
    .selectFrom('vulnerabilities')
    .select('assetId')
    .distinct()
    .where('id', 'in', findingIds)
    .execute()
  return rows.map(({ assetId }) => assetId)
}

/** How many findings an acceptance holds for, by its id. */
export const counts = async (db: Db<Tables>, ids: readonly string[]): Promise<Map<string, number>> => {
  const rows = await db
    .selectFrom('vulnerabilities')
    .select(['acceptanceId', sql<number>`count(*)`.as('count')])
    .where('acceptanceId', 'in', ids)
    .where('mergedInto', 'is', null)
    .groupBy('acceptanceId')
    .execute()
  return new Map(rows.map((row) => [row.acceptanceId!, row.count]))
}
