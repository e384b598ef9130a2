/** Providers of single sign-on: a certified one that follows the rules, and one that does as it is told. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import Provider, { type Configuration } from 'oidc-provider'

export const publicUrl = 'https://nexus.example'
export const callback = `${publicUrl}/api/v1/auth/sso/callback`
export const client = { id: 'nexus', secret: 'a-client-secret-of-forty-characters-here' }
const scopes = 'openid email profile groups'

export type Person = {
  sub: string
  email?: string
  email_verified?: boolean
  name?: string
  groups?: string[]
}
export type IdentityProvider = { issuer: string; people: Person[]; close(): Promise<void> }

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown

async function listen(listenerFor: (issuer: string) => Listener | Promise<Listener>) {
  let listener: Listener = (_request, response) => response.writeHead(503).end()
  const server = createServer((request, response) => listener(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  listener = await listenerFor(issuer)
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { issuer, close }
}

/** The application that a provider knows, and where it sends browsers back to. */
export const clientAt = (redirectUri: string) => ({
  ...{ client_id: client.id, client_secret: client.secret },
  redirect_uris: [redirectUri],
})

/** `oidc-provider`, at which the first of `people` signs in without being asked. */
export async function openIdentityProvider(more: Configuration = {}): Promise<IdentityProvider> {
  const people: Person[] = []
  // It warns of keys and storage that are for tests only, which is what these are.
  const { warn, info } = console
  Object.assign(console, { warn: () => {}, info: () => {} })
  const { issuer, close } = await listen((issuer) => {
    const provider: Provider = new Provider(issuer, {
      clients: [clientAt(callback)],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
      cookies: { keys: ['a key of these tests'] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
      pkce: { required: () => false },
      ttl: { Interaction: 60, Grant: 60, Session: 60, AccessToken: 60, IdToken: 60, AuthorizationCode: 60 },
      findAccount: (_context, sub) => ({
        accountId: sub,
        claims: async () => ({ ...people.find((each) => each.sub === sub), sub }),
      }),
      async loadExistingGrant({ oidc }) {
        const { session, client } = oidc
        const grant = new provider.Grant({ accountId: session!.accountId!, clientId: client!.clientId })
        grant.addOIDCScope(scopes)
        await grant.save()
        return grant
      },
      ...more,
    })
    const answer = provider.callback()
    return (request, response) =>
      request.url?.startsWith('/interaction/')
        ? provider.interactionFinished(request, response, { login: { accountId: people[0]!.sub } })
        : answer(request, response)
  })
  Object.assign(console, { warn, info })
  return { issuer, people, close }
}

export type Told = {
  header: Record<string, unknown>
  claims: JWTPayload
  /** Who signs: its key, another one of the same name, the client secret, or nobody. */
  by: 'key' | 'stranger' | 'secret' | 'nobody'
}
export type Wrong = {
  metadata: Record<string, unknown>
  /** Of the address that the browser is sent back to. */
  answer: Record<string, string>
  token: (told: Told) => Told
  /** Takes the place of a whole answer. */
  instead: (path: string, response: ServerResponse) => boolean
}

/** A provider that signs in `person` and gets wrong what `wrong` says. */
export async function openWrongProvider(person: Person) {
  const wrong: Partial<Wrong> = {}
  const seen: string[] = []
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const stranger = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  const nonces = new Map<string, string>()
  const sign = async ({ header, claims, by }: Told) => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    if (by === 'nobody') return `${part(header)}.${part(claims)}.`
    const key = { key: privateKey, stranger: stranger.privateKey, secret: Buffer.from(client.secret) }[by]
    return new SignJWT(claims).setProtectedHeader(header as { alg: string }).sign(key)
  }
  const { issuer, close } = await listen((issuer) => async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, issuer)
    seen.push(pathname)
    const json = (value: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (wrong.instead?.(pathname, response)) return
    if (pathname === '/.well-known/openid-configuration')
      return json({
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
        code_challenge_methods_supported: ['S256'],
        ...wrong.metadata,
      })
    if (pathname === '/jwks') return json({ keys: [jwk] })
    if (pathname === '/auth') {
      const code = `code-${nonces.size}`
      nonces.set(code, searchParams.get('nonce') ?? '')
      const back = new URL(searchParams.get('redirect_uri')!)
      const answer = { code, state: searchParams.get('state')!, ...wrong.answer }
      for (const [name, value] of Object.entries(answer)) back.searchParams.set(name, value)
      return response.writeHead(302, { location: back.href }).end()
    }
    if (pathname !== '/token') return response.writeHead(404).end()
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const now = Math.floor(Date.now() / 1_000)
    const nonce = nonces.get(new URLSearchParams(body).get('code')!) ?? ''
    const told: Told = {
      header: { alg: 'RS256', kid: 'one' },
      claims: { iss: issuer, aud: client.id, iat: now, exp: now + 60, nonce, ...person },
      by: 'key',
    }
    const token = await sign(wrong.token?.(told) ?? told)
    return json({ access_token: 'access', token_type: 'Bearer', expires_in: 60, id_token: token })
  })
  return { issuer, wrong, seen, person, close }
}
