/** What a member may do with some assets only, by grants that were made to them or to their teams. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { LRUCache } from 'lru-cache'
import { lacking, type Member, may, type Permission, signedIn, type Viewer } from './viewer.ts'

/** How long a member's grants are remembered, in milliseconds, and of how many members. */
const freshMs = 1_000
const most = 10_000

type Held = { permissions: readonly string[]; tag: string | null; assetGroupId: string | null }
type Ask = <Data>(subgraph: string, query: string, variables: Record<string, unknown>) => Promise<Data>
type Known = { askedAt: number; grants: Promise<readonly Held[]> }

export type Permits = {
  /**
   * Lets pass who holds a permission everywhere, or by grants for each of these assets; null stands for an object
   * without an asset, which no grant covers. Throws FORBIDDEN, UNAUTHENTICATED and SERVICE_UNAVAILABLE.
   */
  permits(permission: Permission, assetIds: readonly (string | null)[]): Promise<void>
  /** Those of the assets, for work that leaves out what somebody may not. Throws as `permits` does, but for them. */
  permittedAssets(permission: Permission, assetIds: readonly string[]): Promise<ReadonlySet<string>>
}

/** What the resolver at work has asked for: `permits-plugin.ts` looks whether it has. */
export const askedFor = new AsyncLocalStorage<Set<Permission>>()

// Of one process and its peers: several houses in one process must not know each other's.
const books = new WeakMap<object, LRUCache<string, Known>>()

function bookOf(house: object): LRUCache<string, Known> {
  const known = books.get(house) ?? new LRUCache<string, Known>({ max: most })
  books.set(house, known)
  return known
}

/**
 * Asks identity for the grants of the viewer, at most once a second for each member, and assets for which objects
 * they cover, each time.
 * @param house stands for the process and its peers
 */
export function createPermits(house: object, viewerOf: () => Viewer, ask: Ask): Permits {
  const held = async ({ organizationId, userId }: Member): Promise<readonly Held[]> => {
    const book = bookOf(house)
    const key = `${organizationId}/${userId}`
    const known = book.get(key)
    if (known && Date.now() - known.askedAt < freshMs) return known.grants
    const asked = ask<{ heldGrants: Held[] }>(
      'identity',
      '{ heldGrants { permissions tag assetGroupId } }',
      {},
    )
    const grants = asked.then(({ heldGrants }) => heldGrants)
    book.set(key, { askedAt: Date.now(), grants })
    // Whoever waits for it is told; the next one asks again.
    grants.catch(() => book.delete(key))
    return grants
  }

  const permittedAssets: Permits['permittedAssets'] = async (permission, assetIds) => {
    askedFor.getStore()?.add(permission)
    const member = signedIn(viewerOf())
    if (may(member, permission)) return new Set(assetIds)
    if (!member.hasGrants || assetIds.length === 0) return new Set()
    // Only what the same grant gives counts for what the same grant selects.
    const giving = (await held(member)).filter(({ permissions }) => permissions.includes(permission))
    if (giving.length === 0) return new Set()
    const { coveredAssets } = await ask<{ coveredAssets: string[] }>(
      'assets',
      `query ($assetIds: [ID!]!, $tags: [String!]!, $assetGroupIds: [ID!]!) {
        coveredAssets(assetIds: $assetIds, tags: $tags, assetGroupIds: $assetGroupIds)
      }`,
      {
        assetIds: [...new Set(assetIds)],
        tags: giving.flatMap(({ tag }) => tag ?? []),
        assetGroupIds: giving.flatMap(({ assetGroupId }) => assetGroupId ?? []),
      },
    )
    return new Set(coveredAssets)
  }

  return {
    permittedAssets,
    async permits(permission, assetIds) {
      const ids = assetIds.filter((id) => id !== null)
      const permitted = await permittedAssets(permission, ids)
      if (may(viewerOf(), permission)) return
      // Of no object at all, nobody holds anything by a grant.
      const all =
        assetIds.length > 0 && ids.length === assetIds.length && ids.every((id) => permitted.has(id))
      if (!all) throw lacking(permission)
    },
  }
}
