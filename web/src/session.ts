import { useSyncExternalStore } from 'react'
import type { Client } from 'urql'
import { createPageClient, MeQuery } from './client.ts'
import { type Live, openLive } from './live.ts'
import { refusalOf } from './rest.ts'

/** Why nobody is signed in: nobody was yet, the session has ended, or somebody ended it. */
export type Ended = 'needed' | 'expired' | 'left'
export type Session = {
  client: Client
  live: Live
  ended: Ended | null
  /** Changes with the person: what one was shown is not for another. */
  person: string
}
export type Credentials = { email: string; password: string; organization?: string }

let session = open('')
const listeners = new Set<() => void>()

function open(person: string): Session {
  const ended = () => {
    if (next === session && !next.ended) end(whoIs(next) ? 'expired' : 'needed')
  }
  const live = openLive(ended)
  const next: Session = { client: createPageClient(live, ended), live, ended: null, person }
  return next
}

function become(next: Session) {
  session = next
  for (const listener of listeners) listener()
}

function end(why: Ended) {
  session.live.close()
  become({ ...session, ended: why })
}

const whoIs = ({ client }: Session) =>
  client.readQuery(MeQuery, {}, { requestPolicy: 'cache-only' })?.data?.me?.id

/** The session of this page. The token is in a cookie that no script can read. */
export const useSession = (): Session =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => session,
  )

/** Why somebody has not come in. */
export type Refused = {
  message: string
  /** What else it takes, where the password was right: a second factor, or to set one up. */
  step?: Step
}
export type Step = { challenge: string; methods: string[] }

/** Begins a session, and answers why it could not. Pages of the same person stay as they were. */
async function enterBy(path: string, given: object): Promise<Refused | null> {
  const response = await fetch(`/api/v1/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(given),
  }).catch(() => null)
  if (!response) return { message: 'Nexus does not answer. Are you online?' }
  const body = await response.json().catch(() => null)
  if (!response.ok) {
    const { message, challenge, methods } = refusalOf(response.status, body)
    return { message, ...(challenge && methods && { step: { challenge, methods } }) }
  }
  const { id } = body.data.user as { id: string }
  const stays = session.ended === 'expired' && whoIs(session) === id
  become(open(stays ? session.person : id))
  return null
}

export const signIn = (credentials: Credentials) => enterBy('session', credentials)

/** Goes on where the password was not enough. */
export const completeSignIn = (proof: {
  challenge: string
  code?: string
  recoveryCode?: string
  passkey?: unknown
}) => enterBy('session/complete', proof)

export const signInWithPasskey = (passkey: unknown) => enterBy('session/passkey', { passkey })

/** An answer outside of the graph said that nobody is signed in. */
export const sessionEnded = () => {
  if (!session.ended) end(whoIs(session) ? 'expired' : 'needed')
}

/** Ends the session, and tells whether it has: without an answer the cookie is still there. */
export async function signOut(): Promise<boolean> {
  const response = await fetch('/api/v1/auth/logout', { method: 'POST' }).catch(() => null)
  if (response?.ok) end('left')
  return response?.ok ?? false
}
