import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Db, Trx } from '#kit/database.ts'
import { forbidden, NexusError, notFound } from '#kit/errors.ts'
import { keepFor } from '#kit/journal.ts'
import type { ListSpec } from '#kit/page.ts'
import { type Member, may } from '#kit/viewer.ts'
import type { OrganizationRow, Tables } from '../tables.ts'
import { current } from './authority.ts'
import { changed, unchangedSince } from './change.ts'
import * as factors from './factor.ts'
import * as sessions from './session.ts'
import { read, type Settings, settings } from './settings.ts'

export const spec: ListSpec<OrganizationRow> = {
  table: 'organizations',
  filter: { search: { kind: 'search', columns: ['name', 'slug'] } },
  order: { CREATED_AT: { column: 'createdAt', type: 'time' }, NAME: { column: 'name', type: 'text' } },
  defaultOrder: { field: 'NAME', direction: 'asc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<OrganizationRow[]> =>
  db.selectFrom('organizations').selectAll().where('id', 'in', ids).execute()

export const add = async (
  trx: Trx<Tables>,
  organization: Pick<OrganizationRow, 'id' | 'name' | 'slug'>,
): Promise<void> => {
  await trx
    .insertInto('organizations')
    .values(organization)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
}

/** The organization, which nobody else changes until the transaction ends. */
export const lock = (trx: Trx<Tables>, id: string): Promise<OrganizationRow> =>
  trx.selectFrom('organizations').selectAll().where('id', '=', id).forUpdate().executeTakeFirstOrThrow()

export type OrganizationChange = {
  id: string
  name?: string | null | undefined
  settings?: Partial<Record<keyof Settings, unknown>> | null | undefined
  expectedVersion?: number | null | undefined
}

/** Throws NOT_FOUND for any organization but the viewer's, VALIDATION_ERROR, and CONFLICT when it has changed. */
export async function update(
  trx: Trx<Tables>,
  by: Member,
  { id, expectedVersion, ...wanted }: OrganizationChange,
): Promise<OrganizationRow> {
  if (id.toLowerCase() !== by.organizationId) throw notFound('Organization')
  const before = await lock(trx, by.organizationId)
  if (!may(await current(trx, by), 'organization:write')) throw forbidden()
  unchangedSince(before, expectedVersion)
  const name = wanted.name === undefined || wanted.name === null ? before.name : changed.name(wanted.name)
  const was = read(before.settings)
  const next = settings({ ...was, ...wanted.settings })
  if (next.auditRetentionDays !== was.auditRetentionDays)
    await keepFor(trx, by.organizationId, next.auditRetentionDays)
  if (next.requireSecondFactor && !was.requireSecondFactor) await endWithoutFactor(trx, by)
  const after = await trx
    .updateTable('organizations')
    .set((eb) => ({
      name,
      settings: sql`${JSON.stringify(next)}::jsonb`,
      updatedAt: sql<Date>`now()`,
      version: eb('version', '+', 1),
    }))
    .where('id', '=', by.organizationId)
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'Organization', id: after.id, before, after })
  return after
}

/** Who has no second factor comes in again by setting one up. Throws CONFLICT for who would be one of them. */
async function endWithoutFactor(trx: Trx<Tables>, by: Member): Promise<void> {
  const members = await trx.selectFrom('users').select(['id', 'accountId']).execute()
  const having = await factors.having(
    trx,
    members.map(({ accountId }) => accountId),
  )
  if (!having.has(by.accountId)) throw new NexusError('CONFLICT', 'Set up a second factor of your own first')
  const without = members.filter(({ accountId }) => !having.has(accountId)).map(({ id }) => id)
  await sessions.end(trx, { userIds: without }, 'revoked')
}
