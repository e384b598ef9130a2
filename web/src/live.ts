import { createClient } from 'graphql-ws'
import { sessionGoesOn } from './renewal.ts'

export type LiveState = 'connecting' | 'live' | 'reconnecting'
export type Live = {
  /** One operation over the socket, which opens with the first of them. */
  subscribe: ReturnType<typeof createClient>['subscribe']
  state(): LiveState
  /** How many times the socket was opened. What happened before was not heard of. */
  openings(): number
  onChange(listener: () => void): () => void
  close(): void
}

/** Milliseconds. */
const silence = { ping: 10_000, answer: 5_000 }
const longestWait = 15_000
/** The gateway's close code where no session came. */
const nobody = 4401

/** The socket of one session. It connects again until that session ends, which it tells by `onEnded`. */
export function openLive(onEnded: () => void): Live {
  let state: LiveState = 'connecting'
  let openings = 0
  let answer: number | undefined
  const listeners = new Set<() => void>()
  const become = (next: LiveState) => {
    state = next
    for (const listener of listeners) listener()
  }
  const client = createClient({
    // A socket ends with its token, every few minutes: the next one begins with a new one.
    url: async () => {
      if (await sessionGoesOn()) return new URL('/graphql', location.href.replace(/^http/, 'ws')).href
      onEnded()
      // Whoever ends closes this client: there is nothing to connect to any more.
      return new Promise<never>(() => {})
    },
    keepAlive: silence.ping,
    retryAttempts: Number.POSITIVE_INFINITY,
    // Spread, so that a gateway that starts again is not asked by everybody at once.
    retryWait: (retries) =>
      new Promise((resolve) => {
        const most = Math.min(longestWait, 500 * 2 ** retries)
        setTimeout(resolve, most / 2 + (Math.random() * most) / 2)
      }),
    shouldRetry: (reason) => !(reason instanceof CloseEvent && reason.code === nobody),
    on: {
      connected: () => {
        openings += 1
        become('live')
      },
      closed: (reason) => {
        clearTimeout(answer)
        become('reconnecting')
        if (reason instanceof CloseEvent && reason.code === nobody) onEnded()
      },
      ping: (received) => {
        if (!received) answer = window.setTimeout(() => client.terminate(), silence.answer)
      },
      pong: (received) => {
        if (received) clearTimeout(answer)
      },
    },
  })
  // A socket does not notice that its network went, nor that another one came.
  const hangUp = () => client.terminate()
  window.addEventListener('offline', hangUp)
  window.addEventListener('online', hangUp)
  return {
    subscribe: client.subscribe,
    state: () => state,
    openings: () => openings,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      window.removeEventListener('offline', hangUp)
      window.removeEventListener('online', hangUp)
      listeners.clear()
      client.dispose()
    },
  }
}
