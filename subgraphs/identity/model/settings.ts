import { sql } from 'kysely'

const defaultIdleMinutes = 60

/** The organization's own word on how long a session may be left alone, in SQL. */
export const sessionIdleMinutes = sql<number>`coalesce((organizations.settings->>'sessionIdleMinutes')::int, ${sql.lit(defaultIdleMinutes)})`
