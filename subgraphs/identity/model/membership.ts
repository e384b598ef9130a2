import { note } from '#kit/audit.ts'
import { type Db, inTenant, type Trx } from '#kit/database.ts'
import { forbidden, invalid, NexusError, notFound } from '#kit/errors.ts'
import { isId } from '#kit/id.ts'
import type { Member, Role } from '#kit/viewer.ts'
import type { Tables, UserRow } from '../tables.ts'
import * as accounts from './account.ts'
import { administer } from './administer.ts'
import { governs } from './authority.ts'
import { changed, unchangedSince } from './change.ts'
import { hashChosen } from './password.ts'
import { requireFreshPerson } from './proof.ts'
import * as sessions from './session.ts'
import * as users from './user.ts'

export type NewMember = { email: string; name: string; role: Role; password?: string | null | undefined }
export type Added = { user: UserRow; passwordToken: accounts.PasswordToken | null }

const notForPeople = () => invalid('role', 'This role is for keys, not for people')

/**
 * Adds somebody to the viewer's organization: the account of the e-mail, or a new one. Throws FORBIDDEN for a role
 * that may do more than the viewer, CONFLICT for who is a member already, and VALIDATION_ERROR.
 */
export async function create(db: Db<Tables>, by: Member, wanted: NewMember): Promise<Added> {
  const { organizationId } = by
  const { role } = wanted
  if (role === 'api') throw notForPeople()
  governs(by, role)
  const [email, name] = [changed.email(wanted.email), changed.name(wanted.name)]
  const passwordHash = wanted.password
    ? await hashChosen(changed.password(wanted.password), [email, name])
    : null
  return inTenant(db, { organizationId }, async (trx) => {
    governs(await administer(trx, by), role)
    const { id: accountId, passwordToken } = await accounts.join(trx, email, passwordHash)
    const user = await users.add(trx, { organizationId, accountId, email, name, role })
    if (!user) throw new NexusError('CONFLICT', 'Somebody with this e-mail is a member already')
    note({ type: 'User', id: user.id, before: null, after: user })
    return { user, passwordToken }
  })
}

export type MemberChange = {
  id: string
  name?: string | null | undefined
  role?: Role | null | undefined
  expectedVersion?: number | null | undefined
}

/**
 * Throws NOT_FOUND, FORBIDDEN, CONFLICT when somebody else has changed them, REAUTHENTICATION_REQUIRED for another role,
 * and VALIDATION_ERROR.
 */
export async function update(trx: Trx<Tables>, by: Member, wanted: MemberChange): Promise<UserRow> {
  if (wanted.role === 'api') throw notForPeople()
  const { user, as } = await governed(trx, by, wanted.id)
  unchangedSince(user, wanted.expectedVersion)
  const name = wanted.name === undefined || wanted.name === null ? user.name : changed.name(wanted.name)
  const role = wanted.role ?? user.role
  if (role !== user.role) {
    if (user.id === by.userId) throw forbidden('Somebody else has to change your role')
    governs(as, role)
    await requireFreshPerson(trx, by)
  }
  return change(trx, user, { name, role })
}

/** Ends all sessions of a member, who cannot come in any more. Throws as `update` does. */
export async function disable(trx: Trx<Tables>, by: Member, id: string): Promise<UserRow> {
  const { user } = await governed(trx, by, id)
  if (user.id === by.userId) throw forbidden('Somebody else has to disable you')
  if (user.disabledAt) return user
  const disabled = await change(trx, user, { disabledAt: new Date() })
  await sessions.end(trx, { userId: user.id }, 'disabled')
  return disabled
}

/** Lets a member come in again. Throws as `update` does. */
export async function enable(trx: Trx<Tables>, by: Member, id: string): Promise<UserRow> {
  const { user } = await governed(trx, by, id)
  return user.disabledAt ? change(trx, user, { disabledAt: null }) : user
}

async function change(trx: Trx<Tables>, before: UserRow, to: users.UserChange): Promise<UserRow> {
  const after = await users.change(trx, before.id, to)
  note({ type: 'User', id: after.id, before, after })
  return after
}

async function governed(trx: Trx<Tables>, by: Member, id: string): Promise<{ user: UserRow; as: Member }> {
  const as = await administer(trx, by)
  const [user] = isId(id) ? await users.find(trx, [id]) : []
  if (!user || user.erasedAt) throw notFound('User')
  governs(as, user.role)
  return { user, as }
}
