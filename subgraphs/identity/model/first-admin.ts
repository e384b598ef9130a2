import { type Db, inTenant, type Trx } from '#kit/database.ts'
import { invalid, NexusError } from '#kit/errors.ts'
import { newId } from '#kit/id.ts'
import type { Tables, UserRow } from '../tables.ts'
import * as accounts from './account.ts'
import { changed } from './change.ts'
import * as organizations from './organization.ts'
import * as users from './user.ts'

export type FirstAdmin = { slug: string; organizationName: string; email: string; name: string }
export type Made = { user: UserRow; passwordToken: accounts.PasswordToken | null; isNew: boolean }

const slugForm = /^[a-z0-9]([a-z0-9-]{0,98}[a-z0-9])?$/

/**
 * Gives an organization, which is made where there is none, its admin: for who runs the platform, where nobody can
 * sign in yet. Throws CONFLICT for one that has an admin, and VALIDATION_ERROR.
 */
export async function create(
  db: Db<Tables>,
  { slug, organizationName, ...person }: FirstAdmin,
): Promise<Made> {
  if (!slugForm.test(slug)) throw invalid('organization', 'Must be of small letters, digits and hyphens')
  const [title, email] = [changed.name(organizationName), changed.email(person.email)]
  const name = changed.name(person.name)
  const before = await idOf(db, slug)
  const organizationId = before ?? (await make(db, slug, title))
  const made = await inTenant(db, { organizationId }, (trx) => appoint(trx, organizationId, email, name))
  return { ...made, isNew: before === null }
}

const idOf = (db: Db<Tables>, slug: string): Promise<string | null> =>
  inTenant(db, { slug }, async (trx) => {
    const found = await trx
      .selectFrom('organizations')
      .select('id')
      .where('slug', '=', slug)
      .executeTakeFirst()
    return found?.id ?? null
  })

async function make(db: Db<Tables>, slug: string, name: string): Promise<string> {
  const id = newId()
  await inTenant(db, { organizationId: id }, (trx) =>
    trx
      .insertInto('organizations')
      .values({ id, slug, name })
      .onConflict((conflict) => conflict.doNothing())
      .execute(),
  )
  // Somebody else may have been faster.
  return (await idOf(db, slug)) ?? id
}

async function appoint(trx: Trx<Tables>, organizationId: string, email: string, name: string) {
  await organizations.lock(trx, organizationId)
  const admins = trx
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('disabledAt', 'is', null)
  if (await admins.limit(1).executeTakeFirst())
    throw new NexusError('CONFLICT', 'The organization has an admin, who adds and invites others')
  const { id: accountId, passwordToken } = await accounts.join(trx, email, null)
  const role = 'admin'
  const added = await users.add(trx, { organizationId, accountId, email, name, role })
  if (added) return { user: added, passwordToken }
  const { id } = await trx
    .selectFrom('users')
    .select('id')
    .where('accountId', '=', accountId)
    .executeTakeFirstOrThrow()
  return { user: await users.change(trx, id, { role, disabledAt: null }), passwordToken }
}
