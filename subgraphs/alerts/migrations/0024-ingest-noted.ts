import type { Kysely } from 'kysely'
import { grantIngest } from '#kit/migration.ts'

/** What machines report is in the journal with the alerts that came of it, or neither is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await grantIngest(db, 'alerts', 'usage', 'schema journal')
  await grantIngest(db, 'alerts', 'insert', 'journal.entries, journal.personal')
}
