import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer, member, openGateway } from './gateway.ts'

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
