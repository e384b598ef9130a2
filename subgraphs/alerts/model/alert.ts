import { type Insertable, sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Db, Trx } from '#kit/database.ts'
import { NexusError, notFound } from '#kit/errors.ts'
import type { ListSpec } from '#kit/page.ts'
import { acknowledgement } from '../rules.ts'
import type { AlertRow, AlertStatus, Tables } from '../tables.ts'

export const spec: ListSpec<AlertRow> = {
  table: 'alerts',
  filter: {
    severity: { kind: 'enum', column: 'severity' },
    status: { kind: 'enum', column: 'status' },
    assetId: { kind: 'id', column: 'assetId' },
    source: { kind: 'string', column: 'source' },
    firstSeenAt: { kind: 'time', column: 'firstSeenAt' },
    acknowledgedAt: { kind: 'time', column: 'acknowledgedAt' },
    resolvedAt: { kind: 'time', column: 'resolvedAt' },
    search: { kind: 'search', columns: ['title', 'description'], index: 'search_alerts' },
    createdAt: { kind: 'time', column: 'createdAt' },
  },
  order: {
    CREATED_AT: { column: 'createdAt', type: 'time' },
    LAST_SEEN_AT: { column: 'lastSeenAt', type: 'time' },
    SEVERITY: { column: 'severityRank', type: 'number' },
  },
  defaultOrder: { field: 'CREATED_AT', direction: 'desc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<AlertRow[]> =>
  db.selectFrom('alerts').selectAll().where('id', 'in', ids).execute()

export type Counted = { severity: string; status: AlertStatus; count: number }

/** How many alerts share severity and status; answered by one covering index. */
export const count = (db: Db<Tables>): Promise<Counted[]> =>
  db
    .selectFrom('alerts')
    .select(['severity', 'status', sql<number>`count(*)`.as('count')])
    .groupBy(['severity', 'status'])
    .execute()

/** Adds alerts; one whose fingerprint is known already stays as it is. */
export const add = async (trx: Trx<Tables>, alerts: Insertable<Tables['alerts']>[]): Promise<void> => {
  await trx
    .insertInto('alerts')
    .values(alerts)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/**
 * Throws NOT_FOUND, ILLEGAL_TRANSITION for an alert that is not open, and CONFLICT for one that is about another asset
 * by now than the one that the viewer was let pass for.
 */
export async function acknowledge(
  trx: Trx<Tables>,
  { id, assetId }: Pick<AlertRow, 'id' | 'assetId'>,
  by: string,
): Promise<AlertRow> {
  const locked = trx.selectFrom('alerts').selectAll().where('id', '=', id).forUpdate()
  const alert = await locked.executeTakeFirst()
  if (!alert) throw notFound('Alert')
  if (alert.assetId !== assetId) throw new NexusError('CONFLICT', 'It has changed meanwhile; read it again')
  const at = new Date()
  const change = acknowledgement(alert, { by, at })
  if (!change)
    throw new NexusError('ILLEGAL_TRANSITION', `An alert that is ${alert.status} cannot be acknowledged`)
  const after = await trx
    .updateTable('alerts')
    .set((eb) => ({ ...change, updatedAt: at, version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'Alert', id, before: alert, after })
  return after
}
