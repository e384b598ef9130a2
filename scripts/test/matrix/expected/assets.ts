import { type Expected, managers, members, read } from '../words.ts'

/** What the grant over the group gives: nobody gives assets to who may do more with them. */
export const granted = ['assets', 'alerts', 'vulnerabilities', 'compliance'].map(
  (resource) => `${resource}:read`,
)

export const assets: Expected = {
  query: {
    asset: { may: members, key: 'assets:read', ask: '(id: "$asset")' },
    assets: { may: members, key: 'assets:read', ask: '(first: 2)' },
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
    setAssetTags: {
      may: managers,
      key: 'assets:write',
      ask: '(input: { assetId: "$asset", tags: ["team:matrix"] })',
    },
    createAssetGroup: { may: managers, key: 'assets:write', ask: '(input: { name: "$text" })' },
    setAssetGroupMembers: {
      may: managers,
      key: ['assets:write', ...granted],
      ask: '(input: { id: "$assetGroup", assetIds: ["$asset"] })',
    },
  },
  peers: ['Mutation.ensureAssets', 'Mutation.scoreAssets', 'Query.coveredAssets', 'Query.personInAssets'],
  types: {
    Asset: read('assets:read'),
    AssetGroup: read('assets:read'),
    AssetGroupConnection: 'part',
    AssetGroupEdge: 'part',
    CreateAssetGroupPayload: 'part',
    SetAssetGroupMembersPayload: 'part',
    SetAssetTagsPayload: 'part',
    CreateAssetPayload: 'part',
    UpdateAssetPayload: 'part',
    RetireAssetPayload: 'part',
    ReviveAssetPayload: 'part',
    AssetRiskFactor: 'part',
    AssetStats: read('assets:read'),
    AssetConnection: 'part',
    AssetEdge: 'part',
    Bucket: 'part',
    PageInfo: 'part',
    TotalCount: 'part',
  },
}
