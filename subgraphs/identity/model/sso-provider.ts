import { LRUCache } from 'lru-cache'
import * as oidc from 'openid-client'
import type { Outbound } from '#kit/outbound.ts'
import type { SsoConnectionRow } from '../tables.ts'

/** What an ID token may be signed with: never nothing, and never what we share with the provider. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]
const clockSkewSeconds = 60
const rememberedMs = 600_000

export type Provider = oidc.Configuration
type Connection = Pick<
  SsoConnectionRow,
  'organizationId' | 'id' | 'version' | 'issuer' | 'clientId' | 'clientSecretSealed'
>

/** Asks a provider's own addresses only in the way that addresses of strangers are asked. */
const through =
  (outbound: Outbound, countedAs: string): oidc.CustomFetch =>
  (url, { method, headers, body, signal }) =>
    outbound.fetch(url, {
      ...{ method, countedAs, signal },
      headers: Object.fromEntries(new Headers(headers)),
      ...(body !== null && body !== undefined && { body: String(body) }),
    })

/** Reads what a provider says of itself. Throws when it does not answer, or says that it is another one. */
export async function discover(
  outbound: Outbound,
  { organizationId, issuer, clientId }: Connection,
  clientSecret: string | null,
): Promise<Provider> {
  const fetch = through(outbound, organizationId)
  const isPlain = new URL(issuer).protocol === 'http:'
  const found = await oidc.discovery(new URL(issuer), clientId, undefined, oidc.None(), {
    [oidc.customFetch]: fetch,
    // Whether it may be asked so is for `outbound` to say.
    execute: isPlain ? [oidc.allowInsecureRequests] : [],
  })
  const { supportsPKCE: _, ...server } = found.serverMetadata()
  // As we were told, not as it may have been written since.
  if (server.issuer !== issuer && server.issuer !== new URL(issuer).href) throw new Error('another issuer')
  const signs = server.id_token_signing_alg_values_supported ?? ['RS256']
  const provider = new oidc.Configuration(
    { ...server, id_token_signing_alg_values_supported: signs.filter((each) => algorithms.includes(each)) },
    clientId,
    { [oidc.clockTolerance]: clockSkewSeconds },
    authentication(clientSecret, server.token_endpoint_auth_methods_supported),
  )
  provider[oidc.customFetch] = fetch
  if (isPlain) oidc.allowInsecureRequests(provider)
  // The code's way is over TLS; a signature that is checked needs no trust in that.
  oidc.enableNonRepudiationChecks(provider)
  return provider
}

function authentication(secret: string | null, methods: readonly string[] | undefined): oidc.ClientAuth {
  if (secret === null) return oidc.None()
  const isPosted = methods?.includes('client_secret_post') && !methods.includes('client_secret_basic')
  return isPosted ? oidc.ClientSecretPost(secret) : oidc.ClientSecretBasic(secret)
}

export type Providers = (
  outbound: Outbound,
  connection: Connection,
  secretOf: () => Promise<string | null>,
) => Promise<Provider>

/** Providers as they were found, for ten minutes, and never for another version of their connection. */
function rememberProviders(): Providers {
  const known = new LRUCache<string, Promise<Provider>>({ max: 500, ttl: rememberedMs })
  return (outbound, connection, secretOf) => {
    const { organizationId, id, version } = connection
    const key = `${organizationId}/${id}/${version}`
    const before = known.get(key)
    if (before) return before
    const found = secretOf().then((secret) => discover(outbound, connection, secret))
    known.set(key, found)
    found.catch(() => known.delete(key))
    return found
  }
}

export const providerOf: Providers = rememberProviders()

/** Whether it can be signed in at a provider: what is wrong with it, in words that tell nothing of where it is. */
export function problemsOf(provider: Provider): string[] {
  const server = provider.serverMetadata()
  const problems: string[] = []
  const methods = server.code_challenge_methods_supported
  if (!server.authorization_endpoint || !server.token_endpoint || !server.jwks_uri)
    problems.push('It does not say where to sign in, to get tokens or to find its keys')
  if (methods && !methods.includes('S256')) problems.push('It does not support PKCE with S256')
  if (server.id_token_signing_alg_values_supported?.length === 0)
    problems.push('It signs with none of the algorithms that are accepted')
  if (server.response_types_supported && !server.response_types_supported.includes('code'))
    problems.push('It does not support the authorization code')
  return problems
}
