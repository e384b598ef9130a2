import { Search } from 'lucide-react'
import { useEffect, useEffectEvent, useRef, useState } from 'react'

const pauseMs = 250

/** A search that begins when its writer pauses. */
export function SearchBox({
  name,
  value = '',
  onChange,
}: {
  name: string
  value: string | undefined
  onChange(value: string | undefined): void
}) {
  const [written, setWritten] = useState(value)
  const [seen, setSeen] = useState(value)
  const sent = useRef(value)
  if (seen !== value) {
    setSeen(value)
    // The address changed by other means than this box, such as the way back.
    if (sent.current !== value) setWritten(value)
  }
  const send = useEffectEvent(() => {
    const words = written.trim()
    if (words === value) return
    sent.current = words
    onChange(words === '' ? undefined : words)
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: each letter begins the pause again
  useEffect(() => {
    const timer = setTimeout(send, pauseMs)
    return () => clearTimeout(timer)
  }, [written])
  return (
    <label className="search">
      <Search aria-hidden="true" />
      <span className="unseen">{name}</span>
      <input
        type="search"
        placeholder={name}
        value={written}
        maxLength={200}
        onChange={(event) => setWritten(event.target.value)}
      />
    </label>
  )
}
