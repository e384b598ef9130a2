import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Client } from '#kit/client.ts'
import type { Trx } from '#kit/database.ts'
import { unauthenticated } from '#kit/errors.ts'
import { isOfDomain, normalEmail, roleOfGroups } from '../rules.ts'
import type { SsoConnectionRow, Tables, UserRow } from '../tables.ts'
import * as accounts from './account.ts'
import { changed } from './change.ts'
import * as organizations from './organization.ts'
import type { Refreshed } from './refresh.ts'
import { groupsOf } from './scim-group-list.ts'
import * as sessions from './session.ts'
import * as users from './user.ts'

/** What a provider says of somebody; the e-mail only where it says that it is verified. */
export type Claimed = { subject: string; email: string | null; name: string | null; groups: string[] }

const refused = (why: string) => unauthenticated(why)

/**
 * Lets in who signed in at the connection's provider, as a member of its organization and of no other, with the role
 * that their groups give. Throws UNAUTHENTICATED for whom it does not know and may not add.
 */
export async function enter(
  trx: Trx<Tables>,
  connection: SsoConnectionRow,
  claimed: Claimed,
  client: Client | null,
): Promise<Refreshed> {
  await organizations.lock(trx, connection.organizationId)
  const { id, ...known } = await memberOf(trx, connection, claimed)
  if (known.disabledAt) throw refused('Somebody who is disabled')
  const groups = [...claimed.groups, ...(await groupsOf(trx, id))]
  const given = roleOfGroups(groups, connection)
  if (given === null && managesRoles(connection)) throw refused('None of their groups may come in')
  if (given !== null && managesRoles(connection)) await giveRole(trx, { id, ...known }, given, connection)
  await users.markSignedIn(trx, id)
  const [user] = await users.find(trx, [id])
  const by = { connectionId: connection.id, proves: await accounts.isOwn(trx, user!.accountId) }
  return { ...(await sessions.open(trx, user!, client, by)), user: user! }
}

/** Whether roles are the provider's: where nothing is mapped, they stay what somebody has made them here. */
export const managesRoles = ({ roleMap }: Pick<SsoConnectionRow, 'roleMap'>): boolean => roleMap.length > 0

/** Gives a role, but never takes it from who comes in without the provider, nor from the last admin. */
export async function giveRole(
  trx: Trx<Tables>,
  user: UserRow,
  role: UserRow['role'],
  connection: Pick<SsoConnectionRow, 'breakGlassUserId'> | null,
): Promise<UserRow> {
  if (user.role === role || user.id === connection?.breakGlassUserId) return user
  if (user.role === 'admin' && (await isLastAdmin(trx, user))) return user
  const changed = await users.change(trx, user.id, { role })
  note({ type: 'User', id: user.id, before: user, after: changed })
  return changed
}

export async function isLastAdmin(
  trx: Trx<Tables>,
  { id, role }: Pick<UserRow, 'id' | 'role'>,
): Promise<boolean> {
  if (role !== 'admin') return false
  const other = await trx
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('disabledAt', 'is', null)
    .where('id', '!=', id)
    .limit(1)
    .executeTakeFirst()
  return !other
}

async function memberOf(
  trx: Trx<Tables>,
  { organizationId, issuer, ...connection }: SsoConnectionRow,
  { subject, email: claimedEmail, name }: Claimed,
): Promise<UserRow> {
  const identity = await trx
    .updateTable('ssoIdentities')
    .set({ lastUsedAt: sql<Date>`now()` })
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .returning('userId')
    .executeTakeFirst()
  if (identity) return (await users.find(trx, [identity.userId]))[0]!
  const email = claimedEmail === null ? null : normalEmail(claimedEmail)
  if (email === null || !isOfDomain(email, connection.domains))
    throw refused('No verified e-mail of a domain')
  const user =
    (await byEmail(trx, email)) ?? (await join(trx, { ...connection, organizationId }, email, name))
  const link = await trx
    .insertInto('ssoIdentities')
    .values({ organizationId, issuer, subject, userId: user.id })
    .onConflict((conflict) => conflict.doNothing())
    .returning('userId')
    .executeTakeFirst()
  // An e-mail that the provider has given to somebody else since does not make them who had it before.
  if (!link) throw refused('The member of this e-mail is another subject')
  return user
}

const byEmail = (trx: Trx<Tables>, email: string): Promise<UserRow | undefined> =>
  trx.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst()

/** Adds a member with an account of their own: whoever has an account by this e-mail elsewhere is not touched. */
async function join(
  trx: Trx<Tables>,
  connection: Pick<SsoConnectionRow, 'organizationId' | 'isJit' | 'defaultRole'>,
  wanted: string,
  name: string | null,
): Promise<UserRow> {
  const { organizationId, isJit, defaultRole } = connection
  if (!isJit) throw refused('Nobody has added them')
  const email = changed.email(wanted)
  const accountId = await accounts.addOwn(trx)
  // The least, until the groups have been read.
  const role = defaultRole ?? 'viewer'
  const user = { organizationId, accountId, email, name: changed.name(name ?? email), role }
  const added = await users.add(trx, user)
  if (!added) throw refused('Somebody has been added meanwhile')
  note({ type: 'User', id: added.id, before: null, after: added })
  return added
}
