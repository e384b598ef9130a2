/** Where assets may be one and nobody knows: proposals to merge, and conflicts that speak against it. */
import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Db, Trx } from '#kit/database.ts'
import { NexusError, notFound } from '#kit/errors.ts'
import { isId, newId } from '#kit/id.ts'
import type { ListSpec } from '#kit/page.ts'
import { sameVersion } from '#kit/version.ts'
import type { Clash, Decision } from '../rules-identity.ts'
import type { AssetConflictRow, AssetProposalRow, IdentifierKind, Tables } from '../tables.ts'

const order = { CREATED_AT: { column: 'createdAt', type: 'time' } } as const
const defaultOrder = { field: 'CREATED_AT', direction: 'desc' } as const

export const proposalSpec: ListSpec<AssetProposalRow> = {
  table: 'asset_proposals',
  filter: {
    state: { kind: 'enum', column: 'state' },
    assetId: { kind: 'custom', where: (ids: readonly string[]) => ofEither(ids) },
  },
  order,
  defaultOrder,
}
export const conflictSpec: ListSpec<AssetConflictRow> = {
  table: 'asset_conflicts',
  filter: {
    assetId: { kind: 'custom', where: (ids: readonly string[]) => ofEither(ids) },
    isDismissed: {
      kind: 'custom',
      where: (is: boolean) =>
        is ? sql<boolean>`dismissed_at is not null` : sql<boolean>`dismissed_at is null`,
    },
  },
  order,
  defaultOrder,
}

const ofEither = (values: readonly string[]) => {
  const ids = values.filter(isId).slice(0, 1_000)
  return sql<boolean>`(asset_id = any(${ids}::uuid[]) or other_id = any(${ids}::uuid[]))`
}

export const findProposals = (db: Db<Tables>, ids: readonly string[]): Promise<AssetProposalRow[]> =>
  db.selectFrom('assetProposals').selectAll().where('id', 'in', ids).execute()
export const findConflicts = (db: Db<Tables>, ids: readonly string[]): Promise<AssetConflictRow[]> =>
  db.selectFrom('assetConflicts').selectAll().where('id', 'in', ids).execute()

export type Conflict = {
  assetId: string
  otherId: string | null
  reason: 'shared' | 'flapping' | 'kept_apart'
  kind: IdentifierKind
  value: string
}

/** Two assets are one pair, whichever comes first. */
const inOrder = (one: string, other: string): [string, string] => (one < other ? [one, other] : [other, one])

/** Says that something is contradictory, or that it still is. */
export async function conflict(
  trx: Trx<Tables>,
  organizationId: string,
  { assetId, otherId, ...of }: Conflict,
  at: Date,
): Promise<void> {
  const [first, second] = otherId === null ? [assetId, null] : inOrder(assetId, otherId)
  await trx
    .insertInto('assetConflicts')
    .values({
      ...of,
      organizationId,
      id: newId(),
      assetId: first,
      otherId: second,
      createdAt: at,
      lastSeenAt: at,
    })
    .onConflict((on) =>
      on
        .columns(['organizationId', 'assetId', 'otherId', 'reason', 'kind', 'value'])
        .doUpdateSet((eb) => ({ lastSeenAt: at, occurrences: eb('assetConflicts.occurrences', '+', 1) })),
    )
    .execute()
}

/** Keeps what a decision leaves open. A proposal that was decided stays decided. */
export async function raise(
  trx: Trx<Tables>,
  organizationId: string,
  assetId: string,
  { propose, clash }: Pick<Decision, 'propose' | 'clash'>,
  keptApart: readonly Clash[],
  at: Date,
): Promise<void> {
  for (const { assetId: otherId, evidence } of propose) {
    if (otherId === assetId) continue
    const [first, second] = inOrder(assetId, otherId)
    const told = JSON.stringify(evidence) as never
    const row = { organizationId, id: newId(), assetId: first, otherId: second, evidence: told }
    await trx
      .insertInto('assetProposals')
      .values({ ...row, createdAt: at, lastSeenAt: at })
      .onConflict((on) =>
        on.columns(['organizationId', 'assetId', 'otherId']).doUpdateSet({ evidence: told, lastSeenAt: at }),
      )
      .execute()
  }
  for (const [reason, list] of [['shared', clash] as const, ['kept_apart', keptApart] as const])
    for (const { assetId: otherId, kind, value } of list)
      await conflict(trx, organizationId, { assetId, otherId, reason, kind, value }, at)
}

type Decided = { id: string; expectedVersion?: number | null | undefined; by: string; at: Date }

/** Decides a proposal that is open. Throws NOT_FOUND, CONFLICT and ILLEGAL_TRANSITION. */
export async function decideProposal(
  trx: Trx<Tables>,
  state: 'accepted' | 'dismissed',
  { id, expectedVersion, by, at }: Decided,
): Promise<AssetProposalRow> {
  if (!isId(id)) throw notFound('Proposal')
  const open = trx.selectFrom('assetProposals').selectAll().where('id', '=', id).forUpdate()
  const before = await open.executeTakeFirst()
  if (!before) throw notFound('Proposal')
  sameVersion(before, expectedVersion)
  if (before.state !== 'open')
    throw new NexusError('ILLEGAL_TRANSITION', `A proposal that is ${before.state} cannot be ${state}`)
  const after = await trx
    .updateTable('assetProposals')
    .set((eb) => ({ state, decidedBy: by, decidedAt: at, version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'AssetProposal', id, before, after })
  return after
}

/** Says that a conflict is known and needs nobody. Throws NOT_FOUND, CONFLICT and ILLEGAL_TRANSITION. */
export async function dismissConflict(
  trx: Trx<Tables>,
  { id, expectedVersion, by, at }: Decided,
): Promise<AssetConflictRow> {
  if (!isId(id)) throw notFound('Conflict')
  const open = trx.selectFrom('assetConflicts').selectAll().where('id', '=', id).forUpdate()
  const before = await open.executeTakeFirst()
  if (!before) throw notFound('Conflict')
  sameVersion(before, expectedVersion)
  if (before.dismissedAt) throw new NexusError('ILLEGAL_TRANSITION', 'A conflict is dismissed once')
  const after = await trx
    .updateTable('assetConflicts')
    .set((eb) => ({ dismissedBy: by, dismissedAt: at, version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'AssetConflict', id, before, after })
  return after
}
