import { type Expected, givesViewer, managers, members, read } from '../words.ts'

/** What the grant over the group gives: nobody gives assets to who may do more with them. */
export const granted = ['assets', 'alerts', 'vulnerabilities', 'compliance'].map(
  (resource) => `${resource}:read`,
)

/** What whoever merges or splits needs, where grants give somebody the role of a viewer over one of the assets. */
export const merging = ['assets:write', ...givesViewer.filter((each) => each.endsWith(':read'))]

export const assets: Expected = {
  query: {
    asset: { may: members, key: 'assets:read', ask: '(id: "$asset")' },
    assets: { may: members, key: 'assets:read', ask: '(first: 2)' },
    assetsByIdentifier: { may: members, key: 'assets:read', ask: '(kind: HOSTNAME, value: "web-01")' },
    assetCoverage: { may: members, key: 'assets:read' },
    assetProposals: { may: members, key: 'assets:read', ask: '(first: 2)' },
    assetConflicts: { may: members, key: 'assets:read', ask: '(first: 2)' },
    assetGroup: { may: members, key: 'assets:read', ask: '(id: "$assetGroup")' },
    assetGroups: { may: members, key: 'assets:read', ask: '(first: 2)' },
    assetStats: { may: members, key: 'assets:read' },
  },
  mutation: {
    createAsset: {
      may: managers,
      key: 'assets:write',
      ask: '(input: { type: HOST, name: "$text" })',
    },
    updateAsset: { may: managers, key: 'assets:write', ask: '(input: { id: "$asset", criticality: HIGH })' },
    retireAsset: { may: managers, key: 'assets:write', ask: '(input: { id: "$spareAsset" })' },
    reviveAsset: { may: managers, key: 'assets:write', ask: '(input: { id: "$spareAsset" })' },
    mergeAssets: {
      may: managers,
      key: merging,
      ask: '(input: { id: "$asset", mergeIds: ["$spareAsset"] })',
    },
    splitAsset: {
      may: managers,
      key: merging,
      ask: '(input: { id: "$spareAsset" })',
    },
    acceptAssetProposal: { may: managers, key: 'assets:write', ask: '(input: { id: "$asset" })' },
    dismissAssetProposal: { may: managers, key: 'assets:write', ask: '(input: { id: "$asset" })' },
    dismissAssetConflict: { may: managers, key: 'assets:write', ask: '(input: { id: "$asset" })' },
    setAssetTags: {
      may: managers,
      key: 'assets:write',
      ask: '(input: { assetId: "$asset", tags: ["team:matrix"] })',
    },
    createAssetGroup: { may: managers, key: 'assets:write', ask: '(input: { name: "$text" })' },
    setAssetGroupRule: {
      may: managers,
      key: 'assets:write',
      ask: '(input: { id: "$assetGroup", rule: { tag: ["team:matrix"] } })',
    },
    setAssetGroupMembers: {
      may: managers,
      key: ['assets:write', ...granted],
      ask: '(input: { id: "$assetGroup", assetIds: ["$asset"] })',
    },
  },
  peers: [
    'Query.assetMetric',
    'Query.assetMetrics',
    'Mutation.ensureAssets',
    'Mutation.scoreAssets',
    'Mutation.placeAssets',
    'Query.coveredAssets',
    'Query.personInAssets',
  ],
  types: {
    Asset: read('assets:read'),
    AssetGroup: read('assets:read'),
    AssetGroupConnection: 'part',
    AssetGroupEdge: 'part',
    CreateAssetGroupPayload: 'part',
    SetAssetGroupMembersPayload: 'part',
    SetAssetGroupRulePayload: 'part',
    SetAssetTagsPayload: 'part',
    CreateAssetPayload: 'part',
    UpdateAssetPayload: 'part',
    RetireAssetPayload: 'part',
    ReviveAssetPayload: 'part',
    AssetRiskFactor: 'part',
    AssetIdentifier: 'part',
    AssetSource: 'part',
    AssetEvidence: 'part',
    AssetCoverage: read('assets:read'),
    AssetProposal: read('assets:read'),
    AssetProposalConnection: 'part',
    AssetProposalEdge: 'part',
    AssetConflict: read('assets:read'),
    AssetConflictConnection: 'part',
    AssetConflictEdge: 'part',
    MergeAssetsPayload: 'part',
    SplitAssetPayload: 'part',
    AcceptAssetProposalPayload: 'part',
    DismissAssetProposalPayload: 'part',
    DismissAssetConflictPayload: 'part',
    AssetStats: read('assets:read'),
    AssetConnection: 'part',
    AssetEdge: 'part',
    Bucket: 'part',
    PageInfo: 'part',
    TotalCount: 'part',
  },
}
