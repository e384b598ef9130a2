import { CircleAlert, CircleCheck, X } from 'lucide-react'
import { useEffect, useSyncExternalStore } from 'react'

type Kind = 'success' | 'failure'
type Toast = { id: number; kind: Kind; text: string }

const shownForMs = 10_000
let toasts: Toast[] = []
let lastId = 0
const listeners = new Set<() => void>()

function become(next: Toast[]) {
  toasts = next
  for (const listener of listeners) listener()
}

/** Says something in the corner. It must stand on the page as well when it matters for long. */
export function say(kind: Kind, text: string): void {
  lastId += 1
  become([...toasts.slice(-3), { id: lastId, kind, text }])
}

const dismiss = (id: number) => become(toasts.filter((toast) => toast.id !== id))

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => toasts,
  )
  return (
    <section className="toasts" aria-label="Messages" aria-live="polite">
      {shown.map((toast) => (
        <ToastCard key={toast.id} {...toast} />
      ))}
    </section>
  )
}

function ToastCard({ id, kind, text }: Toast) {
  useEffect(() => {
    const timer = setTimeout(() => dismiss(id), shownForMs)
    return () => clearTimeout(timer)
  }, [id])
  const Icon = kind === 'success' ? CircleCheck : CircleAlert
  return (
    <div className={`toast ${kind}`}>
      <Icon aria-hidden="true" />
      <p>{text}</p>
      <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => dismiss(id)}>
        <X aria-hidden="true" />
      </button>
    </div>
  )
}
