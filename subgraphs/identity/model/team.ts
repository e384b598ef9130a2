import { type RawBuilder, sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Db, Trx } from '#kit/database.ts'
import { invalid, NexusError, notFound } from '#kit/errors.ts'
import { isId, newId } from '#kit/id.ts'
import type { ListSpec } from '#kit/page.ts'
import type { Member } from '#kit/viewer.ts'
import { largestTeam } from '../rules.ts'
import type { GrantRole, Tables, TeamRow, UserRow } from '../tables.ts'
import { administer } from './administer.ts'
import { governsAll } from './authority.ts'
import { changed, unchangedSince } from './change.ts'
import * as users from './user.ts'

export const spec: ListSpec<TeamRow> = {
  table: 'teams',
  filter: { search: { kind: 'search', columns: ['name'] } },
  order: { CREATED_AT: { column: 'createdAt', type: 'time' }, NAME: { column: 'name', type: 'text' } },
  defaultOrder: { field: 'NAME', direction: 'asc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<TeamRow[]> =>
  db.selectFrom('teams').selectAll().where('id', 'in', ids).execute()

/** Who is in each of these teams, by their e-mails. */
export async function members(db: Db<Tables>, ids: readonly string[]): Promise<Map<string, UserRow[]>> {
  const rows = await db
    .selectFrom('teamMembers')
    .innerJoin('users', (join) =>
      join
        .onRef('users.organizationId', '=', 'teamMembers.organizationId')
        .onRef('users.id', '=', 'teamMembers.userId'),
    )
    .selectAll('users')
    .select('teamMembers.teamId')
    .where('teamMembers.teamId', 'in', ids)
    .where('teamMembers.removedAt', 'is', null)
    .orderBy('users.email')
    .execute()
  return Map.groupBy(rows, ({ teamId }) => teamId)
}

/** Neither revoked nor run out. */
export const isLive = sql<boolean>`grants.revoked_at is null and coalesce(grants.expires_at > now(), true)`

/** The grants that live, to somebody or to a team that they are in. */
export const grantsOf = (db: Db<Tables>, userId: RawBuilder<unknown>) =>
  db
    .selectFrom('grants')
    .where(isLive)
    .where(
      sql<boolean>`(grants.user_id = ${userId} or grants.team_id in (
        select m.team_id from team_members m
          join teams t on t.organization_id = m.organization_id and t.id = m.team_id
          where m.user_id = ${userId} and m.removed_at is null and t.disabled_at is null))`,
    )

const rolesOf = async (trx: Trx<Tables>, teamId: string): Promise<GrantRole[]> => {
  const live = trx.selectFrom('grants').select('role').distinct().where(isLive)
  return (await live.where('teamId', '=', teamId).execute()).map(({ role }) => role)
}

/** Throws NOT_FOUND for no team, and for one that was removed. */
export async function living(trx: Trx<Tables>, id: string): Promise<TeamRow> {
  const [team] = isId(id) ? await find(trx, [id]) : []
  if (!team || team.disabledAt) throw notFound('Team')
  return team
}

/** Who joins a team gets what it was granted, and loses it by leaving: that is for who has as much. */
async function governed(trx: Trx<Tables>, by: Member, id: string): Promise<TeamRow> {
  const as = await administer(trx, by)
  const team = await living(trx, id)
  governsAll(as, await rolesOf(trx, team.id))
  return team
}

const taken = (error: unknown) =>
  (error as { code?: string }).code === '23505'
    ? new NexusError('CONFLICT', 'There is a team of this name already')
    : error

/** Throws CONFLICT for a name that another team has, FORBIDDEN and VALIDATION_ERROR. */
export async function create(trx: Trx<Tables>, by: Member, name: string): Promise<TeamRow> {
  await administer(trx, by)
  const { organizationId } = by
  const team = await trx
    .insertInto('teams')
    .values({ id: newId(), organizationId, name: changed.name(name) })
    .returningAll()
    .executeTakeFirstOrThrow()
    .catch((error: unknown) => {
      throw taken(error)
    })
  note({ type: 'Team', id: team.id, before: null, after: team })
  return team
}

export type TeamChange = { id: string; name: string; expectedVersion?: number | null | undefined }

async function change(
  trx: Trx<Tables>,
  before: TeamRow,
  to: Partial<Pick<TeamRow, 'name' | 'disabledAt'>>,
): Promise<TeamRow> {
  const after = await trx
    .updateTable('teams')
    .set((eb) => ({ ...to, updatedAt: sql<Date>`now()`, version: eb('version', '+', 1) }))
    .where('id', '=', before.id)
    .returningAll()
    .executeTakeFirstOrThrow()
    .catch((error: unknown) => {
      throw taken(error)
    })
  note({ type: 'Team', id: after.id, before, after })
  return after
}

/** Throws NOT_FOUND, FORBIDDEN, CONFLICT and VALIDATION_ERROR. */
export async function update(trx: Trx<Tables>, by: Member, wanted: TeamChange): Promise<TeamRow> {
  await administer(trx, by)
  const team = await living(trx, wanted.id)
  unchangedSince(team, wanted.expectedVersion)
  return change(trx, team, { name: changed.name(wanted.name) })
}

/** Takes a team away, and with it what its members were granted by it. Throws NOT_FOUND and FORBIDDEN. */
export async function disable(trx: Trx<Tables>, by: Member, id: string): Promise<TeamRow> {
  const team = await governed(trx, by, id)
  return change(trx, team, { disabledAt: new Date() })
}

type Which = { teamId: string; userId: string }

/** Throws NOT_FOUND, FORBIDDEN for a team that was granted more than the viewer has, and VALIDATION_ERROR. */
export async function addMember(trx: Trx<Tables>, by: Member, { teamId, userId }: Which): Promise<TeamRow> {
  const team = await governed(trx, by, teamId)
  const [user] = isId(userId) ? await users.find(trx, [userId]) : []
  if (!user) throw notFound('User')
  const { count } = await trx
    .selectFrom('teamMembers')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('teamId', '=', team.id)
    .where('removedAt', 'is', null)
    .executeTakeFirstOrThrow()
  if (count >= largestTeam) throw invalid('userId', `A team has at most ${largestTeam} members`)
  const added = await trx
    .insertInto('teamMembers')
    .values({ organizationId: by.organizationId, teamId: team.id, userId: user.id })
    .onConflict((conflict) =>
      conflict
        .columns(['organizationId', 'teamId', 'userId'])
        .doUpdateSet({ removedAt: null, addedAt: sql<Date>`now()` })
        .where('teamMembers.removedAt', 'is not', null),
    )
    .returningAll()
    .executeTakeFirst()
  if (added) note({ type: 'TeamMember', id: team.id, before: null, after: added })
  return team
}

/** Throws NOT_FOUND for who is not in the team, and FORBIDDEN as `addMember` does. */
export async function removeMember(
  trx: Trx<Tables>,
  by: Member,
  { teamId, userId }: Which,
): Promise<TeamRow> {
  const team = await governed(trx, by, teamId)
  if (!isId(userId)) throw notFound('User')
  const removed = await trx
    .updateTable('teamMembers')
    .set({ removedAt: sql<Date>`now()` })
    .where('teamId', '=', team.id)
    .where('userId', '=', userId)
    .where('removedAt', 'is', null)
    .returningAll()
    .executeTakeFirst()
  if (!removed) throw notFound('User')
  note({ type: 'TeamMember', id: team.id, before: { ...removed, removedAt: null }, after: removed })
  return team
}
