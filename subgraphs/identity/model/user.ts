import { sql } from 'kysely'
import type { Db, Trx } from '#kit/database.ts'
import { inTenant } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import type { ListSpec } from '#kit/page.ts'
import { type Member, permissionsOf, type Role } from '#kit/viewer.ts'
import type { Tables, UserRow } from '../tables.ts'
import { entersAs } from './sso-required.ts'

export const spec: ListSpec<UserRow> = {
  table: 'users',
  filter: {
    role: { kind: 'enum', column: 'role' },
    search: { kind: 'search', columns: ['name', 'email'] },
  },
  order: { CREATED_AT: { column: 'createdAt', type: 'time' }, EMAIL: { column: 'email', type: 'text' } },
  defaultOrder: { field: 'EMAIL', direction: 'asc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<UserRow[]> =>
  db.selectFrom('users').selectAll().where('id', 'in', ids).execute()

/** Who a user is to the rest of the platform, in one of their sessions. */
export const asMember = (
  { id, accountId, organizationId, role }: UserRow,
  { id: sessionId }: { id: string },
): Member => ({
  kind: 'member',
  userId: id,
  accountId,
  organizationId,
  role,
  permissions: permissionsOf[role],
  sessionId,
})

/** A user, and the organization that they are one of. */
export type Membership = UserRow & { slug: string; organizationSettings: Record<string, unknown> }

/**
 * Where an account is a member and comes in by what it proves itself, oldest first; the one read that precedes a
 * tenant.
 */
export const memberships = (db: Db<Tables>, accountId: string): Promise<Membership[]> =>
  inTenant(db, { accountId }, (trx) =>
    trx
      .selectFrom('users')
      .innerJoin('organizations', 'organizations.id', 'users.organizationId')
      .selectAll('users')
      .select(['organizations.slug', 'organizations.settings as organizationSettings'])
      .where(entersAs(sql`null`))
      .orderBy('users.createdAt')
      .orderBy('users.id')
      .execute(),
  )

export const markSignedIn = async (trx: Trx<Tables>, id: string): Promise<void> => {
  await trx.updateTable('users').set({ lastLoginAt: sql`now()` }).where('id', '=', id).execute()
}

export type NewUser = { organizationId: string; accountId: string; email: string; name: string; role: Role }

/** Makes an account a member of an organization; null, and nothing changed, when it is one already. */
export const add = async (trx: Trx<Tables>, user: NewUser): Promise<UserRow | null> => {
  const added = await trx
    .insertInto('users')
    .values({ id: newId(), ...user, lastLoginAt: null })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst()
  return added ?? null
}

export type UserChange = Partial<Pick<UserRow, 'email' | 'name' | 'role' | 'disabledAt'>>

export const change = (trx: Trx<Tables>, id: string, to: UserChange): Promise<UserRow> =>
  trx
    .updateTable('users')
    .set((eb) => ({ ...to, updatedAt: sql<Date>`now()`, version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
