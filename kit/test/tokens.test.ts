import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import {
  createKeys,
  internalSigner,
  internalVerifier,
  signAccessToken,
  verifyAccessToken,
} from '#kit/tokens.ts'
import { anonymous, type Member, permissionsOf } from '#kit/viewer.ts'

const keys = createKeys('a secret of at least thirty-two characters')
const member: Member = {
  kind: 'member',
  accountId: 'account',
  userId: 'user',
  organizationId: 'organization',
  role: 'analyst',
  permissions: permissionsOf.analyst,
  sessionId: 'session',
}

test('an access token says who came in, for five minutes', async () => {
  const token = await signAccessToken(keys, member)
  assert.deepEqual(await verifyAccessToken(keys, token), member)
  const { iat, exp } = decodeJwt(token)
  assert.equal(exp! - iat!, 300)
})

test('the same secret makes the same keys and passwords, another one others', async () => {
  const again = createKeys('a secret of at least thirty-two characters')
  assert.deepEqual(await verifyAccessToken(again, await signAccessToken(keys, member)), member)
  assert.equal(again.passwordOf('nexus_alerts'), keys.passwordOf('nexus_alerts'))
  assert.notEqual(keys.passwordOf('nexus_alerts'), keys.passwordOf('nexus_assets'))
  const other = createKeys('another secret of thirty-two characters')
  assert.notEqual(other.passwordOf('nexus_alerts'), keys.passwordOf('nexus_alerts'))
  await assert.rejects(verifyAccessToken(other, await signAccessToken(keys, member)), {
    code: 'UNAUTHENTICATED',
  })
})

test('an internal token is for one subgraph, thirty seconds, and used again while it is young', async () => {
  const sign = internalSigner(keys, 'gateway')
  const token = await sign(member, 'alerts')
  const { iat, exp } = decodeJwt(token)
  assert.equal(exp! - iat!, 30)
  assert.equal(await sign(member, 'alerts'), token)
  assert.notEqual(await sign(member, 'assets'), token)
  assert.notEqual(await sign({ ...member, role: 'viewer' }, 'alerts'), token)
  assert.notEqual(await sign({ ...member, organizationId: 'other' }, 'alerts'), token)
  assert.notEqual(await sign({ ...member, sessionId: 'other' }, 'alerts'), token)
  assert.deepEqual(await internalVerifier(keys, 'alerts')(token), { viewer: member, service: 'gateway' })
  await assert.rejects(internalVerifier(keys, 'assets')(token), { code: 'UNAUTHENTICATED' })
  await assert.rejects(verifyAccessToken(keys, token), { code: 'UNAUTHENTICATED' })
})

test('nobody is somebody too: the anonymous viewer has a token that says so', async () => {
  const token = await internalSigner(keys, 'gateway')(anonymous, 'identity')
  assert.deepEqual(await internalVerifier(keys, 'identity')(token), { viewer: anonymous, service: 'gateway' })
})

test('a verified token is not believed past its end', async (t) => {
  const verify = internalVerifier(keys, 'alerts')
  const token = await internalSigner(keys, 'gateway')(member, 'alerts')
  await verify(token)
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 31_000 })
  await assert.rejects(verify(token), { code: 'UNAUTHENTICATED' })
})
