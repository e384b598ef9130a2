import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getIntrospectionQuery } from 'graphql'
import { internalVerifier } from '#kit/tokens.ts'
import { bearer, keys, member, openGateway } from './gateway.ts'

test('one query is answered by four subgraphs', async (t) => {
  const { graphql } = await openGateway(t)
  const { status, data, errors } = await graphql(
    `{ me { email } assets { edges { node { name alerts { title } openVulnerabilityCount } } } }`,
    {},
    await bearer(member()),
  )
  assert.equal(errors, undefined)
  assert.equal(status, 200)
  assert.equal(data.me.email, 'admin@acme.example')
  assert.equal(data.assets.edges.length, 3)
  assert.equal(data.assets.edges[0].node.alerts.length, 3)
  assert.equal(data.assets.edges[1].node.openVulnerabilityCount, 1)
})

test('an entity that occurs often is asked for once', async (t) => {
  const { graphql, house } = await openGateway(t)
  const { data, errors } = await graphql('{ alerts { edges { node { title asset { name } } } } }')
  assert.equal(errors, undefined)
  assert.deepEqual(
    data.alerts.edges.map(({ node }: { node: { asset: unknown } }) => node.asset),
    [{ name: 'web-1' }, { name: 'web-1' }, { name: 'web-1' }],
  )
  const [call, ...more] = house.asked.assets!
  assert.equal(more.length, 0)
  assert.deepEqual(JSON.parse(JSON.stringify(call!.variables!.representations)), [
    { __typename: 'Asset', id: 'asset-1' },
  ])
})

const dead = async () => {
  throw new Error('connect ECONNREFUSED 10.1.2.3:4103')
}

test('a dead subgraph leaves nulls with a typed error at each, and the rest of the answer', async (t) => {
  const { graphql, house } = await openGateway(t, { transports: { alerts: dead } })
  const { status, data, errors, reply } = await graphql(
    '{ assets { edges { node { name alerts { title } openVulnerabilityCount } } } }',
  )
  assert.equal(status, 200)
  assert.equal(house.asked.alerts!.length, 0)
  assert.deepEqual(data.assets.edges[2].node, { name: 'web-3', alerts: null, openVulnerabilityCount: 1 })
  assert.deepEqual(
    errors!.map(({ path, extensions }) => [path!.join('.'), extensions]),
    [0, 1, 2].map((index) => [`assets.edges.${index}.node.alerts`, { code: 'SERVICE_UNAVAILABLE' }]),
  )
  assert.doesNotMatch(reply.body, /ECONN|10\.1\.2\.3|4103/)
})

test('a dead subgraph behind a root field nulls that field alone', async (t) => {
  const { graphql } = await openGateway(t, { transports: { identity: dead } })
  const { data, errors } = await graphql('{ who: me { email } assetStats { total } }')
  assert.deepEqual(data, { who: null, assetStats: { total: 3 } })
  assert.deepEqual(
    errors!.map(({ path, extensions }) => [path, extensions.code]),
    [[['who'], 'SERVICE_UNAVAILABLE']],
  )
})

test('a subgraph is told who asks, and nothing of the request but its id', async (t) => {
  const { graphql, house } = await openGateway(t)
  const viewer = member('analyst')
  await graphql(
    '{ me { email } assetStats { total } }',
    {},
    { ...(await bearer(viewer)), 'x-request-id': 'abc' },
  )
  const verify = internalVerifier(keys, 'assets')
  const [call] = house.asked.assets!
  assert.equal(call!.requestId, 'abc')
  const caller = await verify(call!.token)
  assert.equal(caller.service, 'gateway')
  assert.deepEqual(caller.viewer, { ...viewer, permissions: [...viewer.permissions] })
  await assert.rejects(internalVerifier(keys, 'identity')(call!.token))
})

test('what a subgraph refuses keeps its code; what broke is masked', async (t) => {
  const { graphql } = await openGateway(t)
  const { data, errors, reply } = await graphql('{ broken assetStats { total } }')
  assert.deepEqual(data, { broken: null, assetStats: { total: 3 } })
  assert.deepEqual(
    errors!.map(({ message, path, extensions }) => ({ message, path, extensions })),
    [{ message: 'Internal error', path: ['broken'], extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
  )
  assert.doesNotMatch(reply.body, /select|db\.internal|5432|assets"/)
  const refused = await graphql('{ refused }')
  assert.equal(refused.status, 200)
  assert.deepEqual(refused.errors![0]!.extensions, { code: 'FORBIDDEN' })
  assert.equal(refused.errors![0]!.message, 'You may not do this')
})

test('a null where none may be is an error, also when no subgraph says so', async (t) => {
  const { graphql } = await openGateway(t, {
    transports: { assets: async () => ({ data: { refused: null } }) },
  })
  const { data, errors } = await graphql('{ refused }')
  assert.equal(data, null)
  assert.deepEqual(errors![0]!.extensions, { code: 'INTERNAL_SERVER_ERROR' })
  assert.deepEqual(errors![0]!.path, ['refused'])
})

test('variables that do not fit are a validation error before any subgraph is asked', async (t) => {
  const { graphql, house } = await openGateway(t)
  const { status, errors, data } = await graphql('query ($id: ID!) { asset(id: $id) { id } }', {})
  assert.equal(status, 400)
  assert.equal(data, undefined)
  assert.equal(errors![0]!.extensions.code, 'VALIDATION_ERROR')
  assert.equal(house.asked.assets!.length, 0)
})

test('aliases with the names of prototypes are answered like any other', async (t) => {
  const { reply } = await (await openGateway(t)).graphql(
    '{ __proto__: assetStats { constructor: total __proto__: total } constructor: me { toString: email } }',
  )
  assert.equal(
    reply.body.trim(),
    '{"data":{"__proto__":{"constructor":3,"__proto__":3},"constructor":{"toString":"admin@acme.example"}}}',
  )
  assert.equal(({} as { total?: number }).total, undefined)
})

test('only members read the schema in production, and anybody does in development', async (t) => {
  const query = '{ __schema { queryType { name } } }'
  const { graphql } = await openGateway(t)
  const refused = await graphql(query)
  assert.deepEqual([refused.status, refused.errors![0]!.extensions.code], [403, 'FORBIDDEN'])
  const hidden = await graphql('query { ...a } fragment a on Query { x: __type(name: "Asset") { name } }')
  assert.equal(hidden.errors![0]!.extensions.code, 'FORBIDDEN')
  const known = await graphql(query, {}, await bearer(member('viewer')))
  assert.equal(known.data.__schema.queryType.name, 'Query')
  const whole = await graphql(getIntrospectionQuery(), {}, await bearer(member('viewer')))
  assert.equal(whole.errors, undefined)
  const development = await openGateway(t, { production: false })
  assert.equal((await development.graphql(query)).data.__schema.queryType.name, 'Query')
})

test('operations that this graph does not have are refused with a code', async (t) => {
  const { graphql } = await openGateway(t)
  const codes = async (query: string) => {
    const { status, errors } = await graphql(query)
    return [status, errors![0]!.extensions.code]
  }
  assert.deepEqual(
    (await codes('subscription { alertChanged { alert { id } } }'))[1],
    'OPERATION_RESOLUTION_FAILURE',
  )
  assert.deepEqual(await codes('{ nothing }'), [400, 'GRAPHQL_VALIDATION_FAILED'])
  assert.deepEqual(await codes('{'), [400, 'GRAPHQL_PARSE_FAILED'])
  assert.deepEqual(await codes('query a { me { id } } query b { me { id } }'), [
    400,
    'OPERATION_RESOLUTION_FAILURE',
  ])
})
