import { sql } from 'kysely'
import { z } from 'zod'
import { NexusError } from '#kit/errors.ts'
import { defaultRetentionDays } from '#kit/journal.ts'

const mostOrigins = 20
const origin = z
  .string('Must be an origin')
  .max(255, 'At most 255 characters')
  .refine(
    isOrigin,
    'Must be an origin as browsers write it: https://dashboards.example, or http://localhost:5173',
  )

const minutes = z.int('Must be a number of minutes')
const days = z.int('Must be a number of days')

/** What an organization decides for itself; shorter than two tokens' lives would sign people out while they work. */
const shape = z.strictObject({
  sessionIdleMinutes: minutes.min(10, 'At least 10').max(1_440, 'At most 1440').default(60),
  requireSecondFactor: z.boolean('Must be true or false').default(false),
  auditRetentionDays: days.min(90, 'At least 90').max(3_650, 'At most 3650').default(defaultRetentionDays),
  allowedOrigins: z
    .array(origin, 'Must be a list of origins')
    .max(mostOrigins, `At most ${mostOrigins}`)
    .transform((all) => [...new Set(all)])
    .default([]),
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

/** Exact, without a pattern, and over TLS unless the page comes from the reader's own machine. */
function isOrigin(text: string): boolean {
  if (!URL.canParse(text) || text.includes('*')) return false
  const { origin, protocol, hostname } = new URL(text)
  return origin === text && (protocol === 'https:' || (protocol === 'http:' && hostname === 'localhost'))
}
