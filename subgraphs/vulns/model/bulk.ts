/** Many findings at once, each by the rules that hold for one. */
import { type QueryExecutorProvider, sql } from 'kysely'
import type { Bulk, Changed, Judged, Noted, Who } from '#kit/bulk/definition.ts'
import { isSame, writeRows } from '#kit/bulk/write.ts'
import type { Context } from '#kit/context.ts'
import type { Trx } from '#kit/database.ts'
import { NexusError } from '#kit/errors.ts'
import type { Severity } from '#kit/severity.ts'
import { signedIn } from '#kit/viewer.ts'
import { type Said, statusAt } from '../rules-lifecycle.ts'
import type { Reachability, Status, Tables, VulnerabilityRow } from '../tables.ts'
import { moved, notOverridden, overridden, partOfAnother, refusalOf, stepTo } from './triage.ts'

/** What is left out stays. */
export type Patch = Omit<Said, 'assigneeId'> & {
  status?: Status | null | undefined
  /** Null for nobody. */
  assigneeId?: string | null | undefined
  reachability?: Reachability | null | undefined
  /** Null for what scans say. A time is a text where the patch was kept meanwhile. */
  severityOverride?:
    | { severity: Severity; reason: string; expiresAt?: Date | string | null | undefined }
    | null
    | undefined
}

const written = [
  ...(['status', 'statusReason', 'statusBy', 'statusAt', 'justification', 'resolution'] as const),
  ...(['resolvedAt', 'reopenCount', 'acceptanceId', 'acceptedFrom', 'acceptedUntil'] as const),
  ...(['assigneeId', 'ticketUrl', 'reachability', 'severityOverride', 'overrideReason'] as const),
  ...(['overrideBy', 'overrideAt', 'overrideUntil'] as const),
] as const
/** The trigger's: an undo sets them back, as though the clock had never stood still. */
const clock = ['slaStartedAt', 'slaPausedAt', 'slaPausedSeconds'] as const
const columns = [...written, ...clock] as const

type Finding = Pick<VulnerabilityRow, 'id' | 'assetId' | 'version' | 'mergedInto' | (typeof columns)[number]>

const lock = (trx: Trx<Tables>, ids: readonly string[]): Promise<Finding[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : trx
        .selectFrom('vulnerabilities')
        .select(['id', 'assetId', 'version', 'mergedInto', ...columns])
        .where('id', 'in', ids)
        .orderBy('id')
        .forUpdate()
        .execute()

function withSeverity(row: Finding, said: Patch['severityOverride'], who: Who): Finding {
  if (said === undefined) return row
  if (said === null) return { ...row, ...notOverridden }
  const expiresAt = said.expiresAt ? new Date(said.expiresAt) : null
  const after = { ...row, ...overridden({ ...said, expiresAt }, { userId: who.by, at: who.at }) }
  return isSame(after, row, ['severityOverride', 'overrideReason', 'overrideUntil']) ? row : after
}

function patched(row: Finding, patch: Noted<Patch>, { by, at }: Who): Finding {
  const { status, reachability, assigneeId, severityOverride, ...said } = patch
  if (row.mergedInto) throw partOfAnother()
  const after = withSeverity(row, severityOverride, { by, at })
  const given: Finding = {
    ...after,
    ...(assigneeId !== undefined && { assigneeId }),
    ...(reachability && { reachability }),
  }
  if (!status || status === statusAt(row, at)) return given
  const to = { ...said, reason: said.reason ?? said.note, to: status }
  const refusal = refusalOf(given, to, at)
  if (refusal) throw refusal
  return { ...given, ...moved(row, to, { userId: by, at }) }
}

/** What becomes of a finding: its assignee first, who may be what its step wants. */
export function judgePatch(row: Finding, patch: Noted<Patch>, who: Who): Judged<Finding> {
  try {
    const after = patched(row, patch, who)
    return isSame(after, row, written) ? { unchanged: true } : { after }
  } catch (error) {
    if (!(error instanceof NexusError)) throw error
    const { code, message, details } = error
    return { refusal: { code, message: details[0]?.message ?? message } }
  }
}

const write = (trx: Trx<Tables>, rows: readonly Finding[], who: Who) =>
  writeRows(trx, 'vulnerabilities', written, rows, who)

/**
 * As they were, but for those whose acceptance was revoked meanwhile: these stand as that leaves findings, in the words
 * of who revoked it, as though the batch had never been.
 */
async function accepted(trx: Trx<Tables>, rows: readonly Finding[], { by, at }: Who): Promise<Finding[]> {
  const ids = [...new Set(rows.flatMap(({ acceptanceId }) => acceptanceId ?? []))]
  if (ids.length === 0) return [...rows]
  const ended = await trx
    .selectFrom('riskAcceptances')
    .select(['id', 'decidedBy', 'decidedAt', 'decisionReason'])
    .where('id', 'in', ids)
    .where('status', '<>', 'approved')
    .forShare()
    .execute()
  const revoked = new Map(ended.map((each) => [each.id, each]))
  return rows.map((row) => {
    const end = row.acceptanceId === null ? undefined : revoked.get(row.acceptanceId)
    if (!end || row.status !== 'risk_accepted') return row
    const who = { userId: end.decidedBy ?? by, at: end.decidedAt ?? at }
    return { ...row, ...moved(row, { to: 'confirmed', reason: end.decisionReason }, who) }
  })
}

/** The clock first: the trigger finds the due times anew by it, when the statuses follow. */
async function restore(trx: Trx<Tables>, rows: readonly Finding[], who: Who): Promise<void> {
  const given = rows.map(({ id, slaStartedAt, slaPausedAt, slaPausedSeconds }) => ({
    ...{ id, sla_started_at: slaStartedAt, sla_paused_at: slaPausedAt },
    sla_paused_seconds: slaPausedSeconds,
  }))
  await sql`update vulnerabilities v set sla_started_at = given.sla_started_at,
      sla_paused_at = given.sla_paused_at, sla_paused_seconds = given.sla_paused_seconds
    from jsonb_populate_recordset(null::vulnerabilities, ${JSON.stringify(given)}::jsonb) given
    where v.id = given.id`.execute(trx)
  await write(trx, await accepted(trx, rows, who), who)
}

async function assets(trx: QueryExecutorProvider, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<{ id: string; assetId: string }>`
    select id, asset_id from vulnerabilities where id = any(${ids}::uuid[])`.execute(trx)
  return new Map(rows.map((row) => [row.id, row.assetId]))
}

/** What the score of a finding, or whether it counts, follows from. */
const weighs = ['status', 'reachability', 'severityOverride', 'overrideUntil', 'acceptedUntil'] as const

const atOnce = 100

/** As what becomes of one is told. */
async function tell(
  { events, viewer }: Pick<Context<Tables>, 'events' | 'viewer'>,
  { before, after }: Changed<Finding>,
): Promise<void> {
  const { organizationId } = signedIn(viewer)
  const told = after.map(({ id, status }, index) => ({ id, step: stepTo(status, before[index]!.status) }))
  for (let from = 0; from < told.length; from += atOnce)
    await Promise.all(
      told
        .slice(from, from + atOnce)
        .map(({ id, step }) =>
          events.publish(organizationId, `vulnerability.${step}`, { vulnerabilityId: id }),
        ),
    )
}

export const bulk: Bulk<Tables, Finding, Patch> = {
  type: 'VulnerabilityBatch',
  many: 'vulnerabilities',
  permission: 'vulnerabilities:write',
  columns,
  lock,
  assets,
  judge: judgePatch,
  write,
  restore,
  async follow(context, trx, { before, after }) {
    if (after.every((row, index) => isSame(row, before[index]!, weighs))) return
    await context.enqueue(trx, 'rescore-assets', signedIn(context.viewer).organizationId)
  },
  tell,
}
