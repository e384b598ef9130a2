/** What sources report of assets, as integrations tells it. */
import { callPeer } from '#kit/context.ts'
import { idOfName, newId } from '#kit/id.ts'
import { internalSigner } from '#kit/tokens.ts'
import { type Member, permissionsOf } from '#kit/viewer.ts'
import type { TestHouse } from '../test-house.ts'

export type Reported = {
  name: string
  type: string
  source?: string
  identifiers?: { kind: string; value: string }[]
}

/** A host that tells no more than an address, which is weak: it has a serial number of its own. */
export const host = (name: string, ip: string): Reported => ({
  name,
  type: 'HOST',
  source: 'test',
  identifiers: [
    { kind: 'IP', value: ip },
    { kind: 'EXTERNAL_ID', value: name },
  ],
})

/** What a subgraph asks assets, as a manager of an organization. */
export function askAs(house: TestHouse, peer: string, organization: string) {
  const viewer: Member = {
    kind: 'member',
    ...{ userId: newId(), accountId: newId(), organizationId: idOfName('organization', organization) },
    ...{ role: 'manager', permissions: permissionsOf.manager },
  }
  const { transports, keys } = house.surroundings
  const asking = { transports, sign: internalSigner(keys, peer), viewer, requestId: newId() }
  return <Data>(query: string, variables: Record<string, unknown>) =>
    callPeer<Data>(asking, 'assets', query, variables)
}

/** The ids of the assets that a source means, in its order. */
export async function reportAs(
  house: TestHouse,
  organization: string,
  assets: readonly Reported[],
): Promise<string[]> {
  const { ensureAssets } = await askAs(
    house,
    'integrations',
    organization,
  )<{ ensureAssets: { id: string }[] }>(
    'mutation ($assets: [EnsureAssetInput!]!) { ensureAssets(assets: $assets) { id } }',
    { assets },
  )
  return ensureAssets.map(({ id }) => id)
}
