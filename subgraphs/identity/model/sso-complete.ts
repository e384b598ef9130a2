import { sql } from 'kysely'
import * as oidc from 'openid-client'
import type { Client } from '#kit/client.ts'
import { inTenant } from '#kit/database.ts'
import { unauthenticated } from '#kit/errors.ts'
import type { SsoConnectionRow } from '../tables.ts'
import type { Refreshed } from './refresh.ts'
import { hashOf, isSecret } from './secret.ts'
import * as connections from './sso-connection.ts'
import { type Claimed, enter } from './sso-member.ts'
import { type Around, boundTo, callbackUrl, providerFor } from './sso-start.ts'

export type Complete = {
  /** The query of the address that the provider sent the browser to. */
  parameters: string
  /** What the browser kept. */
  browser?: string | null | undefined
}
export type Completed = Refreshed & { returnTo: string | null }

const wrong = () => unauthenticated('Single sign-on did not succeed')
const longestQuery = 8_000
const longestSubject = 255

/**
 * Ends what `start` began: takes the code to the provider that was asked, and opens a session in the organization
 * whose provider it is. Throws UNAUTHENTICATED, the same whatever was wrong.
 */
export async function complete(context: Around, given: Complete, client: Client | null): Promise<Completed> {
  const { db, log, requestId } = context
  try {
    const { connection, state, browser, returnTo } = await spend(context, given)
    const claimed = await claimedBy(context, connection, given.parameters, { state, browser })
    const { organizationId } = connection
    const entered = await inTenant(db, { organizationId }, (trx) => enter(trx, connection, claimed, client))
    return { ...entered, returnTo }
  } catch (error) {
    log.info({ requestId, err: error }, 'single sign-on did not succeed')
    throw wrong()
  }
}

/** The sign-in that was begun in this browser: once, and while its connection is as it was. */
async function spend({ db }: Around, { parameters, browser }: Complete) {
  const state = parameters.length <= longestQuery ? new URLSearchParams(parameters).get('state') : null
  if (!state || !isSecret(state) || !browser || !isSecret(browser)) throw wrong()
  const hash = hashOf(state)
  const credential = hash.toString('hex')
  const found = await inTenant(db, { credential }, (trx) =>
    trx.selectFrom('ssoTransactions').select('organizationId').where('hash', '=', hash).executeTakeFirst(),
  )
  if (!found) throw wrong()
  return inTenant(db, found, async (trx) => {
    const begun = await trx
      .updateTable('ssoTransactions')
      .set({ usedAt: sql<Date>`now()` })
      .where('hash', '=', hash)
      .where('browser', '=', hashOf(browser))
      .where('usedAt', 'is', null)
      .where('expiresAt', '>', sql<Date>`now()`)
      .returningAll()
      .executeTakeFirst()
    const connection = await connections.find(trx)
    const isSame = begun?.connectionId === connection?.id && begun?.connectionVersion === connection?.version
    if (!begun || !connection?.isEnabled || !isSame) throw wrong()
    return { connection, state, browser, returnTo: begun.returnTo }
  })
}

async function claimedBy(
  context: Around,
  connection: SsoConnectionRow,
  parameters: string,
  { state, browser }: { state: string; browser: string },
): Promise<Claimed> {
  const provider = await providerFor(context, connection)
  const { nonce, verifier } = boundTo(context.keys, browser, state)
  // Checks the state, who answers (RFC 9207), the nonce, the signature, for whom the token is and until when.
  const tokens = await oidc.authorizationCodeGrant(
    provider,
    new URL(`${callbackUrl(context)}?${parameters}`),
    {
      ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier },
      idTokenExpected: true,
    },
  )
  const token = tokens.claims()!
  // An empty one would be everybody of whom nothing is said.
  if (token.sub.length === 0 || token.sub.length > longestSubject) throw wrong()
  const isWhole = token.email !== undefined && (!connection.groupClaim || connection.groupClaim in token)
  const more =
    isWhole || !provider.serverMetadata().userinfo_endpoint
      ? {}
      : await oidc.fetchUserInfo(provider, tokens.access_token, token.sub)
  const claims: Record<string, unknown> = { ...more, ...token }
  const { email, name } = claims
  return {
    subject: token.sub,
    // The e-mail and that it is verified are said by the same answer, or not at all.
    email: typeof email === 'string' && verifiedWith(token.email === undefined ? more : token) ? email : null,
    name: typeof name === 'string' ? name : null,
    groups: connection.groupClaim ? listOf(claims[connection.groupClaim]) : [],
  }
}

const verifiedWith = (claims: Record<string, unknown>) => claims.email_verified === true

const listOf = (claim: unknown): string[] =>
  [claim].flat().filter((each): each is string => typeof each === 'string' && each.length <= 255)
