import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signAccessToken } from '#kit/tokens.ts'
import { openSocket, upgrade } from '../../scripts/test/listeners.ts'
import { keys, member, openGateway } from './gateway.ts'

const misspelled: [query: string, variables?: object][] = [
  ['{ assetz { id } }'],
  ['{ assets { edges { node { nam } } } }'],
  ['query { assets(frist: 1) { edges { cursor } } }'],
  ['query ($id: IDD!) { asset(id: $id) { id } }'],
  ['query ($input: SignInInput!) { __typename }', { input: { emial: 'x' } }],
  ['mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }', { input: { emial: 'x' } }],
  ['{ __typename @inclde(if: true) }'],
]
const schema = [
  '{ __schema { types { name } } }',
  '{ __type(name: "Asset") { name } }',
  'query { ...a } fragment a on Query { x: __schema { queryType { name } } }',
]

test('who has not signed in is not told what the schema has, at any door', async (t) => {
  const { app, house } = await openGateway(t)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const ask = (init: RequestInit, search = '') => fetch(`${url}/graphql${search}`, init)
  const json = { 'content-type': 'application/json' }
  const byPost = (body: object) => ask({ method: 'POST', headers: json, body: JSON.stringify(body) })
  const byGet = ({ query, variables = {} }: { query: string; variables?: object }) =>
    ask({ headers: json }, `?${new URLSearchParams({ query, variables: JSON.stringify(variables) })}`)
  const unusual = (body: object) => byPost({ ...body, extensions: {} })
  for (const door of [byPost, byGet, unusual]) {
    for (const [query, variables] of misspelled) {
      if (door === byGet && query.startsWith('mutation')) continue
      const response = await door({ query, ...(variables && { variables }) })
      const told = await response.text()
      assert.equal(response.status, 400, told)
      assert.doesNotMatch(told, /Did you mean/, query)
    }
    for (const query of schema) {
      const response = await door({ query })
      assert.equal(response.status, 403, query)
      assert.match(await response.text(), /"FORBIDDEN"/)
    }
  }
  for (const query of schema) {
    const response = await fetch(`${url}/graphql/stream`, {
      method: 'POST',
      headers: { ...json, accept: 'text/event-stream' },
      body: JSON.stringify({ query }),
    })
    assert.equal(response.status, 401)
  }
  assert.equal(await upgrade(url, {}), 101)
  const nobody = await openSocket(url, {})
  assert.equal(await nobody.closed, 4401)
  assert.equal(
    Object.values(house.asked).every((calls) => calls.length === 0),
    true,
  )
})

test('in production members read the schema, and no door suggests names to them either', async (t) => {
  const { app } = await openGateway(t)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const socket = await openSocket(url, { authorization: `Bearer ${await signAccessToken(keys, member())}` })
  t.after(() => socket.close())
  for (const query of schema) assert.match(JSON.stringify(await socket.ask(query)), /"data"/)
  for (const [query, variables] of misspelled)
    assert.doesNotMatch(JSON.stringify(await socket.ask(query, variables)), /Did you mean/, query)
})

test('in development errors suggest names', async (t) => {
  const { graphql } = await openGateway(t, { production: false })
  assert.match((await graphql('{ assetz { id } }')).errors![0]!.message, /Did you mean/)
})
