import { isRenewable, renewSession } from './renewal.ts'
import { type Refusal, refusalOf } from './rest.ts'
import { sessionEnded } from './session.ts'

export type Asked<Data> = { data: Data; refusal?: never } | { data?: never; refusal: Refusal }

/** Asks a REST door, with new cookies if need be. */
export async function ask<Data>(method: string, path: string, body?: object): Promise<Asked<Data>> {
  const once = () =>
    fetch(`/api/v1${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    }).catch(() => null)
  const first = await once()
  const response =
    first?.status === 401 && isRenewable(first) && (await renewSession()) ? await once() : first
  if (!response) return { refusal: { code: '', message: 'Nexus does not answer. Are you online?' } }
  const answer = await response.json().catch(() => null)
  if (response.ok) return { data: answer.data }
  const refusal = refusalOf(response.status, answer)
  if (refusal.code === 'UNAUTHENTICATED' && !('challenge' in (body ?? {}))) sessionEnded()
  return { refusal }
}
