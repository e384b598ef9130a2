import type { Generated, Selectable } from 'kysely'

export const types = [
  'host',
  'virtual_machine',
  'container',
  'container_image',
  'kubernetes_workload',
  'cloud_resource',
  'repository',
  'application',
  'api_endpoint',
  'database',
  'network_device',
  'identity',
  'saas',
  'other',
] as const
export const environments = ['production', 'staging', 'development', 'test', 'unknown'] as const
export const criticalities = ['critical', 'high', 'medium', 'low', 'unknown'] as const
export const exposures = ['internet', 'partner', 'internal', 'isolated', 'unknown'] as const
export const classifications = ['restricted', 'confidential', 'internal', 'public', 'unknown'] as const
export const lifecycles = ['active', 'stale', 'retired'] as const

export type AssetType = (typeof types)[number]
export type Lifecycle = (typeof lifecycles)[number]
/** A part of a risk score, and how much of it. */
export type RiskFactor = { name: string; input: unknown; contribution: number }

export type Tables = {
  assets: {
    id: string
    organizationId: string
    externalId: string | null
    type: AssetType
    name: string
    environment: Generated<(typeof environments)[number]>
    criticality: Generated<(typeof criticalities)[number]>
    exposure: Generated<(typeof exposures)[number]>
    dataClassification: Generated<(typeof classifications)[number]>
    /** Never `stale`, which is a matter of time: see `rules.ts`. */
    lifecycle: Generated<Lifecycle>
    retiredAt: Generated<Date | null>
    /** Whether somebody made it, and not a source. */
    isManual: Generated<boolean>
    ownerUserId: Generated<string | null>
    ownerTeamId: Generated<string | null>
    metadata: Generated<Record<string, unknown>>
    riskScore: Generated<number>
    riskFactors: Generated<RiskFactor[]>
    version: Generated<number>
    firstSeenAt: Generated<Date>
    lastSeenAt: Generated<Date>
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
  }
  assetIdentifiers: {
    organizationId: string
    kind: string
    value: string
    assetId: string
    createdAt: Generated<Date>
  }
  assetTags: {
    organizationId: string
    assetId: string
    /** As `kit/tag.ts` writes it. */
    tag: string
    createdAt: Generated<Date>
    removedAt: Generated<Date | null>
  }
  assetGroups: {
    organizationId: string
    id: string
    name: string
    version: Generated<number>
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
  }
  assetGroupMembers: {
    organizationId: string
    groupId: string
    assetId: string
    createdAt: Generated<Date>
    removedAt: Generated<Date | null>
  }
}

export type AssetGroupRow = Selectable<Tables['assetGroups']>
export type AssetRow = Selectable<Tables['assets']>
