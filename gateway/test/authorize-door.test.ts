import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Transport } from '#kit/transport.ts'
import { unauthorized } from '../federation/authorize/answer.ts'
import { written } from '../operations.ts'
import { compose, open } from './authorize/house.ts'
import { bearer, member, openGateway } from './gateway.ts'

const things = {
  things: `type Query { open: String secret: String @authenticated assets: String @requiresScopes(scopes: [["assets:write"]])
    ruled: String @policy(policies: [["any"]]) }`,
}

test('the house: a member has claims, permissions are scopes, and policies are met by nobody', async (t) => {
  const { sources } = open(things)
  const ask: Transport = ({ query, variables = {} }) =>
    sources.things!.fetch({ subgraph: 'things', kind: 'query', query, variables, context: {} })
  const { graphql } = await openGateway(t, {
    supergraphSdl: compose(things),
    transports: { things: ask },
    rest: null,
  })
  const query = '{ open secret assets ruled }'
  const paths = (errors: { path?: unknown[]; message: string; extensions: object }[] = []) =>
    errors.map(({ path, message, extensions }) => {
      assert.deepEqual(
        [message, extensions],
        ['Unauthorized field or type', { code: 'UNAUTHORIZED_FIELD_OR_TYPE' }],
      )
      return path!.join('.')
    })
  const nobody = await graphql(query)
  assert.deepEqual(
    [nobody.status, nobody.data],
    [200, { open: 'Query.open', secret: null, assets: null, ruled: null }],
  )
  assert.deepEqual(paths(nobody.errors), ['secret', 'assets', 'ruled'])
  const viewer = await graphql(query, {}, await bearer(member('viewer')))
  assert.deepEqual(viewer.data, { open: 'Query.open', secret: 'Query.secret', assets: null, ruled: null })
  const admin = await graphql(query, {}, await bearer(member('admin')))
  assert.deepEqual(paths(admin.errors), ['ruled'])
  assert.equal(admin.data.assets, 'Query.assets')
})

test('an operation that is rejected as a whole is forbidden', () => {
  const { message, extensions } = unauthorized()
  assert.equal(written({ errors: [{ message, extensions }] }).status, 403)
})
