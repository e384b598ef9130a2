import type { Client } from '#kit/client.ts'
import { inTenant } from '#kit/database.ts'
import { unauthenticated } from '#kit/errors.ts'
import type { Tables, UserRow } from '../tables.ts'
import * as accounts from './account.ts'
import type { Around } from './around.ts'
import { placesOf, whereKnown } from './place.ts'
import type { Refreshed } from './refresh.ts'
import { isSecret, newSecret } from './secret.ts'
import * as sessions from './session.ts'
import * as users from './user.ts'

/** How a device is known, and whether it is to be known again. */
export type Device = {
  deviceToken?: string | null | undefined
  rememberDevice?: boolean | null | undefined
}
export type SignedIn = Refreshed & { deviceToken: string | null }
export type Entering = Pick<UserRow, 'id' | 'organizationId' | 'accountId'>

/** A device keeps its token, whoever signs in there: what is remembered is bound to the account. */
const tokenFor = ({ deviceToken }: Device): string =>
  deviceToken && isSecret(deviceToken) ? deviceToken : newSecret()

/** Opens a session for who has proved who they are. Throws UNAUTHENTICATED for who was disabled meanwhile. */
export async function enter(
  { db, keys }: Pick<Around, 'db' | 'keys'>,
  { id, organizationId, accountId }: Entering,
  email: string,
  device: Device,
  client: Client | null,
): Promise<SignedIn> {
  const opened = await inTenant<Tables, Refreshed>(db, { organizationId }, async (trx) => {
    const [user] = await users.find(trx, [id])
    if (!user || user.disabledAt) throw unauthenticated('Sign in again')
    await users.markSignedIn(trx, id)
    return { ...(await sessions.open(trx, user, client)), user }
  })
  const deviceToken = device.rememberDevice ? tokenFor(device) : null
  await accounts.remember(db, accountId, whereKnown(placesOf(keys, email, deviceToken, client)))
  return { ...opened, deviceToken }
}
