import { createHash } from 'node:crypto'
import { type Identified, keyOf } from '../rules/recurrence.ts'

export const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex')

/** What an alert is told apart by. Throws Error for one with an empty key. */
export function fingerprintOf(alert: Identified, groupingFields?: readonly string[]): string {
  const { key, refused } = keyOf(alert, groupingFields)
  if (!key) throw new Error(refused)
  return hashOf(key)
}
