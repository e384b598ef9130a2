import { createHmac, createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import { unauthenticated } from './errors.ts'
import { type Member, type Permission, type Role, roles, type Viewer } from './viewer.ts'

type KeyPair = { privateKey: KeyObject; publicKey: KeyObject }
/** Everything that is signed, and every database role's password, comes from one secret. */
export type Keys = { access: KeyPair; internal: KeyPair; passwordOf(name: string): string }

// RFC 8410: an Ed25519 private key in PKCS #8 is this prefix and the 32-byte seed.
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')

function keyPair(secret: string, purpose: string): KeyPair {
  const seed = Buffer.from(hkdfSync('sha256', secret, 'nexus', purpose, 32))
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' })
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

/** @param secret at least 32 characters */
export function createKeys(secret: string): Keys {
  return {
    access: keyPair(secret, 'access-token'),
    internal: keyPair(secret, 'internal-token'),
    passwordOf: (name) => createHmac('sha256', secret).update(`role:${name}`).digest('base64url'),
  }
}

export const accessTokenSeconds = 900
const internalTokenSeconds = 30
const internalTokenReuseMs = 20_000
const issuer = 'nexus'

const claimsOf = (member: Member) => ({
  org: member.organizationId,
  acc: member.accountId,
  role: member.role,
})

/** The token that a person carries: EdDSA, typ `at+jwt` (RFC 9068), 15 minutes. */
export function signAccessToken(keys: Keys, member: Member): Promise<string> {
  return new SignJWT({ ...claimsOf(member), scope: member.permissions.join(' ') })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience('nexus')
    .setSubject(member.userId)
    .setIssuedAt()
    .setExpirationTime(`${accessTokenSeconds}s`)
    .sign(keys.access.privateKey)
}

async function verify(token: string, key: KeyObject, typ: string, audience: string) {
  try {
    const options = { algorithms: ['EdDSA'], typ, issuer, audience, requiredClaims: ['exp', 'sub'] }
    return (await jwtVerify(token, key, options)).payload
  } catch (error) {
    if (error instanceof errors.JOSEError) throw unauthenticated('The token is not valid or has expired')
    throw error
  }
}

function memberOf(payload: Record<string, unknown>): Member {
  const { sub, org, acc, role, scope } = payload
  const wellFormed =
    typeof sub === 'string' && typeof org === 'string' && typeof acc === 'string' && typeof scope === 'string'
  if (!wellFormed || !roles.includes(role as Role))
    throw unauthenticated('The token is not valid or has expired')
  const permissions = scope.split(' ').filter(Boolean) as Permission[]
  return { kind: 'member', userId: sub, organizationId: org, accountId: acc, role: role as Role, permissions }
}

/** Whom a token names, and until when. Throws UNAUTHENTICATED. */
export async function readAccessToken(keys: Keys, token: string): Promise<{ member: Member; until: Date }> {
  const payload = await verify(token, keys.access.publicKey, 'at+jwt', 'nexus')
  return { member: memberOf(payload), until: new Date(payload.exp! * 1000) }
}

/** Throws UNAUTHENTICATED. */
export const verifyAccessToken = async (keys: Keys, token: string): Promise<Member> =>
  (await readAccessToken(keys, token)).member

/** Who calls a subgraph: the gateway on behalf of a viewer, or another subgraph on behalf of one. */
export type Caller = { viewer: Viewer; service: string }
export type InternalSigner = (viewer: Viewer, audience: string) => Promise<string>

/**
 * Signs what a subgraph asks to see before it answers anything: audience, organization, subject,
 * permissions; 30 seconds. Signing costs 0.1 ms, so a token is used again for 20 s per viewer and audience.
 */
export function internalSigner(keys: Keys, service: string): InternalSigner {
  const signed = new LRUCache<string, Promise<string>>({ max: 10_000, ttl: internalTokenReuseMs })
  const sign = (viewer: Viewer, audience: string) => {
    const claims =
      viewer.kind === 'member'
        ? { ...claimsOf(viewer), scope: viewer.permissions.join(' ') }
        : { anonymous: true }
    return new SignJWT({ ...claims, azp: service })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'nexus-internal+jwt' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(viewer.kind === 'member' ? viewer.userId : 'anonymous')
      .setIssuedAt()
      .setExpirationTime(`${internalTokenSeconds}s`)
      .sign(keys.internal.privateKey)
  }
  return (viewer, audience) => {
    const who =
      viewer.kind === 'member'
        ? [viewer.organizationId, viewer.userId, viewer.role, viewer.permissions.join(' ')].join('/')
        : 'anonymous'
    const key = `${audience}/${who}`
    const known = signed.get(key)
    if (known) return known
    const fresh = sign(viewer, audience)
    signed.set(key, fresh)
    return fresh
  }
}

/** Verifies internal tokens for one audience; a verified token is remembered until it expires. */
export function internalVerifier(keys: Keys, audience: string): (token: string) => Promise<Caller> {
  const verified = new LRUCache<string, { caller: Caller; untilMs: number }>({ max: 10_000 })
  return async (token) => {
    const known = verified.get(token)
    if (known && known.untilMs > Date.now()) return known.caller
    const payload = await verify(token, keys.internal.publicKey, 'nexus-internal+jwt', audience)
    const viewer: Viewer = payload.anonymous === true ? { kind: 'anonymous' } : memberOf(payload)
    const caller = { viewer, service: String(payload.azp) }
    verified.set(token, { caller, untilMs: payload.exp! * 1000 })
    return caller
  }
}
