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

/** What something may be known by, those that tell most first. */
export const identifierKinds = [
  ...(['external_id', 'cloud_id', 'image_digest', 'repository_id', 'package_manifest'] as const),
  ...(['imported_name', 'hardware_serial', 'hardware_uuid', 'mdm_id', 'mac', 'fqdn'] as const),
  ...(['hostname', 'ip'] as const),
] as const
export const strengths = ['strong', 'medium', 'weak'] as const
export const mergeReasons = ['person', 'proposal', 'strong_identifier', 'medium_identifiers'] as const
export const proposalStates = ['open', 'accepted', 'dismissed'] as const
export const conflictReasons = ['shared', 'flapping', 'kept_apart'] as const

export type IdentifierKind = (typeof identifierKinds)[number]
export type Strength = (typeof strengths)[number]
export type MergeReason = (typeof mergeReasons)[number]
/** A filter of assets, as JSON has it. */
export type GroupRule = Readonly<Record<string, unknown>>
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
    /** The asset that it is, as it turned out; what has it, answers for both. */
    mergedInto: Generated<string | null>
    /** The last of those that it was merged into, one after the other. */
    survivorId: Generated<string | null>
    mergedAt: Generated<Date | null>
    metadata: Generated<Record<string, unknown>>
    /** The worst of its own and of those that are merged into it. */
    riskScore: Generated<number>
    riskFactors: Generated<RiskFactor[]>
    ownRiskScore: Generated<number>
    ownRiskFactors: Generated<RiskFactor[]>
    version: Generated<number>
    firstSeenAt: Generated<Date>
    lastSeenAt: Generated<Date>
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
  }
  assetIdentifiers: {
    organizationId: string
    kind: IdentifierKind
    /** As `rules-normal.ts` writes it. */
    value: string
    assetId: string
    strength: Strength
    source: string
    /** SHA-256 of what the machine was known by that reported it last. */
    fingerprint: string | null
    /** When another machine reported it than the one before, within an hour. */
    flappedAt: Generated<Date[]>
    /** Since when it tells nothing any more. */
    demotedAt: Generated<Date | null>
    createdAt: Generated<Date>
    lastSeenAt: Date
  }
  assetSources: {
    organizationId: string
    assetId: string
    source: string
    firstSeenAt: Date
    lastSeenAt: Date
  }
  assetMerges: {
    organizationId: string
    id: string
    survivorId: string
    mergedId: string
    reason: MergeReason
    /** Null for what identifiers told. */
    mergedBy: string | null
    mergedAt: Date
    splitBy: Generated<string | null>
    splitAt: Generated<Date | null>
  }
  assetProposals: {
    organizationId: string
    id: string
    assetId: string
    otherId: string
    evidence: { kind: IdentifierKind; value: string }[]
    state: Generated<(typeof proposalStates)[number]>
    version: Generated<number>
    createdAt: Date
    lastSeenAt: Date
    decidedBy: Generated<string | null>
    decidedAt: Generated<Date | null>
  }
  assetConflicts: {
    organizationId: string
    id: string
    assetId: string
    otherId: string | null
    reason: (typeof conflictReasons)[number]
    kind: IdentifierKind
    value: string
    occurrences: Generated<number>
    version: Generated<number>
    createdAt: Date
    lastSeenAt: Date
    dismissedBy: Generated<string | null>
    dismissedAt: Generated<Date | null>
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
    /** What it has, where it does not have the members that it was given. */
    rule: Generated<GroupRule | null>
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
export type AssetMergeRow = Selectable<Tables['assetMerges']>
export type AssetProposalRow = Selectable<Tables['assetProposals']>
export type AssetConflictRow = Selectable<Tables['assetConflicts']>
