import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { newId } from '#kit/id.ts'
import { createKeys, signAccessToken } from '#kit/tokens.ts'
import { forgeries } from './forgeries.ts'
import { bearer, keys, member, openGateway } from './gateway.ts'

const viewer = member()
const good = await signAccessToken(keys, viewer)

test('a good token is let in', async (t) => {
  const { graphql } = await openGateway(t)
  const { status } = await graphql('{ me { id } }', {}, { authorization: `Bearer ${good}` })
  assert.equal(status, 200)
})

test('a token that was let in is let in no longer when its time is over', async (t) => {
  const { graphql } = await openGateway(t)
  const headers = { authorization: `Bearer ${good}` }
  for (const seconds of [0, 290, 301]) {
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + seconds * 1_000 })
    const { status } = await graphql('{ me { id } }', {}, headers)
    t.mock.timers.reset()
    assert.equal(status, seconds > 300 ? 401 : 200)
  }
})

test('forged tokens are refused at both doors, before any subgraph is asked', async (t) => {
  const { app, graphql, house } = await openGateway(t)
  const forged = Object.entries(await forgeries(keys, viewer))
  assert.ok(forged.length >= 80, `only ${forged.length} kinds`)
  for (const [name, token] of forged) {
    const headers = { authorization: `Bearer ${token}` }
    const { status, errors } = await graphql('{ me { id } }', {}, headers)
    assert.deepEqual([status, errors?.[0]?.extensions], [401, { code: 'UNAUTHENTICATED' }], name)
    const rest = await app.inject({ url: '/api/v1/auth/me', headers })
    assert.deepEqual([rest.statusCode, rest.json().error.code], [401, 'UNAUTHENTICATED'], name)
  }
  assert.ok(Object.values(house.asked).every((calls) => calls.length === 0))
})

test('another scheme than Bearer is no token', async (t) => {
  const { graphql } = await openGateway(t)
  for (const authorization of ['', 'Bearer', 'Basic YTpi', `Token ${good}`, `Bearer ${good} ${good}`]) {
    const { status } = await graphql('{ me { id } }', {}, { authorization })
    assert.equal(status, 401, authorization)
  }
})

test('the tenant header may only repeat what the token says', async (t) => {
  const { app, graphql, house } = await openGateway(t)
  const headers = await bearer(viewer)
  const same = await graphql(
    '{ me { id } }',
    {},
    { ...headers, 'x-tenant-id': viewer.organizationId.toUpperCase() },
  )
  assert.equal(same.status, 200)
  const asked = house.asked.identity!.length
  const other = await graphql('{ me { id } }', {}, { ...headers, 'x-tenant-id': newId() })
  assert.deepEqual([other.status, other.errors![0]!.extensions.code], [403, 'FORBIDDEN'])
  const rest = await app.inject({ url: '/api/v1/assets', headers: { ...headers, 'x-tenant-id': 'acme' } })
  assert.deepEqual([rest.statusCode, rest.json().error.code], [403, 'FORBIDDEN'])
  assert.equal(house.asked.identity!.length, asked)
})

test('without a token one is nobody, who may ask for a typename', async (t) => {
  const { graphql } = await openGateway(t)
  assert.deepEqual((await graphql('{ __typename }')).data, { __typename: 'Query' })
})

test('the public keys are told to everybody, the private ones to nobody, and two while one replaces the other', async (t) => {
  const secrets = [
    'the secret that there was, long enough',
    'the secret that comes next, long enough',
  ] as const
  const [before, after] = [createKeys(secrets[0]), createKeys(secrets[1])]
  const told = async (of: typeof before) => {
    const { app } = await openGateway(t, { keys: of })
    return { app, ...(await app.inject('/.well-known/jwks.json')) }
  }
  const { body, statusCode, headers } = await told(before)
  assert.deepEqual([statusCode, headers['cache-control']], [200, 'public, max-age=300'])
  const { keys: listed } = JSON.parse(body)
  assert.deepEqual(listed, [
    { kty: 'OKP', crv: 'Ed25519', x: listed[0].x, kid: before.access.id, use: 'sig', alg: 'EdDSA' },
  ])
  const set = createLocalJWKSet({ keys: listed })
  const { payload } = await jwtVerify(await signAccessToken(before, viewer), set, { audience: 'nexus' })
  assert.equal(payload.sub, viewer.userId)

  const both = createKeys(secrets[1], secrets[0])
  const { app, body: overlap } = await told(both)
  assert.deepEqual(
    JSON.parse(overlap).keys.map(({ kid }: { kid: string }) => kid),
    [after.access.id, before.access.id],
  )
  const status = async (of: typeof before) => {
    const headers = { authorization: `Bearer ${await signAccessToken(of, viewer)}` }
    return (await app.inject({ url: '/api/v1/auth/me', headers })).statusCode
  }
  assert.deepEqual([await status(before), await status(after)], [200, 200])
  assert.equal(await status(createKeys('a secret that is neither of the two')), 401)
})

test('a client’s address is what it says by a trusted proxy, and by nobody else', async (t) => {
  const key = `nxs_${'k'.repeat(43)}`
  const seen: string[] = []
  const standing = {
    session: async (of: typeof viewer) => of,
    key: async (_key: string, ip: string) => {
      seen.push(ip)
      return { member: viewer, until: new Date(Date.now() + 60_000) }
    },
  }
  const ask = async (trustedProxies?: string[]) => {
    const { app } = await openGateway(t, { standing, trustedProxies })
    const headers = { 'x-api-key': key, 'x-forwarded-for': '203.0.113.9, 192.0.2.4' }
    assert.equal((await app.inject({ url: '/api/v1/auth/me', headers })).statusCode, 200)
  }
  await ask()
  await ask(['10.0.0.0/8'])
  await ask(['127.0.0.0/8'])
  await ask(['127.0.0.1', '192.0.2.0/24'])
  assert.deepEqual(seen, ['127.0.0.1', '127.0.0.1', '192.0.2.4', '203.0.113.9'])
})
