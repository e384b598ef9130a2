import type { Client } from '#kit/client.ts'
import { NexusError, unauthenticated } from '#kit/errors.ts'
import { membership } from '../rules.ts'
import type { Around } from './around.ts'
import { type Device, enter, type SignedIn } from './enter.ts'
import * as passkeys from './passkey.ts'
import * as users from './user.ts'

// Nobody needs more; who asks for thousands only wants to fill a table.
const starts = { points: 300, seconds: 300 }

/** What a browser needs to come in by a passkey alone. Says nothing of any account. Throws RATE_LIMITED. */
export async function startEntry(around: Around, client: Client | null) {
  const from = around.keys.digest('passkey-entry', client?.ip ?? 'nowhere').toString('base64url')
  await around.shared
    .limiter('passkey-entry', starts)
    .consume(from)
    .catch((refusal: unknown) => {
      throw refusal instanceof Error
        ? refusal
        : new NexusError('RATE_LIMITED', 'Too many tries; wait some minutes')
    })
  return passkeys.startUse(around, 'enter', null)
}

export type Entry = Device & { passkey?: unknown; organization?: string | null | undefined }

/**
 * Opens a session for who holds a passkey and has shown their device that it is them: that is two factors. Throws
 * UNAUTHENTICATED, the same whatever was wrong.
 */
export async function signInWithPasskey(
  around: Around,
  { passkey: response, organization, ...device }: Entry,
  client: Client | null,
): Promise<SignedIn> {
  const wrong = () => unauthenticated('The passkey is not known here, or was not asked for')
  const passkey = await passkeys.check(around, 'enter', null, response)
  if (!passkey) throw wrong()
  const memberships = await users.memberships(around.db, passkey.accountId)
  const wanted = organization
    ? (memberships.find((each) => each.slug === organization)?.organizationId ?? '')
    : null
  const entered = membership(memberships, wanted)
  if (!entered) throw wrong()
  return enter(around, entered, passkey.email, device, client)
}
