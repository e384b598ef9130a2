import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Trx } from '#kit/database.ts'
import { forbidden, notFound } from '#kit/errors.ts'
import type { Member } from '#kit/viewer.ts'
import type { Tables, UserRow } from '../tables.ts'
import * as accounts from './account.ts'
import { governs } from './authority.ts'
import { unchangedSince } from './change.ts'
import { applyRoles, initialRole, provisioner } from './scim-authority.ts'
import { patched } from './scim-patch.ts'
import { scimRefusal } from './scim-refusal.ts'
import { type Resource, readUser, type WantedUser } from './scim-resource.ts'
import { find, type Provisioned, resourceOf } from './scim-user-list.ts'
import * as sessions from './session.ts'
import * as connections from './sso-connection.ts'
import { isLastAdmin } from './sso-member.ts'
import * as users from './user.ts'

export type Expected = { expectedVersion?: number | null | undefined }

/**
 * Adds a member whom the provider knows, with an account of their own. Whom it removed before comes back as who they
 * were. Throws CONFLICT for a name or an e-mail that somebody has, FORBIDDEN, and VALIDATION_ERROR.
 */
export async function create(trx: Trx<Tables>, by: Member, given: unknown): Promise<Provisioned> {
  const wanted = readUser(given)
  const as = await provisioner(trx, by)
  const taken = await holding(trx, wanted, null)
  if (taken) {
    if (taken.removedAt === null) throw conflict()
    const [user] = await users.find(trx, [taken.id])
    return write(trx, as, user!, wanted)
  }
  const role = await initialRole(trx)
  governs(as, role)
  const accountId = await accounts.addOwn(trx)
  const { organizationId } = by
  const added = await users.add(trx, {
    organizationId,
    accountId,
    email: wanted.email,
    name: wanted.name,
    role,
  })
  if (!added) throw conflict()
  note({ type: 'User', id: added.id, before: null, after: added })
  return write(trx, as, added, wanted)
}

const conflict = () => scimRefusal('uniqueness', 'Somebody has this name or e-mail already')

/** Who has a name or an e-mail already, other than `except`. */
const holding = (trx: Trx<Tables>, { userName, email }: WantedUser, except: string | null) =>
  trx
    .selectFrom('users')
    .leftJoin('scimUsers', (join) =>
      join
        .onRef('scimUsers.organizationId', '=', 'users.organizationId')
        .onRef('scimUsers.userId', '=', 'users.id'),
    )
    .select(['users.id', 'scimUsers.removedAt'])
    .where((eb) =>
      eb.or([
        eb('users.email', '=', email),
        eb(sql`lower(coalesce(scim_users.user_name, users.email))`, '=', userName.toLowerCase()),
      ]),
    )
    .where(sql<boolean>`users.id is distinct from ${except}::uuid`)
    .orderBy('scimUsers.removedAt', (order) => order.desc().nullsFirst())
    .executeTakeFirst()

/** Makes somebody what the provider says that they are. Throws NOT_FOUND, and as `create` does. */
export async function replace(
  trx: Trx<Tables>,
  by: Member,
  { id, expectedVersion, resource }: { id: string; resource: unknown } & Expected,
): Promise<Provisioned> {
  const wanted = readUser(resource)
  const { as, user } = await governed(trx, by, id)
  unchangedSince(user, expectedVersion)
  return write(trx, as, user, wanted)
}

/** Changes a part of somebody. Throws as `replace` does. */
export async function patch(
  trx: Trx<Tables>,
  by: Member,
  {
    id,
    expectedVersion,
    operations,
    baseUrl,
  }: { id: string; operations: unknown; baseUrl: string } & Expected,
): Promise<Provisioned> {
  const { as, user, scim } = await governed(trx, by, id)
  unchangedSince(user, expectedVersion)
  const resource: Resource = await resourceOf(trx, { user, scim }, baseUrl)
  return write(trx, as, user, readUser(patched(resource, operations)))
}

/** Disables somebody, whom SCIM shows no more. Throws as `replace` does. */
export async function remove(trx: Trx<Tables>, by: Member, id: string): Promise<UserRow> {
  const { user, scim } = await governed(trx, by, id)
  const disabled = user.disabledAt ? user : await disable(trx, user)
  note({ type: 'User', id, before: user, after: disabled })
  const { organizationId } = by
  const row = { organizationId, userId: id, userName: scim?.userName ?? user.email }
  await trx
    .insertInto('scimUsers')
    .values({
      ...row,
      externalId: scim?.externalId ?? null,
      attributes: scim?.attributes ?? {},
      removedAt: new Date(),
    })
    .onConflict((conflict) =>
      conflict.columns(['organizationId', 'userId']).doUpdateSet({ removedAt: new Date() }),
    )
    .execute()
  return disabled
}

async function governed(trx: Trx<Tables>, by: Member, id: string) {
  const as = await provisioner(trx, by)
  const found = await find(trx, id)
  if (!found) throw notFound('User')
  governs(as, found.user.role)
  return { as, ...found }
}

async function write(trx: Trx<Tables>, as: Member, user: UserRow, wanted: WantedUser): Promise<Provisioned> {
  governs(as, user.role)
  const { email, name, userName, externalId, attributes, isActive } = wanted
  if (await holding(trx, wanted, user.id)) throw conflict()
  if (!isActive && !user.disabledAt) await disable(trx, user)
  const disabledAt = isActive ? null : (user.disabledAt ?? new Date())
  const changed = await users.change(trx, user.id, { email, name, disabledAt })
  const values = {
    userName,
    externalId,
    attributes: sql<never>`${JSON.stringify(attributes)}::jsonb`,
    removedAt: null,
  }
  const scim = await trx
    .insertInto('scimUsers')
    .values({ organizationId: as.organizationId, userId: user.id, ...values })
    .onConflict((conflict) => conflict.columns(['organizationId', 'userId']).doUpdateSet(values))
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'User', id: user.id, before: user, after: { ...changed, externalId } })
  if (isActive && user.disabledAt) await applyRoles(trx, as, [user.id])
  return { user: changed, scim }
}

/**
 * Ends all sessions of a member, who comes in by no way any more. Throws FORBIDDEN for the last admin, and for the
 * one who is to come in when the provider does not answer.
 */
async function disable(trx: Trx<Tables>, user: UserRow): Promise<UserRow> {
  if (await isLastAdmin(trx, user)) throw forbidden('The last admin stays')
  const connection = await connections.find(trx)
  if (connection?.isRequired && connection.breakGlassUserId === user.id)
    throw forbidden('Who is named to come in without the provider stays')
  const disabled = await users.change(trx, user.id, { disabledAt: new Date() })
  await sessions.end(trx, { userId: user.id }, 'disabled')
  return disabled
}
