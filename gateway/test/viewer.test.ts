import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { SignJWT } from 'jose'
import { newId } from '#kit/id.ts'
import { createKeys, internalSigner, signAccessToken } from '#kit/tokens.ts'
import { bearer, keys, member, openGateway } from './gateway.ts'

const viewer = member()
const good = await signAccessToken(keys, viewer)
const [header, payload, signature] = good.split('.') as [string, string, string]
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
const signed = (change: object, head: object = {}, key = keys.access.privateKey) =>
  new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', ...head }).sign(key)
const hs256 = () => {
  const text = `${encode({ alg: 'HS256', typ: 'at+jwt' })}.${payload}`
  const secret = keys.access.publicKey.export({ type: 'spki', format: 'pem' })
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}
const now = Math.floor(Date.now() / 1000)

const forged: Record<string, string> = {
  'alg none': `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
  'alg none with the old signature': `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.${signature}`,
  'HMAC with the public key': hs256(),
  'another payload under the signature': `${header}.${encode({ ...claims, role: 'admin', org: newId() })}.${signature}`,
  'another audience': await signed({ aud: 'elsewhere' }),
  'another issuer': await signed({ iss: 'elsewhere' }),
  expired: await signed({ exp: now - 1 }),
  'without an end': await signed({ exp: undefined }),
  'not yet valid': await signed({ nbf: now + 600 }),
  'another type': await signed({}, { typ: 'JWT' }),
  'an unknown role': await signed({ role: 'root' }),
  'without an organization': await signed({ org: undefined }),
  'signed with another secret': await signAccessToken(
    createKeys('another secret of sufficient length!'),
    viewer,
  ),
  'signed with the internal key': await signed({}, {}, keys.internal.privateKey),
  'an internal token': await internalSigner(keys, 'gateway')(viewer, 'assets'),
  'an internal token for the edge': await internalSigner(keys, 'gateway')(viewer, 'nexus'),
  'cut short': good.slice(0, -10),
  'no token at all': 'undefined',
}

test('a good token is let in', async (t) => {
  const { graphql } = await openGateway(t)
  const { status } = await graphql('{ me { id } }', {}, { authorization: `Bearer ${good}` })
  assert.equal(status, 200)
})

test('forged tokens are refused at both doors, before any subgraph is asked', async (t) => {
  const { app, graphql, house } = await openGateway(t)
  for (const [name, token] of Object.entries(forged)) {
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
