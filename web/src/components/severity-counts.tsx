import type { Severity } from '../graphql.ts'
import { label } from '../labels.ts'
import { SeverityBars, severityOf } from './severity.tsx'

type Props = {
  counts: { key: string; count: number }[]
  chosen: readonly Severity[] | undefined
  onChange(chosen: Severity[] | undefined): void
}

/** How many there are of each severity; a press shows only those. */
export function SeverityCounts({ counts, chosen = [], onChange }: Props) {
  return (
    <ul className="counts">
      {counts.map(({ key, count }) => {
        const severity = severityOf(key)
        if (!severity) return null
        const isChosen = chosen.includes(severity)
        if (count === 0 && !isChosen && (severity === 'INFO' || severity === 'UNKNOWN')) return null
        return (
          <li key={key}>
            <button
              type="button"
              className={`tile ${severity.toLowerCase()}`}
              aria-pressed={isChosen}
              onClick={() => {
                const rest = chosen.filter((each) => each !== severity)
                const next = isChosen ? rest : [...rest, severity]
                onChange(next.length > 0 ? next : undefined)
              }}
            >
              <strong>{count.toLocaleString('en')}</strong>
              <SeverityBars value={severity} />
              <span>{label(severity)}</span>
            </button>
          </li>
        )
      })}
    </ul>
  )
}
