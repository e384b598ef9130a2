import { type Db, inTenant } from '#kit/database.ts'
import type { Viewer } from '#kit/viewer.ts'
import type { Tables } from '../tables.ts'
import * as sessions from './session.ts'

/** Ends the viewer's session, or the one of a refresh token; nothing when there is neither. */
export async function signOut(db: Db<Tables>, viewer: Viewer, token: string | null): Promise<void> {
  const own =
    viewer.kind === 'member' && viewer.sessionId
      ? { organizationId: viewer.organizationId, sessionId: viewer.sessionId }
      : null
  const ended = own ?? (token ? await sessions.ofToken(db, token) : null)
  if (!ended) return
  const { organizationId, sessionId: id } = ended
  await inTenant(db, { organizationId }, (trx) => sessions.end(trx, { id }, 'signed_out'))
}
