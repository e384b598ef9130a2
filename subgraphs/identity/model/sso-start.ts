import { sql } from 'kysely'
import * as oidc from 'openid-client'
import type { Client } from '#kit/client.ts'
import type { Context } from '#kit/context.ts'
import { inTenant, type Trx } from '#kit/database.ts'
import { NexusError, notFound } from '#kit/errors.ts'
import type { Keys } from '#kit/tokens.ts'
import { ssoMinutes } from '../rules.ts'
import type { SsoConnectionRow, Tables } from '../tables.ts'
import { hashOf, isSecret, newSecret } from './secret.ts'
import * as connections from './sso-connection.ts'
import { type Provider, providerOf } from './sso-provider.ts'

export type Around = Pick<
  Context<Tables>,
  'db' | 'keys' | 'log' | 'outbound' | 'publicUrl' | 'requestId' | 'sealing' | 'shared'
>

/** Sign-ins that one address may begin in a minute, as many as there may be people behind it. */
const starts = { points: 120, seconds: 60 }

const pathOfCallback = '/api/v1/auth/sso/callback'
export const callbackUrl = ({ publicUrl }: Pick<Around, 'publicUrl'>): string =>
  `${publicUrl()}${pathOfCallback}`

/** What belongs to one sign-in of one browser follows from secrets that only that browser sends back. */
export const boundTo = (keys: Keys, browser: string, state: string) => ({
  nonce: keys.digest('sso-nonce', `${browser}/${state}`).toString('base64url'),
  verifier: keys.digest('sso-verifier', `${browser}/${state}`).toString('base64url'),
})

/** The secret that the provider knows us by, or null where there is none. */
export async function secretOf(
  { db, sealing }: Around,
  connection: SsoConnectionRow,
): Promise<string | null> {
  const { organizationId, clientSecretSealed: sealed } = connection
  if (sealed === null) return null
  return inTenant(db, { organizationId }, (trx) => sealing.open(trx, connections.placeOf(connection), sealed))
}

export const providerFor = (context: Around, connection: SsoConnectionRow): Promise<Provider> =>
  providerOf(context.outbound, connection, () => secretOf(context, connection))

export type Start = {
  organization: string
  browser?: string | null | undefined
  returnTo?: string | null | undefined
}
export type Started = { url: string; browser: string }

/** A way of our own page, and never one that browsers read as another host's. */
const isOwnPath = (path: string) => /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,1999}$/.test(path)

/**
 * Begins a sign-in at an organization's provider: where the browser goes, and what it keeps. Throws NOT_FOUND, the
 * same for an organization that is not there, that has no single sign-on, or whose provider does not answer; and
 * RATE_LIMITED.
 */
export async function start(context: Around, wanted: Start, client: Client | null): Promise<Started> {
  const { db, keys, log, requestId } = context
  await context.shared
    .limiter('sso', starts)
    .consume(keys.digest('sso', client?.ip ?? 'unknown').toString('base64url'))
    .catch((refusal: unknown) => {
      throw refusal instanceof Error
        ? refusal
        : new NexusError('RATE_LIMITED', 'Too many tries; wait a minute')
    })
  const none = () => notFound('Single sign-on')
  const connection = await connections.bySlug(
    (tenant, work) => inTenant(db, tenant, work),
    wanted.organization,
  )
  if (!connection) throw none()
  const browser = wanted.browser && isSecret(wanted.browser) ? wanted.browser : newSecret()
  const state = newSecret()
  const url = await urlOf(context, connection, { browser, state }).catch((error: unknown) => {
    log.info({ requestId, err: error }, 'a provider of single sign-on cannot be gone to')
    throw none()
  })
  const returnTo = wanted.returnTo && isOwnPath(wanted.returnTo) ? wanted.returnTo : null
  const { organizationId } = connection
  await inTenant(db, { organizationId }, (trx) => keep(trx, connection, { state, browser, returnTo }))
  return { url: url.href, browser }
}

async function urlOf(
  context: Around,
  connection: SsoConnectionRow,
  { browser, state }: { browser: string; state: string },
): Promise<URL> {
  const provider = await providerFor(context, connection)
  const { nonce, verifier } = boundTo(context.keys, browser, state)
  const url = oidc.buildAuthorizationUrl(provider, {
    ...{ redirect_uri: callbackUrl(context), scope: connection.scopes.join(' '), state, nonce },
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  // Browsers would run what other addresses say.
  if (!/^https?:$/.test(url.protocol)) throw new Error('no address that a browser may be sent to')
  return url
}

/** Rows that are over are taken again: strangers begin sign-ins, and may not fill the table. */
async function keep(
  trx: Trx<Tables>,
  { organizationId, id: connectionId, version: connectionVersion }: SsoConnectionRow,
  { state, browser, returnTo }: { state: string; browser: string; returnTo: string | null },
): Promise<void> {
  const values = {
    ...{ hash: hashOf(state), browser: hashOf(browser), connectionId, connectionVersion, returnTo },
    expiresAt: sql<Date>`now() + make_interval(mins => ${ssoMinutes})`,
    usedAt: null,
  }
  const over = trx
    .selectFrom('ssoTransactions')
    .select('hash')
    .where('expiresAt', '<', sql<Date>`now()`)
    .limit(1)
    .forUpdate()
    .skipLocked()
  const taken = await trx
    .updateTable('ssoTransactions')
    .set(values)
    .where('hash', 'in', over)
    .executeTakeFirst()
  if (taken.numUpdatedRows > 0n) return
  await trx
    .insertInto('ssoTransactions')
    .values({ organizationId, ...values })
    .execute()
}
