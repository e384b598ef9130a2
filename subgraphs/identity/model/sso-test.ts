import { inTenant } from '#kit/database.ts'
import type { SsoConnectionRow } from '../tables.ts'
import * as connections from './sso-connection.ts'
import { discover, type Provider, problemsOf } from './sso-provider.ts'
import { type Around, secretOf } from './sso-start.ts'

/** Asks the provider what it says of itself now, and tells what is wrong; nothing marks the connection as tested. */
export async function problems(context: Around, connection: SsoConnectionRow): Promise<string[]> {
  const { db, log, outbound, requestId } = context
  const { organizationId } = connection
  const failed = (error: unknown) => {
    log.info({ requestId, err: error }, 'a provider does not pass its test')
    return null
  }
  const provider = await discover(outbound, connection, await secretOf(context, connection)).catch(failed)
  if (!provider) return ['It does not answer at its address, or names itself otherwise']
  const found = problemsOf(provider)
  if (found.length === 0 && !(await hasKeys(provider, context, organizationId).catch(failed)))
    found.push('Its keys cannot be read')
  if (found.length === 0)
    await inTenant(db, { organizationId }, (trx) => connections.markTested(trx, connection))
  return found
}

async function hasKeys(provider: Provider, { outbound }: Around, countedAs: string): Promise<boolean> {
  const answer = await outbound.fetch(provider.serverMetadata().jwks_uri!, { countedAs })
  const { keys } = (await answer.json()) as { keys?: unknown }
  return Array.isArray(keys) && keys.length > 0
}
