import { useSyncExternalStore } from 'react'

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'narrow' })
const absolute = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'long' })

/** `3h ago`, `in 2d`, or `just now`. Times are in milliseconds. */
export function ago(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1_000)
  const [unit, length] = units.find(([, length]) => Math.abs(seconds) >= length) ?? []
  return unit && length ? relative.format(Math.trunc(seconds / length), unit) : 'just now'
}

const tickMs = 20_000
let now = Date.now()
const listeners = new Set<() => void>()
setInterval(() => {
  now = Date.now()
  for (const listener of listeners) listener()
}, tickMs)

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** A moment, relative to now; the exact one, with its zone, on hover. */
export function Time({ at }: { at: string | null }) {
  const current = useSyncExternalStore(subscribe, () => now)
  if (at === null) return <span className="nothing">Never</span>
  const date = new Date(at)
  return (
    <time dateTime={at} title={absolute.format(date)}>
      {ago(date.getTime(), Math.max(current, now))}
    </time>
  )
}
