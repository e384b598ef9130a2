import { type Context, callPeer } from '#kit/context.ts'
import { notFound } from '#kit/errors.ts'
import type { Tables } from '../tables.ts'

type Found = { user: { id: string } | null; team: { disabledAt: string | null } | null }
type Owner = { ownerUserId?: string | null | undefined; ownerTeamId?: string | null | undefined }

/** Asks identity for an owner that is named, as the viewer may see it. Throws NOT_FOUND and FORBIDDEN. */
export async function ownerIsThere(
  context: Context<Tables>,
  { ownerUserId, ownerTeamId }: Owner,
): Promise<void> {
  if (!ownerUserId && !ownerTeamId) return
  const { user, team } = await callPeer<Found>(
    context,
    'identity',
    `query ($user: ID!, $team: ID!, $hasUser: Boolean!, $hasTeam: Boolean!) {
      user(id: $user) @include(if: $hasUser) { id }
      team(id: $team) @include(if: $hasTeam) { disabledAt }
    }`,
    { user: ownerUserId ?? '', team: ownerTeamId ?? '', hasUser: !!ownerUserId, hasTeam: !!ownerTeamId },
  )
  if (ownerUserId && !user) throw notFound('User')
  if (ownerTeamId && (!team || team.disabledAt)) throw notFound('Team')
}
