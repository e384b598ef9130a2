import { createContext, useContext, useEffect, useEffectEvent, useRef, useSyncExternalStore } from 'react'
import type { Live } from '../live.ts'

export const LiveContext = createContext<Live | null>(null)

/**
 * Reads again what was read before the socket was open: events are told at most once, and not to who is away.
 * @param from the opening that the first reading could have missed events before
 */
export function useCatchUp(again: () => void, from: 1 | 2): void {
  const live = useContext(LiveContext)!
  const openings = useSyncExternalStore(live.onChange, live.openings)
  const seen = useRef(openings)
  const catchUp = useEffectEvent(() => {
    if (openings > seen.current && openings >= from) again()
    seen.current = openings
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: an opening is what is caught up with
  useEffect(() => catchUp(), [openings])
}
