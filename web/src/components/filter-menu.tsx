import { ChevronDown } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import { label } from '../labels.ts'

type Props<Value extends string> = {
  name: string
  values: readonly Value[]
  chosen: readonly Value[] | undefined
  onChange(chosen: Value[] | undefined): void
  show?(value: Value): ReactNode
}

/** A filter of a list: any of some values. */
export function FilterMenu<Value extends string>({
  name,
  values,
  chosen = [],
  onChange,
  show,
}: Props<Value>) {
  const details = useRef<HTMLDetailsElement>(null)
  useEffect(() => {
    const close = (event: Event) => {
      const menu = details.current
      if (!menu?.open) return
      if (event instanceof KeyboardEvent) {
        if (event.key !== 'Escape') return
        menu.querySelector('summary')?.focus()
      } else if (menu.contains(event.target as Node)) return
      menu.open = false
    }
    document.addEventListener('pointerdown', close)
    document.addEventListener('focusin', close)
    document.addEventListener('keydown', close)
    return () => {
      document.removeEventListener('pointerdown', close)
      document.removeEventListener('focusin', close)
      document.removeEventListener('keydown', close)
    }
  }, [])
  const toggle = (value: Value) => {
    const next = values.filter((each) => (each === value) !== chosen.includes(each))
    onChange(next.length > 0 ? next : undefined)
  }
  const told = chosen.length > 2 ? `${chosen.length} chosen` : chosen.map(label).join(', ')
  return (
    <details className="filter" ref={details}>
      <summary className={chosen.length > 0 ? 'button chosen' : 'button'}>
        <span>
          {name}
          {told && <b>{told}</b>}
        </span>
        <ChevronDown aria-hidden="true" />
      </summary>
      <fieldset className="menu">
        <legend className="unseen">{name}</legend>
        {values.map((value) => (
          <label key={value}>
            <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />
            {show ? show(value) : label(value)}
          </label>
        ))}
      </fieldset>
    </details>
  )
}
