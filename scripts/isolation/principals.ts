import { createHash, randomBytes } from 'node:crypto'
import { newId } from '#kit/id.ts'
import { type Keys, signAccessToken } from '#kit/tokens.ts'
import { permissions, permissionsOf, type Role } from '#kit/viewer.ts'
import type { Query } from './scratch.ts'

/** As whom is attacked: members of every role, a program with a key of an admin, and nobody. */
export const principals = ['admin', 'manager', 'analyst', 'viewer', 'api', 'anonymous'] as const
export type Principal = (typeof principals)[number]

type User = { id: string; account_id: string }

const hint = 4

async function member(query: Query, organizationId: string, role: Role): Promise<User> {
  const [user] = await query(
    `select id, account_id from identity.users where organization_id = $1 and role = $2 and email like $2 || '@%'`,
    [organizationId, role],
  )
  if (!user) throw new Error(`The demo has no ${role}`)
  // What an attack may have done to who made it, such as an admin who disables themselves.
  await query(`update identity.users set disabled_at = null, role = $2 where id = $1`, [user.id, role])
  return user as User
}

/** A credential that is good now, written as signing in would have written it; null for nobody. */
export async function mint(
  query: Query,
  keys: Keys,
  organizationId: string,
  principal: Principal,
): Promise<string | null> {
  if (principal === 'anonymous') return null
  if (principal === 'api') {
    const key = `nxs_${randomBytes(32).toString('base64url')}`
    const { id } = await member(query, organizationId, 'admin')
    await query(
      `insert into identity.api_keys (organization_id, id, name, hash, hint, scopes, tier, created_by, expires_at)
        values ($1, $2, 'isolation', $3, $4, $5, 'internal', $6, now() + interval '1 day')`,
      [
        organizationId,
        newId(),
        createHash('sha256').update(key).digest(),
        key.slice(0, hint + hint),
        permissions,
        id,
      ],
    )
    return key
  }
  const { id: userId, account_id: accountId } = await member(query, organizationId, principal)
  const sessionId = newId()
  await query(
    `insert into identity.sessions (organization_id, id, user_id, expires_at)
      values ($1, $2, $3, now() + interval '1 day')`,
    [organizationId, sessionId, userId],
  )
  const held = permissionsOf[principal]
  return signAccessToken(keys, {
    ...{ kind: 'member', accountId, userId, organizationId, role: principal, permissions: held, sessionId },
  })
}
