import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { assetDoubts } from './asset-doubts.ts'
import { list, type Noun, one, stats } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const asset: Noun = {
  type: 'Asset',
  one: 'asset',
  many: 'assets',
  needs: 'assets:read',
  item: `id organization { id } externalId type name environment criticality exposure dataClassification
    lifecycle retiredAt mergedInto { id } owner { id } ownerTeam { id } riskScore tags metadata version
    firstSeenAt lastSeenAt createdAt updatedAt`,
  filters: [
    'type',
    'lifecycle',
    'criticality',
    'environment',
    'exposure',
    'tag',
    'groupId',
    'ownerId',
    'source',
    'search',
  ],
}

const byId = z.object({ id: z.string() })
const text = z.string('Must be a text').max(1_000)
const oneOf = (...names: [string, ...string[]]) =>
  z.enum(names, `Must be one of ${names.join(', ')}`).transform((name) => name.toUpperCase())
const version = z.int('Must be a number').optional()

const types = oneOf(
  ...(['host', 'virtual_machine', 'container', 'container_image', 'kubernetes_workload'] as const),
  ...(['cloud_resource', 'repository', 'application', 'api_endpoint', 'database'] as const),
  ...(['network_device', 'identity', 'saas', 'other'] as const),
)
const kinds = oneOf(
  ...(['external_id', 'cloud_id', 'image_digest', 'repository_id', 'package_manifest'] as const),
  ...(['imported_name', 'hardware_serial', 'hardware_uuid', 'mdm_id', 'mac', 'fqdn'] as const),
  ...(['hostname', 'ip'] as const),
)
/** What people say of an asset; null takes it away. */
const care = {
  external_id: text.nullish(),
  environment: oneOf('production', 'staging', 'development', 'test', 'unknown').nullish(),
  criticality: oneOf('critical', 'high', 'medium', 'low', 'unknown').nullish(),
  exposure: oneOf('internet', 'partner', 'internal', 'isolated', 'unknown').nullish(),
  data_classification: oneOf('restricted', 'confidential', 'internal', 'public', 'unknown').nullish(),
  owner_id: text.nullish(),
  owner_team_id: text.nullish(),
  metadata: z.record(z.string(), z.unknown(), 'Must be an object').nullish(),
}
type Care = z.infer<z.ZodObject<typeof care>>

/** What is left out of a body stays as it is. */
const given = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const inputOf = ({
  external_id,
  data_classification,
  owner_id,
  owner_team_id,
  ...rest
}: Care & Fields): Fields =>
  given({
    ...rest,
    externalId: external_id,
    dataClassification: data_classification,
    ownerUserId: owner_id,
    ownerTeamId: owner_team_id,
  })

/** A mutation that answers an asset. */
function change<Body>(
  name: string,
  row: Pick<Route<{ id: string }, unknown, Body>, 'method' | 'path' | 'params' | 'body' | 'status'> & {
    input(id: string, body: Body): Fields
  },
): Route {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}`
  const { input, ...of } = row
  return route({
    ...of,
    needs: 'assets:write',
    operation: `mutation ${type}($input: ${type}Input!) { ${name}(input: $input) { asset { ${asset.item} } } }`,
    variables: ({ params, body }) => ({ input: input(params?.id, body) }),
    data: (answer) => (answer[name] as Fields).asset,
  })
}

const turn = (name: string, path: string): Route =>
  change(name, {
    method: 'POST',
    path,
    params: byId,
    body: z.strictObject({ version }),
    input: (id, body) => given({ id, expectedVersion: body.version }),
  })

export const assets = (graph: GraphQLSchema): Route[] => [
  list(graph, asset, '/assets'),
  list(graph, { ...asset, filters: [] }, '/assets/search', 'q'),
  stats(
    '/assets/stats',
    asset.needs,
    'assetStats',
    'total byType { key count } byLifecycle { key count } byCriticality { key count }',
  ),
  one(asset, '/assets/:id'),
  change('createAsset', {
    method: 'POST',
    path: '/assets',
    status: 201,
    body: z.strictObject({ type: types, name: text, ...care }),
    input: (_id, body) => inputOf(body),
  }),
  // What a body leaves out stays as it is, as with PUT /users/:id.
  change('updateAsset', {
    method: 'PUT',
    path: '/assets/:id',
    params: byId,
    body: z.strictObject({ name: text.optional(), ...care, version }),
    input: (id, { version: expectedVersion, ...body }) => given({ id, ...inputOf(body), expectedVersion }),
  }),
  turn('retireAsset', '/assets/:id/retire'),
  turn('reviveAsset', '/assets/:id/revive'),
  change('mergeAssets', {
    method: 'POST',
    path: '/assets/:id/merge',
    params: byId,
    body: z.strictObject({ asset_ids: z.array(text).max(100), version }),
    input: (id, body) => given({ id, mergeIds: body.asset_ids, expectedVersion: body.version }),
  }),
  turn('splitAsset', '/assets/:id/split'),
  route({
    method: 'GET',
    path: '/assets/by-identifier',
    needs: 'assets:read',
    operation: `query AssetsByIdentifier($kind: IdentifierKind!, $value: String!) {
      assetsByIdentifier(kind: $kind, value: $value) { ${asset.item} }
    }`,
    query: z.strictObject({ kind: kinds, value: z.string('Must be given').min(1).max(500) }),
    variables: ({ query }) => query,
    data: ({ assetsByIdentifier }) => ({ items: assetsByIdentifier }),
  }),
  route({
    method: 'GET',
    path: '/assets/coverage',
    needs: 'assets:read',
    operation: 'query AssetCoverage { assetCoverage { source seen share } }',
    data: ({ assetCoverage }) => ({ items: assetCoverage }),
  }),
  ...assetDoubts(graph),
]
