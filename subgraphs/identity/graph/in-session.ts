import { forbidden } from '#kit/errors.ts'
import { signedIn, type Viewer } from '#kit/viewer.ts'
import type { InSession } from '../model/proof.ts'

/** Throws FORBIDDEN for a key, which has no sessions and none of its maker's. */
export function inSession(viewer: Viewer): InSession {
  const { sessionId, ...member } = signedIn(viewer)
  if (!sessionId) throw forbidden('This is for people who have signed in')
  return { ...member, sessionId }
}
