import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Db, Trx } from '#kit/database.ts'
import { invalid, notFound } from '#kit/errors.ts'
import { isId, newId } from '#kit/id.ts'
import type { ListSpec } from '#kit/page.ts'
import { tagOf } from '#kit/tag.ts'
import { type Member, type Permission, passedOn } from '#kit/viewer.ts'
import type { GrantRole, GrantRow, Tables, UserRow } from '../tables.ts'
import { administer } from './administer.ts'
import { governs } from './authority.ts'
import * as teams from './team.ts'
import * as users from './user.ts'

export const spec: ListSpec<GrantRow> = {
  table: 'grants',
  filter: {
    userId: { kind: 'id', column: 'userId' },
    teamId: { kind: 'id', column: 'teamId' },
    tag: { kind: 'string', column: 'tag' },
    assetGroupId: { kind: 'id', column: 'assetGroupId' },
  },
  order: { CREATED_AT: { column: 'createdAt', type: 'time' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'desc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<GrantRow[]> =>
  db.selectFrom('grants').selectAll().where('id', 'in', ids).execute()

export type NewGrant = {
  userId?: string | null | undefined
  teamId?: string | null | undefined
  role: GrantRole
  tag?: string | null | undefined
  assetGroupId?: string | null | undefined
  expiresAt?: Date | null | undefined
}

function selectorOf({ tag, assetGroupId }: NewGrant): Pick<GrantRow, 'tag' | 'assetGroupId'> {
  if ((tag == null) === (assetGroupId == null)) throw invalid('tag', 'Give either tag or assetGroupId')
  if (tag == null) return { tag: null, assetGroupId: assetGroupId!.toLowerCase() }
  const normal = tagOf(tag)
  if (!normal) throw invalid('tag', 'Must be key:value, of letters, digits and . _ - / @')
  return { tag: normal, assetGroupId: null }
}

/** Throws NOT_FOUND for whom there is not, and a team that was removed. */
async function principalOf(
  trx: Trx<Tables>,
  { userId, teamId }: NewGrant,
): Promise<Pick<GrantRow, 'userId' | 'teamId'>> {
  if ((userId == null) === (teamId == null)) throw invalid('userId', 'Give either userId or teamId')
  if (teamId != null) return { userId: null, teamId: (await teams.living(trx, teamId)).id }
  const [user] = isId(userId) ? await users.find(trx, [userId]) : []
  if (!user) throw notFound('User')
  return { userId: user.id, teamId: null }
}

/**
 * Lets somebody, or a team, do with some assets what a role may. Throws FORBIDDEN for a role that may do more than
 * the viewer, NOT_FOUND and VALIDATION_ERROR.
 */
export async function create(trx: Trx<Tables>, by: Member, wanted: NewGrant): Promise<GrantRow> {
  const { role, expiresAt = null } = wanted
  const as = await administer(trx, by)
  governs(as, role)
  const selector = selectorOf(wanted)
  const principal = await principalOf(trx, wanted)
  if (expiresAt && expiresAt.getTime() <= Date.now()) throw invalid('expiresAt', 'Must be in the future')
  const { organizationId, userId: grantedBy } = by
  const grant = await trx
    .insertInto('grants')
    .values({ id: newId(), organizationId, ...principal, ...selector, role, grantedBy, expiresAt })
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'Grant', id: grant.id, before: null, after: grant })
  return grant
}

/** Throws NOT_FOUND, and FORBIDDEN for a role that may do more than the viewer. One that has ended stays as it is. */
export async function revoke(trx: Trx<Tables>, by: Member, id: string): Promise<GrantRow> {
  const as = await administer(trx, by)
  const [grant] = isId(id) ? await find(trx, [id]) : []
  if (!grant) throw notFound('Grant')
  governs(as, grant.role)
  if (grant.revokedAt) return grant
  const revoked = await trx
    .updateTable('grants')
    .set({ revokedAt: sql<Date>`now()` })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'Grant', id: grant.id, before: grant, after: revoked })
  return revoked
}

/** What a grant is worth now: what its role may do, as far as who made it still may. */
export function worth(grant: GrantRow, grantor: UserRow | null, now: Date): Permission[] {
  const over = grant.revokedAt || (grant.expiresAt && grant.expiresAt.getTime() <= now.getTime())
  if (over || !grantor || grantor.disabledAt) return []
  return passedOn(grant.role, grantor.role)
}

export type HeldGrant = { permissions: Permission[]; tag: string | null; assetGroupId: string | null }

/** What somebody may do with some assets, by grants to them and to their teams. */
export async function held(trx: Trx<Tables>, userId: string): Promise<HeldGrant[]> {
  const rows = await teams
    .grantsOf(trx, sql`${userId}::uuid`)
    .innerJoin('users', (join) =>
      join
        .onRef('users.organizationId', '=', 'grants.organizationId')
        .onRef('users.id', '=', 'grants.grantedBy'),
    )
    .where('users.disabledAt', 'is', null)
    .select(['grants.role', 'grants.tag', 'grants.assetGroupId', 'users.role as grantorRole'])
    .execute()
  return rows.map(({ role, grantorRole, tag, assetGroupId }) => ({
    permissions: passedOn(role, grantorRole),
    tag,
    assetGroupId,
  }))
}

/** All that live grants give over what any of these select. */
export async function over(
  trx: Trx<Tables>,
  tags: readonly string[],
  assetGroupIds: readonly string[],
): Promise<Permission[]> {
  const rows = await trx
    .selectFrom('grants')
    .select('role')
    .distinct()
    .where(teams.isLive)
    .where(
      sql<boolean>`(grants.tag = any(${tags}::text[]) or grants.asset_group_id = any(${assetGroupIds.filter(isId)}::uuid[]))`,
    )
    .execute()
  return [...new Set(rows.flatMap(({ role }) => passedOn(role, 'admin')))]
}
