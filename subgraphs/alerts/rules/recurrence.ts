/** By what an alert is the same as one before, and what its coming back does. */
import type { AlertRow, AlertStatus, Priority } from '../tables.ts'

/** Hours within which what was resolved opens again, where no rule of the organization says otherwise. */
export const defaultWindowHours = 24
const hour = 3_600_000

export type Identified = {
  source: string
  sourceRef?: string | null | undefined
  ruleId?: string | null | undefined
  assetId?: string | null | undefined
  metadata: Readonly<Record<string, unknown>>
}
export type Keyed = { key: string; refused?: never } | { key?: never; refused: string }

const word = (value: unknown): string =>
  typeof value === 'string'
    ? value.trim()
    : value === null || value === undefined
      ? ''
      : JSON.stringify(value)

/**
 * What tells an alert apart: its id at its source; else its rule, its asset and the fields that the organization groups
 * by. Texts, severities and times are no part of it. A key with nothing in it is refused: all would be the same one.
 */
export function keyOf(alert: Identified, groupingFields: readonly string[] = []): Keyed {
  const { source, sourceRef, ruleId, assetId, metadata } = alert
  if (source.trim() === '') return { refused: 'It needs a source' }
  if (sourceRef != null) {
    if (sourceRef.trim() === '') return { refused: 'An id at its source must not be empty' }
    return { key: ['v1', 'ref', JSON.stringify(source), JSON.stringify(sourceRef)].join('|') }
  }
  if (!ruleId?.trim()) return { refused: 'It needs an id at its source, or a rule' }
  const fields = [...new Set(groupingFields)].sort().map((name) => [name, word(metadata[name])] as const)
  const empty = fields.find(([, value]) => value === '')
  if (empty) return { refused: `Its rule groups by ${empty[0]}, which is empty` }
  return { key: JSON.stringify(['v1', source, ruleId, assetId ?? null, ...fields]) }
}

export type Recurrence = 'created' | 'repeated' | 'reopened' | 'succeeded'

/** What an alert that is seen again does to the one that is known by its key. */
export function recurrenceOf(
  known: (Pick<AlertRow, 'resolvedAt'> & { status: AlertStatus }) | undefined,
  at: Date,
  windowHours = defaultWindowHours,
): Recurrence {
  if (!known) return 'created'
  if (known.status === 'archived') return 'succeeded'
  if (known.status !== 'resolved') return 'repeated'
  return at.getTime() - known.resolvedAt!.getTime() <= windowHours * hour ? 'reopened' : 'succeeded'
}

/** How urgent an alert is until somebody says otherwise. */
export const priorityOf = (severity: AlertRow['severity']): Priority =>
  severity === 'critical' ? 'p1' : severity === 'high' ? 'p2' : severity === 'medium' ? 'p3' : 'p4'
