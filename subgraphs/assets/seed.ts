import { type Db, inTenant } from '#kit/database.ts'
import type { Demo } from '#kit/subgraph.ts'
import * as assets from './model/asset.ts'
import type { AssetRow, Tables } from './tables.ts'

type Named = Pick<AssetRow, 'name' | 'type' | 'environment' | 'criticality' | 'exposure'>

const cast: Named[] = [
  { name: 'web-01', type: 'host', environment: 'production', criticality: 'high', exposure: 'internet' },
  {
    name: 'db-01',
    type: 'database',
    environment: 'production',
    criticality: 'critical',
    exposure: 'internal',
  },
  { name: 'ci-runner', type: 'host', environment: 'development', criticality: 'low', exposure: 'isolated' },
  {
    name: 'shop-api',
    type: 'application',
    environment: 'production',
    criticality: 'high',
    exposure: 'internet',
  },
  { name: 'shop', type: 'repository', environment: 'unknown', criticality: 'medium', exposure: 'internal' },
]

/** The demo's assets: their ids follow from the organization's, so that other subgraphs can point at them. */
export async function seed(db: Db<Tables>, { organizations, idOf, now }: Demo): Promise<void> {
  for (const { id: organizationId, slug } of organizations) {
    await inTenant(db, { organizationId }, async (trx) => {
      const rows = cast.map((asset) => ({
        ...asset,
        id: idOf(slug, 'asset', asset.name),
        organizationId,
        externalId: `${slug}/${asset.name}`,
        metadata: { source: 'demo', team: slug },
        firstSeenAt: now,
        lastSeenAt: now,
      }))
      await assets.add(trx, rows)
    })
  }
}
