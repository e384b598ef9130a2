/** Tokens that nobody gave: every way that we know to make one look like an access token. */
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { SignJWT } from 'jose'
import { newId } from '#kit/id.ts'
import { createKeys, internalSigner, type Keys, signAccessToken } from '#kit/tokens.ts'
import type { Member } from '#kit/viewer.ts'

type Json = Record<string, unknown>
const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Json

export async function forgeries(keys: Keys, member: Member): Promise<Record<string, string>> {
  const good = await signAccessToken(keys, member)
  const [head, body, seal] = good.split('.') as [string, string, string]
  const [header, claims] = [decode(head), decode(body)]
  const now = Math.floor(Date.now() / 1_000)
  const own = keys.access.privateKey
  const text = (h: unknown, c: unknown = claims) => `${encode(h)}.${encode(c)}`
  /** Signed well, with the right key: only what it says is wrong. */
  const raw = (h: unknown, c: unknown = claims, key: KeyObject = own) => {
    const signed = text(h, c)
    return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`
  }
  const headed = (change: Json) => raw({ ...header, ...change })
  const claimed = (change: Json) => raw(header, { ...claims, ...change })
  const without = (name: string) => claimed({ [name]: undefined })
  const hmac = (alg: string, secret: string | Buffer) => {
    const signed = text({ ...header, alg })
    const digest = createHmac(`sha${alg.slice(2)}`, secret)
      .update(signed)
      .digest('base64url')
    return `${signed}.${digest}`
  }
  const pem = keys.access.publicKey.export({ type: 'spki', format: 'pem' }) as string
  const jwk = keys.access.publicKey.export({ format: 'jwk' })
  const stranger = generateKeyPairSync('ed25519')
  const strangers = stranger.publicKey.export({ format: 'jwk' })
  const by = (h: Json) => raw({ ...header, ...h }, claims, stranger.privateKey)
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const elsewhere = createKeys('another secret of sufficient length!')
  const flipped = Buffer.from(seal, 'base64url')
  flipped[0]! ^= 1
  const forged: Record<string, string> = {}
  const add = (group: string, tokens: Record<string, string>) => {
    for (const [name, token] of Object.entries(tokens)) forged[`${group}: ${name}`] = token
  }

  add('alg none', {
    unsigned: `${text({ ...header, alg: 'none' })}.`,
    'with the old signature': `${text({ ...header, alg: 'none' })}.${seal}`,
    capitalized: `${text({ ...header, alg: 'None' })}.`,
    shouted: `${text({ ...header, alg: 'NONE' })}.`,
    'mixed case': `${text({ ...header, alg: 'nOnE' })}.`,
    'signed well': headed({ alg: 'none' }),
  })
  add('the public key as a secret', {
    HS256: hmac('HS256', pem),
    HS384: hmac('HS384', pem),
    HS512: hmac('HS512', pem),
    'without its last line feed': hmac('HS256', pem.trim()),
    'its DER': hmac('HS256', keys.access.publicKey.export({ type: 'spki', format: 'der' })),
    'its bytes': hmac('HS256', Buffer.from(jwk.x!, 'base64url')),
    'its JWK': hmac('HS256', JSON.stringify(jwk)),
    'its coordinate': hmac('HS256', jwk.x!),
    'an empty secret': hmac('HS256', ''),
    'its key id': hmac('HS256', keys.access.id),
  })
  add('another algorithm', {
    ...Object.fromEntries(
      ['HS256', 'RS256', 'ES256', 'PS256', 'ES512', 'Ed448', 'eddsa', 'EDDSA', 'EdDSA ', ''].map((alg) => [
        alg || 'empty',
        headed({ alg }),
      ]),
    ),
    missing: headed({ alg: undefined }),
    null: headed({ alg: null }),
    'a list': headed({ alg: ['EdDSA'] }),
    'RSA that is RSA': await new SignJWT(claims)
      .setProtectedHeader({ ...header, alg: 'RS256' })
      .sign(rsa.privateKey),
    'ECDSA that is ECDSA': await new SignJWT(claims)
      .setProtectedHeader({ ...header, alg: 'ES256' })
      .sign(ec.privateKey),
  })
  add('the key', {
    'none named': headed({ kid: undefined }),
    'an unknown one': headed({ kid: newId() }),
    'an empty name': headed({ kid: '' }),
    null: headed({ kid: null }),
    'a list': headed({ kid: [keys.access.id] }),
    'a path': headed({ kid: '../../../../dev/null' }),
    'a statement': headed({ kid: "x' union select 'secret" }),
    'a url': headed({ kid: 'https://evil.example/jwks.json' }),
    __proto__: raw(`{"alg":"EdDSA","typ":"at+jwt","kid":"__proto__"}`),
    constructor: headed({ kid: 'constructor' }),
    'the internal one': raw({ ...header, kid: keys.internal.id }, claims, keys.internal.privateKey),
    'the internal one under our name': raw(header, claims, keys.internal.privateKey),
    'a stranger’s under our name': by({}),
    'a stranger’s beside it': by({ jwk: strangers }),
    'a stranger’s by jku': by({ jku: 'http://127.0.0.1:1/jwks.json' }),
    'a stranger’s by x5u': by({ x5u: 'http://127.0.0.1:1/cert.pem' }),
    'a stranger’s by x5c': by({ x5c: [encode('certificate')] }),
    'of another secret': await signAccessToken(elsewhere, member),
    'of another secret, under our name': raw(header, claims, elsewhere.access.privateKey),
    'a signature of zeros': `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`,
  })
  add('the type', {
    JWT: headed({ typ: 'JWT' }),
    missing: headed({ typ: undefined }),
    internal: headed({ typ: 'nexus-internal+jwt' }),
    'an id token': headed({ typ: 'id+jwt' }),
    'a list': headed({ typ: ['at+jwt'] }),
    'an unknown critical word': headed({ crit: ['nexus'], nexus: 1 }),
    'not encoded': headed({ crit: ['b64'], b64: false }),
    'an internal token': await internalSigner(keys, 'gateway')(member, 'assets'),
    'an internal token for the edge': await internalSigner(keys, 'gateway')(member, 'nexus'),
  })
  add('for whom, by whom', {
    'another audience': claimed({ aud: 'elsewhere' }),
    'other audiences': claimed({ aud: ['assets', 'alerts'] }),
    'no audience': without('aud'),
    'no audiences': claimed({ aud: [] }),
    'another issuer': claimed({ iss: 'elsewhere' }),
    issuers: claimed({ iss: ['nexus'] }),
    'no issuer': without('iss'),
  })
  add('when', {
    'just expired': claimed({ exp: now - 1 }),
    'long expired': claimed({ exp: 1 }),
    'no end': without('exp'),
    'an end that is no number': claimed({ exp: String(now + 600) }),
    'a null end': claimed({ exp: null }),
    'an endless end': raw(header, JSON.stringify(claims).replace(/"exp":\d+/, '"exp":1e999')),
    'not yet': claimed({ nbf: now + 600 }),
    'not yet, in words': claimed({ nbf: 'tomorrow' }),
    'no beginning': without('iat'),
    'a beginning in words': claimed({ iat: 'now' }),
  })
  add('who', {
    nobody: without('sub'),
    'a number': claimed({ sub: 1 }),
    several: claimed({ sub: [member.userId] }),
    'no organization': without('org'),
    'several organizations': claimed({ org: [member.organizationId, newId()] }),
    'no account': without('acc'),
    'an unknown role': claimed({ role: 'root' }),
    'the role of an object': claimed({ role: '__proto__' }),
    'no role': without('role'),
    'no scope': without('scope'),
    'scopes as a list': claimed({ scope: ['assets:read'] }),
    'no session': without('sid'),
    'an empty session': claimed({ sid: '' }),
    sessions: claimed({ sid: [newId()] }),
    'no id': without('jti'),
    'claims that are a list': raw(header, [claims]),
    'claims that are text': raw(header, '"claims"'),
    'claims that are null': raw(header, 'null'),
  })
  add('the form', {
    'another payload under the signature': `${head}.${encode({ ...claims, role: 'admin', org: newId() })}.${seal}`,
    'another header over the signature': `${encode({ ...header, kid: 'x' })}.${body}.${seal}`,
    'one bit of the signature': `${head}.${body}.${flipped.toString('base64url')}`,
    'cut short': good.slice(0, -10),
    'without its signature': `${head}.${body}.`,
    'two parts': `${head}.${body}`,
    'four parts': `${good}.${seal}`,
    'five parts': `${good}.${seal}.${seal}`,
    'parts in another order': `${body}.${head}.${seal}`,
    'the signature of another token': `${head}.${body}.${(await signAccessToken(keys, { ...member, role: 'viewer' })).split('.')[2]}`,
    'a JWS in JSON': encode({ payload: body, protected: head, signature: seal }),
    'a header that is no JSON': `${encode('{')}.${body}.${seal}`,
    'not base64url': `${head}.${body}.${'+/'.repeat(43)}`,
    'too long': claimed({ note: 'x'.repeat(6_000) }),
    'no token at all': 'undefined',
    dots: '..',
  })
  return forged
}
