import { NexusError } from './errors.ts'

/**
 * Refuses a change of a row by somebody who read an older one, where they say which they read. Ask it of the row that
 * is locked for the change. Throws CONFLICT.
 */
export function sameVersion(row: { version: number }, expected: number | null | undefined): void {
  if (expected != null && row.version !== expected)
    throw new NexusError(
      'CONFLICT',
      `It has changed meanwhile, and is at version ${row.version}; read it again`,
    )
}
