import { type Expected, members, read } from '../words.ts'

export const assets: Expected = {
  query: {
    asset: { may: members, key: 'assets:read', ask: '(id: "$asset")' },
    assets: { may: members, key: 'assets:read', ask: '(first: 2)' },
    assetStats: { may: members, key: 'assets:read' },
  },
  peers: ['Mutation.ensureAssets'],
  types: {
    Asset: read('assets:read'),
    AssetStats: read('assets:read'),
    AssetConnection: 'part',
    AssetEdge: 'part',
    Bucket: 'part',
    PageInfo: 'part',
    TotalCount: 'part',
  },
}
