import type { Severity } from '../graphql.ts'
import { label } from '../labels.ts'
import { severities } from '../search.ts'

const bars = [0, 1, 2, 3] as const
const heights = [4, 7, 10, 13] as const
const filled: Record<Severity, number> = { CRITICAL: 4, HIGH: 3, MEDIUM: 2, LOW: 1, INFO: 0, UNKNOWN: 0 }

/** How bad it is, told by its word, by the number of bars, and by colour last. */
export function SeverityTag({ value }: { value: Severity }) {
  return (
    <span className={`severity ${value.toLowerCase()}`}>
      <SeverityBars value={value} />
      {label(value)}
    </span>
  )
}

export function SeverityBars({ value }: { value: Severity }) {
  return (
    <svg
      className={`bars ${value.toLowerCase()}`}
      width="17"
      height="14"
      viewBox="0 0 17 14"
      aria-hidden="true"
    >
      {bars.map((bar) => (
        <rect
          key={bar}
          className={bar < filled[value] ? 'on' : 'off'}
          x={bar * 4.5}
          y={14 - heights[bar]}
          width="3"
          height={heights[bar]}
          rx="1"
        />
      ))}
    </svg>
  )
}

/** A key of the statistics, which are lower case there. */
export const severityOf = (key: string): Severity | undefined =>
  severities.find((severity) => severity === key.toUpperCase())
