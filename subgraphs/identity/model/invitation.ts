import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Client } from '#kit/client.ts'
import { type Db, inTenant, type Trx } from '#kit/database.ts'
import { invalid, NexusError, notFound, unauthenticated } from '#kit/errors.ts'
import { isId, newId } from '#kit/id.ts'
import type { ListSpec } from '#kit/page.ts'
import type { Shared } from '#kit/redis.ts'
import type { Keys } from '#kit/tokens.ts'
import { type Member, passedOn, permissionsOf, type Role } from '#kit/viewer.ts'
import { invitationDays, invitationState, invitationTries } from '../rules.ts'
import type { InvitationRow, Tables } from '../tables.ts'
import * as accounts from './account.ts'
import { administer } from './administer.ts'
import { governs } from './authority.ts'
import { changed } from './change.ts'
import * as organizations from './organization.ts'
import { hashChosen } from './password.ts'
import { hashOf, isSecret, newSecret } from './secret.ts'
import * as users from './user.ts'

export const spec: ListSpec<InvitationRow> = {
  table: 'invitations',
  filter: { search: { kind: 'search', columns: ['email'] } },
  order: { CREATED_AT: { column: 'createdAt', type: 'time' }, EMAIL: { column: 'email', type: 'text' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'desc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<InvitationRow[]> =>
  db.selectFrom('invitations').selectAll().where('id', 'in', ids).execute()

const noted = (before: InvitationRow | null, after: InvitationRow) =>
  // The address is of who is invited, not of who invites.
  note({ type: 'Invitation', id: after.id, before, after, person: after.id })

const already = () => new NexusError('CONFLICT', 'Somebody with this e-mail is a member already')

export type NewInvitation = { email: string; role: Role }

/**
 * Invites an e-mail, and tells the token this once; an earlier invitation of the same one ends. Throws FORBIDDEN for
 * a role that may do more than the viewer, CONFLICT for a member, and VALIDATION_ERROR.
 */
export async function create(
  trx: Trx<Tables>,
  by: Member,
  wanted: NewInvitation,
): Promise<{ invitation: InvitationRow; token: string }> {
  const { role } = wanted
  if (role === 'api') throw invalid('role', 'This role is for keys, not for people')
  const email = changed.email(wanted.email)
  governs(await administer(trx, by), role)
  const member = await trx.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst()
  if (member) throw already()
  const replaced = await trx
    .updateTable('invitations')
    .set({ revokedAt: sql<Date>`now()` })
    .where('email', '=', email)
    .where('acceptedAt', 'is', null)
    .where('revokedAt', 'is', null)
    .returningAll()
    .execute()
  const token = newSecret()
  const invitation = await trx
    .insertInto('invitations')
    .values({
      id: newId(),
      organizationId: by.organizationId,
      email,
      role,
      hash: hashOf(token),
      invitedBy: by.userId,
      expiresAt: sql<Date>`now() + make_interval(days => ${invitationDays})`,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  noted(null, invitation)
  for (const after of replaced) noted({ ...after, revokedAt: null }, after)
  return { invitation, token }
}

/** Throws NOT_FOUND, CONFLICT for one that was accepted, and FORBIDDEN for a role beyond the viewer's own. */
export async function revoke(trx: Trx<Tables>, by: Member, id: string): Promise<InvitationRow> {
  const as = await administer(trx, by)
  const [invitation] = isId(id) ? await find(trx, [id]) : []
  if (!invitation) throw notFound('Invitation')
  governs(as, invitation.role)
  if (invitation.acceptedAt) throw new NexusError('CONFLICT', 'The invitation was accepted already')
  if (invitation.revokedAt) return invitation
  const revoked = await trx
    .updateTable('invitations')
    .set({ revokedAt: sql<Date>`now()` })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  noted(invitation, revoked)
  return revoked
}

const refused = () => unauthenticated('The invitation is not valid, or no longer')
const tooMany = () => new NexusError('RATE_LIMITED', 'Too many tries; wait a quarter of an hour')

/** One that may be accepted now: who made it must still be able to give what it gives. Throws UNAUTHENTICATED. */
async function pending(trx: Trx<Tables>, id: string): Promise<InvitationRow> {
  const [invitation] = await find(trx, [id])
  if (!invitation || invitationState(invitation, new Date()) !== 'pending') throw refused()
  const [inviter] = await users.find(trx, [invitation.invitedBy])
  const { role } = invitation
  const gives = inviter && !inviter.disabledAt && permissionsOf[inviter.role].includes('users:write')
  if (!gives || passedOn(role, inviter.role).length < permissionsOf[role].length) throw refused()
  return invitation
}

export type Acceptance = { token: string; name: string; password?: string | null | undefined }
export type Accepted = {
  email: string
  role: Role
  organization: { name: string; slug: string }
  passwordSet: boolean
}

/**
 * Makes who was invited a member, and opens no session: they sign in as everybody does. The account of the e-mail
 * joins as it is; a new one has the password that was given. Throws UNAUTHENTICATED, the same for a token that was
 * never given and for one that is over, RATE_LIMITED for too many of those from one address, CONFLICT and
 * VALIDATION_ERROR.
 */
export async function accept(
  { db, shared, keys }: { db: Db<Tables>; shared: Shared; keys: Keys },
  { token, ...wanted }: Acceptance,
  client: Client | null,
): Promise<Accepted> {
  const name = changed.name(wanted.name)
  const password = wanted.password ? changed.password(wanted.password) : null
  const tries = shared.limiter('invitation', invitationTries)
  const counter = keys.digest('invitation', client?.ip ?? '').toString('base64url')
  await tries.consume(counter).catch((refusal: unknown) => {
    throw refusal instanceof Error ? refusal : tooMany()
  })
  if (!isSecret(token)) throw refused()
  const found = await ofToken(db, token)
  if (!found) throw refused()
  // Hashing is dear: not for tokens that are over.
  const { email } = await inTenant(db, found, (trx) => pending(trx, found.id))
  const passwordHash = password && (await hashChosen(password, [email, name]))
  const accepted = await inTenant(db, found, (trx) => join(trx, found, name, passwordHash))
  await tries.reward(counter)
  return accepted
}

/** Whose invitation it is, before a tenant is known. */
const ofToken = (db: Db<Tables>, token: string) =>
  inTenant(db, { credential: hashOf(token).toString('hex') }, (trx) =>
    trx
      .selectFrom('invitations')
      .select(['organizationId', 'id'])
      .where('hash', '=', hashOf(token))
      .executeTakeFirst(),
  )

async function join(
  trx: Trx<Tables>,
  { id, organizationId }: Pick<InvitationRow, 'id' | 'organizationId'>,
  name: string,
  passwordHash: string | null,
): Promise<Accepted> {
  const organization = await organizations.lock(trx, organizationId)
  const invitation = await pending(trx, id)
  const { email, role } = invitation
  const account = await accounts.join(trx, email, passwordHash)
  if (account.created && !passwordHash) throw invalid('password', 'Must be given for a new account')
  const user = await users.add(trx, { organizationId, accountId: account.id, email, name, role })
  if (!user) throw already()
  const accepted = await trx
    .updateTable('invitations')
    .set({ acceptedAt: sql<Date>`now()`, acceptedBy: user.id })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'User', id: user.id, before: null, after: user, actor: { userId: user.id } })
  noted(invitation, accepted)
  return { email, role, organization, passwordSet: account.created }
}
