import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  sign,
  verify as verifySignature,
} from 'node:crypto'
import { errors, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import { unauthenticated } from './errors.ts'
import { newId } from './id.ts'
import { type Member, type Permission, type Role, roles, type Viewer } from './viewer.ts'

type KeyPair = { id: string; privateKey: KeyObject; publicKey: KeyObject }
type Signing = { access: KeyPair; internal: KeyPair; journal: KeyPair }
/**
 * Everything that is signed, and every database role's password, comes from one secret. While one secret
 * replaces another, what `previous` signed is believed too.
 */
export type Keys = Signing & {
  previous: Signing | null
  passwordOf(name: string): string
  /** A keyed hash for one purpose: whoever has not the secret cannot tell what it is of. */
  digest(purpose: string, value: string): Buffer
}

// RFC 8410: an Ed25519 private key in PKCS #8 is this prefix and the 32-byte seed.
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')

function keyPair(secret: string, purpose: string): KeyPair {
  const seed = Buffer.from(hkdfSync('sha256', secret, 'nexus', purpose, 32))
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey)
  const { crv, kty, x } = publicKey.export({ format: 'jwk' })
  // RFC 7638: the key's own thumbprint.
  const id = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url')
  return { id, privateKey, publicKey }
}

const signing = (secret: string): Signing => ({
  access: keyPair(secret, 'access-token'),
  internal: keyPair(secret, 'internal-token'),
  journal: keyPair(secret, 'journal-checkpoint'),
})

/**
 * @param secret at least 32 characters
 * @param previous another secret whose signatures are believed as well
 */
export function createKeys(secret: string, previous?: string): Keys {
  return {
    ...signing(secret),
    previous: previous === undefined ? null : signing(previous),
    digest: (purpose, value) => createHmac('sha256', secret).update(`${purpose}:${value}`).digest(),
    passwordOf: (name) => createHmac('sha256', secret).update(`role:${name}`).digest('base64url'),
  }
}

const pairs = (keys: Keys, use: keyof Signing): KeyPair[] =>
  keys.previous ? [keys[use], keys.previous[use]] : [keys[use]]

/** Signs a text as the journal: EdDSA, in base64url, with the id of the key. */
export const signAsJournal = ({ journal }: Keys, text: string): { key: string; signature: string } => ({
  key: journal.id,
  signature: sign(null, Buffer.from(text), journal.privateKey).toString('base64url'),
})

/** Whether the journal signed a text; null when the key is none that this secret knows. */
export function signedAsJournal(
  keys: Keys,
  text: string,
  by: { key: string; signature: string },
): boolean | null {
  const pair = pairs(keys, 'journal').find(({ id }) => id === by.key)
  return pair
    ? verifySignature(null, Buffer.from(text), pair.publicKey, Buffer.from(by.signature, 'base64url'))
    : null
}

/** The public keys that access tokens are verified with, as RFC 7517 writes them. */
export const publicKeysOf = (keys: Keys): { keys: JWK[] } => ({
  keys: pairs(keys, 'access').map(({ id, publicKey }) => {
    const { crv, kty, x } = publicKey.export({ format: 'jwk' })
    return { kty, crv, x, kid: id, use: 'sig', alg: 'EdDSA' } as JWK
  }),
})

export const accessTokenSeconds = 300
const internalTokenSeconds = 30
const internalTokenReuseMs = 20_000
const issuer = 'nexus'
const access = { typ: 'at+jwt', seconds: accessTokenSeconds }
const internal = { typ: 'nexus-internal+jwt', seconds: internalTokenSeconds }
const longestToken = 4_096

const claimsOf = (member: Member) => ({
  org: member.organizationId,
  acc: member.accountId,
  role: member.role,
  scope: member.permissions.join(' '),
  ...(member.sessionId && { sid: member.sessionId }),
  ...(member.apiKeyId && { key: member.apiKeyId }),
  ...(member.hasGrants && { grants: true }),
})

/** The token that a person carries: EdDSA, typ `at+jwt` (RFC 9068), 5 minutes, of one session (`sid`). */
export function signAccessToken(keys: Keys, member: Member): Promise<string> {
  return new SignJWT(claimsOf(member))
    .setProtectedHeader({ alg: 'EdDSA', typ: access.typ, kid: keys.access.id })
    .setIssuer(issuer)
    .setAudience('nexus')
    .setSubject(member.userId)
    .setJti(newId())
    .setIssuedAt()
    .setExpirationTime(`${accessTokenSeconds}s`)
    .sign(keys.access.privateKey)
}

const notValid = () => unauthenticated('The token is not valid or has expired')

async function verify(
  token: string,
  known: KeyPair[],
  { typ, seconds }: typeof access,
  audience: string,
): Promise<JWTPayload> {
  if (token.length > longestToken) throw notValid()
  const keyOf = ({ kid }: { kid?: string | undefined }) => {
    const pair = known.find(({ id }) => id === kid)
    if (!pair) throw new errors.JWKSNoMatchingKey()
    return pair.publicKey
  }
  try {
    const requiredClaims = ['exp', 'iat', 'sub']
    const options = { algorithms: ['EdDSA'], typ, issuer, audience, requiredClaims }
    const { payload } = await jwtVerify(token, keyOf, options)
    // No token of ours lives longer, whatever it says of itself.
    if (payload.exp! - payload.iat! > seconds) throw notValid()
    return payload
  } catch (error) {
    if (error instanceof errors.JOSEError) throw notValid()
    throw error
  }
}

function memberOf(payload: JWTPayload): Member {
  const { sub, org, acc, role, scope, sid, key, grants } = payload
  const wellFormed =
    typeof sub === 'string' && typeof org === 'string' && typeof acc === 'string' && typeof scope === 'string'
  if (!wellFormed || !roles.includes(role as Role)) throw notValid()
  const permissions = scope.split(' ').filter(Boolean) as Permission[]
  return {
    kind: 'member',
    userId: sub,
    organizationId: org,
    accountId: acc,
    role: role as Role,
    permissions,
    ...(typeof sid === 'string' && { sessionId: sid }),
    ...(typeof key === 'string' && { apiKeyId: key }),
    ...(grants === true && { hasGrants: true }),
  }
}

/** Whom a token names, and until when. Throws UNAUTHENTICATED. */
export async function readAccessToken(keys: Keys, token: string): Promise<{ member: Member; until: Date }> {
  const payload = await verify(token, pairs(keys, 'access'), access, 'nexus')
  const member = memberOf(payload)
  if (!member.sessionId || member.apiKeyId || typeof payload.jti !== 'string') throw notValid()
  return { member, until: new Date(payload.exp! * 1000) }
}

/** Throws UNAUTHENTICATED. */
export const verifyAccessToken = async (keys: Keys, token: string): Promise<Member> =>
  (await readAccessToken(keys, token)).member

/** Who calls a subgraph: the gateway on behalf of a viewer, or another subgraph on behalf of one. */
export type Caller = { viewer: Viewer; service: string }
export type InternalSigner = (viewer: Viewer, audience: string) => string | Promise<string>
type Signed = { token: string | Promise<string>; untilMs: number }

/**
 * Signs what a subgraph asks to see before it answers anything: audience, organization, subject,
 * permissions; 30 seconds. Signing costs 0.1 ms, so a token is used again for 20 s per viewer and audience.
 */
export function internalSigner(keys: Keys, service: string): InternalSigner {
  const byClaims = new LRUCache<string, Signed>({ max: 10_000 })
  // Whoever is the same object may the same: their claims need not be written to find the token.
  const bySight = new WeakMap<Viewer, Map<string, Signed>>()
  const sign = (viewer: Viewer, audience: string) => {
    const claims = viewer.kind === 'member' ? claimsOf(viewer) : { anonymous: true }
    return new SignJWT({ ...claims, azp: service })
      .setProtectedHeader({ alg: 'EdDSA', typ: internal.typ, kid: keys.internal.id })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(viewer.kind === 'member' ? viewer.userId : 'anonymous')
      .setIssuedAt()
      .setExpirationTime(`${internalTokenSeconds}s`)
      .sign(keys.internal.privateKey)
  }
  const isGood = (signed: Signed | undefined): signed is Signed => !!signed && signed.untilMs > Date.now()
  const signedFor = (viewer: Viewer, audience: string): Signed => {
    const who = viewer.kind === 'member' ? JSON.stringify([viewer.userId, claimsOf(viewer)]) : 'anonymous'
    const key = `${audience}/${who}`
    const known = byClaims.get(key)
    if (isGood(known)) return known
    const token = sign(viewer, audience)
    const fresh: Signed = { token, untilMs: Date.now() + internalTokenReuseMs }
    byClaims.set(key, fresh)
    token.then(
      (text) => {
        fresh.token = text
      },
      () => byClaims.delete(key),
    )
    return fresh
  }
  return (viewer, audience) => {
    const seen = bySight.get(viewer) ?? new Map<string, Signed>()
    const known = seen.get(audience)
    if (isGood(known)) return known.token
    const signed = signedFor(viewer, audience)
    seen.set(audience, signed)
    bySight.set(viewer, seen)
    return signed.token
  }
}

/** Verifies internal tokens for one audience; a verified token is remembered until it expires. */
export function internalVerifier(keys: Keys, audience: string): (token: string) => Promise<Caller> {
  const verified = new LRUCache<string, { caller: Caller; untilMs: number }>({ max: 10_000 })
  return async (token) => {
    const known = verified.get(token)
    if (known && known.untilMs > Date.now()) return known.caller
    const payload = await verify(token, pairs(keys, 'internal'), internal, audience)
    const viewer: Viewer = payload.anonymous === true ? { kind: 'anonymous' } : memberOf(payload)
    const caller = { viewer, service: String(payload.azp) }
    verified.set(token, { caller, untilMs: payload.exp! * 1000 })
    return caller
  }
}
