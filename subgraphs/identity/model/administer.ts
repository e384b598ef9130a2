import type { Trx } from '#kit/database.ts'
import { forbidden } from '#kit/errors.ts'
import { type Member, may } from '#kit/viewer.ts'
import type { Tables } from '../tables.ts'
import { current } from './authority.ts'
import * as organizations from './organization.ts'

/**
 * One change of an organization's members at a time; answers the viewer as they are now. So an organization keeps
 * an admin: only who is one still changes another, and nobody changes themselves.
 */
export async function administer(trx: Trx<Tables>, by: Member): Promise<Member> {
  await organizations.lock(trx, by.organizationId)
  const as = await current(trx, by)
  if (!may(as, 'users:write')) throw forbidden()
  return as
}
