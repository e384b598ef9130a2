import { useSyncExternalStore } from 'react'
import type { Live } from '../live.ts'

function onNetwork(listener: () => void) {
  window.addEventListener('online', listener)
  window.addEventListener('offline', listener)
  return () => {
    window.removeEventListener('online', listener)
    window.removeEventListener('offline', listener)
  }
}

export const useOnline = (): boolean => useSyncExternalStore(onNetwork, () => navigator.onLine)

const meanings = {
  connecting: ['Connecting', 'Changes are shown as soon as the connection is open.'],
  live: ['Live', 'Changes are shown when they happen.'],
  reconnecting: ['Reconnecting', 'What happens meanwhile is read when the connection is back.'],
  offline: ['Offline', 'This device has no network. What you see may be old.'],
} as const

/** Whether changes are heard of. */
export function Connection({ live }: { live: Live }) {
  const state = useSyncExternalStore(live.onChange, live.state)
  const isOnline = useOnline()
  const shown = isOnline ? state : 'offline'
  const [name, meaning] = meanings[shown]
  return (
    <span className={`connection ${shown}`} role="status" title={meaning}>
      <i aria-hidden="true" />
      {name}
    </span>
  )
}
