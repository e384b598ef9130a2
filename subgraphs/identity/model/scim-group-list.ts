import type { Trx } from '#kit/database.ts'
import type { ScimGroupRow, Tables } from '../tables.ts'

/** The names of the groups that a member was provisioned into. */
export const groupsOf = async (trx: Trx<Tables>, userId: string): Promise<string[]> => {
  const found = await memberships(trx).select('scimGroups.displayName').where('userId', '=', userId).execute()
  return found.map(({ displayName }) => displayName)
}

export const memberships = (trx: Trx<Tables>) =>
  trx
    .selectFrom('scimGroupMembers')
    .innerJoin('scimGroups', (join) =>
      join
        .onRef('scimGroups.organizationId', '=', 'scimGroupMembers.organizationId')
        .onRef('scimGroups.id', '=', 'scimGroupMembers.groupId'),
    )
    .where('scimGroupMembers.removedAt', 'is', null)
    .where('scimGroups.removedAt', 'is', null)

export const all = (trx: Trx<Tables>): Promise<ScimGroupRow[]> =>
  trx
    .selectFrom('scimGroups')
    .selectAll()
    .where('removedAt', 'is', null)
    .orderBy('createdAt')
    .orderBy('id')
    .execute()
