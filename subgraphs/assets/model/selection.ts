/** Who may change what grants select. */
import { type Context, callPeer } from '#kit/context.ts'
import { lacking, may, type Permission } from '#kit/viewer.ts'
import type { Tables } from '../tables.ts'

/** Says of groups that assets come into or leave whether the viewer may do as much as grants over them give. */
export const mayChangeGroups = (context: Context<Tables>) => (assetGroupIds: readonly string[]) =>
  maySelect(context, { tags: [], assetGroupIds })

/**
 * Who changes what a grant selects, gives or takes what it gives: that is for who may do as much. Throws FORBIDDEN.
 */
export async function maySelect(
  context: Context<Tables>,
  selected: { tags: readonly string[]; assetGroupIds: readonly string[] },
): Promise<void> {
  const { grantedPermissions } = await callPeer<{ grantedPermissions: Permission[] }>(
    context,
    'identity',
    `query ($tags: [String!]!, $assetGroupIds: [ID!]!) {
      grantedPermissions(tags: $tags, assetGroupIds: $assetGroupIds)
    }`,
    selected,
  )
  const missing = grantedPermissions.find((permission) => !may(context.viewer, permission))
  if (missing) throw lacking(missing)
}
