import { sql } from 'kysely'
import { z } from 'zod'
import { NexusError } from '#kit/errors.ts'
import { defaultRetentionDays } from '#kit/journal.ts'

const minutes = z.int('Must be a number of minutes')
const days = z.int('Must be a number of days')

/** What an organization decides for itself; shorter than two tokens' lives would sign people out while they work. */
const shape = z.strictObject({
  sessionIdleMinutes: minutes.min(10, 'At least 10').max(1_440, 'At most 1440').default(60),
  requireSecondFactor: z.boolean('Must be true or false').default(false),
  auditRetentionDays: days.min(90, 'At least 90').max(3_650, 'At most 3650').default(defaultRetentionDays),
})
export type Settings = z.infer<typeof shape>

/** Throws VALIDATION_ERROR with a detail for each setting that is wrong. */
export function settings(wanted: unknown): Settings {
  const { success, data, error } = shape.safeParse(wanted)
  if (success) return data
  const details = error.issues.map(({ path, message }) => ({ field: `settings.${path.join('.')}`, message }))
  throw new NexusError('VALIDATION_ERROR', 'Invalid request parameters', details)
}

/** The settings of a row, with what it does not name. */
export const read = (stored: Record<string, unknown>): Settings => shape.strip().parse(stored)

const { sessionIdleMinutes: defaultIdleMinutes } = shape.parse({})

/** How long a session may be left alone, in SQL. */
export const sessionIdleMinutes = sql<number>`coalesce(
  (organizations.settings->>'sessionIdleMinutes')::int, ${sql.lit(defaultIdleMinutes)})`
