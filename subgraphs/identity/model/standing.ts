import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import { type Member, type Permission, permissionsOf, type Role } from '#kit/viewer.ts'
import type { Tables } from '../tables.ts'
import { liveScopes } from './api-key.ts'
import { grantsOf } from './team.ts'
import * as users from './user.ts'

export type Standing = { role: Role; permissions: readonly Permission[]; hasGrants: boolean }

/**
 * What a member may do now, whether or not their session goes on: what they asked for goes on without it. For a key,
 * what it still may. Null for who is disabled, and for a key that has ended.
 */
export async function ofMember(
  trx: Trx<Tables>,
  { userId, apiKeyId }: Pick<Member, 'userId' | 'apiKeyId'>,
): Promise<Standing | null> {
  const [user] = await users.find(trx, [userId])
  if (!user || user.disabledAt) return null
  const held = permissionsOf[user.role]
  if (apiKeyId) {
    const scopes = await liveScopes(trx, apiKeyId)
    if (!scopes) return null
    return {
      role: 'api',
      permissions: scopes.filter((scope) => held.includes(scope)),
      hasGrants: false,
    }
  }
  const grant = await grantsOf(trx, sql`${userId}::uuid`).select('grants.id').limit(1).executeTakeFirst()
  return { role: user.role, permissions: held, hasGrants: grant !== undefined }
}
