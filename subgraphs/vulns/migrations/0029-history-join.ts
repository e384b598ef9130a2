import { type Kysely, sql } from 'kysely'

/**
 * Nobody knows how many rows a statement has written when its history is planned, once for a session: row by row, a
 * thousand of them were compared a million times, which took as long as writing them.
 */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql`alter function vulns.write_history() set enable_nestloop = off`.execute(db)
}
