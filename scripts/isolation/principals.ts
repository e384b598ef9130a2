import { createHash, randomBytes } from 'node:crypto'
import { newId } from '#kit/id.ts'
import { type Keys, signAccessToken } from '#kit/tokens.ts'
import { permissions, permissionsOf, type Role } from '#kit/viewer.ts'
import type { Query } from './scratch.ts'

/** As whom is attacked: members of every role, a program with a key of an admin, and nobody. */
export const principals = ['admin', 'manager', 'analyst', 'viewer', 'api', 'anonymous'] as const
export type Principal = (typeof principals)[number]

const others = principals.filter((each) => each !== 'admin')

/** As whom things are attacked, by their number: a sample takes who may most, and the others in turn. */
export type Attackers = {
  /** What is asked for by itself. */
  of(index: number): readonly Principal[]
  /** What has been asked for as everybody, in another form: by who may most, and by a program. */
  again(index: number): readonly Principal[]
  /** How many more ids of the victim are named where one that fits has been. */
  ids: number
  /** Which of the ways in which a service says whom it asks for: the first is the attacker's tenant. */
  situations(index: number): readonly number[]
  /** How many requests two tenants interleave. */
  interleaved: number
}

const fewest: readonly Principal[] = ['admin', 'api']
export const allAttackers: Attackers = {
  of: () => principals,
  again: () => fewest,
  ids: 6,
  situations: () => [0, 1, 2, 3],
  interleaved: 2_000,
}
export const someAttackers: Attackers = {
  of: (index) => ['admin', others[index % others.length]!],
  again: (index) => [fewest[index % fewest.length]!],
  ids: 1,
  situations: (index) => [0, 1 + (index % 3)],
  interleaved: 1_600,
}

type User = { id: string; account_id: string }

const hint = 4
/** What the keys are called that the run itself made. */
export const ownKeys = 'isolation'

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
        values ($1, $2, '${ownKeys}', $3, $4, $5, 'internal', $6, now() + interval '1 day')`,
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
